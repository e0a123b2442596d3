//! Chance that can be had again: the seed is printed, and `FLATSINK_TEST_SEED` sets it.

use std::time::Duration;

/// SplitMix64.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// A new seed, or the one of the environment.
    pub fn new(what: &str) -> Chance {
        let given = std::env::var("FLATSINK_TEST_SEED").ok();
        let seed = given.map_or_else(rand::random, |text| text.parse().expect("FLATSINK_TEST_SEED is a number"));
        eprintln!("{what}: FLATSINK_TEST_SEED={seed}");
        Chance(seed)
    }

    /// Always the same.
    pub fn seeded(seed: u64) -> Chance {
        Chance(seed)
    }

    /// What it was, before anything was drawn.
    pub fn seed(&self) -> u64 {
        self.0
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn uuid(&mut self) -> [u8; 16] {
        let mut uuid = [0; 16];
        uuid[..8].copy_from_slice(&self.next().to_be_bytes());
        uuid[8..].copy_from_slice(&self.next().to_be_bytes());
        uuid
    }

    /// Lets some time pass: a fault's moment is by chance, nothing is awaited.
    pub fn pause(&mut self, milliseconds_max: u64) {
        std::thread::sleep(Duration::from_millis(self.below(milliseconds_max)));
    }
}
