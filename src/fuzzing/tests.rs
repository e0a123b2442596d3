use std::path::Path;

use super::*;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 5] =
    [("envelope", envelope), ("schema", schema), ("decoder", decoder), ("json", json), ("kafka_key", kafka_key)];

#[test]
fn every_seed_holds() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
        let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|seed| seed.unwrap().path()).collect();
        assert!(!seeds.is_empty(), "{name} has seeds");
        for seed in seeds {
            let bytes = std::fs::read(&seed).unwrap();
            let held = std::panic::catch_unwind(|| target(&bytes));
            assert!(held.is_ok(), "{}", seed.display());
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_break_a_target(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        TARGETS.iter().for_each(|(_, target)| target(&bytes));
    }

    // Small bytes are the choices, lengths and counts that lead somewhere.
    #[test]
    fn no_small_bytes_break_a_target(bytes in proptest::collection::vec(0u8..32, 0..200)) {
        TARGETS.iter().for_each(|(_, target)| target(&bytes));
    }
}
