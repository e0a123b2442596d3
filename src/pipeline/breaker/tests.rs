use super::*;

fn breaker(consecutive: u64, percent: f64) -> Breaker {
    Breaker::new(Some(config::Breaker { consecutive, percent }))
}

#[test]
fn a_topic_of_garbage_stops_after_a_thousand_records() {
    let mut breaker = breaker(100, 5.0);
    let first = (1..).find(|_| breaker.dead(Code::BadMagic).is_some());
    assert_eq!(first, Some(1_000));
}

#[test]
fn a_row_of_dead_letters_stops() {
    let mut breaker = breaker(100, 50.0);
    (0..5_000).for_each(|_| breaker.good());
    let first = (1..).find(|_| breaker.dead(Code::BadMagic).is_some());
    assert_eq!(first, Some(101));
}

#[test]
fn reasons_are_counted_apart() {
    let mut breaker = breaker(100, 50.0);
    (0..5_000).for_each(|_| breaker.good());
    for _ in 0..1_000 {
        assert_eq!(breaker.dead(Code::BadMagic), None);
        assert_eq!(breaker.dead(Code::Truncated), None);
    }
}

#[test]
fn a_share_of_the_last_ten_thousand_stops() {
    let mut breaker = breaker(1_000, 5.0);
    let mut dead = 0;
    // One in ten: beyond five percent as soon as the thousand is full.
    let stopped = (0..20_000).find(|number| {
        if number % 10 != 0 {
            breaker.good();
            return false;
        }
        dead += 1;
        breaker.dead(Code::BadUtf8).is_some()
    });
    assert_eq!((stopped, dead), (Some(1_000), 101));
}

#[test]
fn what_lies_further_back_is_forgotten() {
    let mut breaker = breaker(1_000, 5.0);
    for _ in 0..10 {
        for _ in 0..400 {
            assert_eq!(breaker.dead(Code::BadUtf8), None);
        }
        (0..9_600).for_each(|_| breaker.good());
    }
}

#[test]
fn without_limits_nothing_stops() {
    let mut breaker = Breaker::new(None);
    assert!((0..100_000).all(|_| breaker.dead(Code::BadMagic).is_none()));
}
