//! Sequences of events, and what they lead to.

use super::*;

const NAME: &str = "t[0]";

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn position(epoch: i64, next_offset: i64, tail: Option<Tail>) -> Position {
    Position { incarnation: "1".into(), epoch, start_offset: 0, next_offset, tail }
}

fn held(next: i64, tail: Option<Tail>, low: i64, high: i64) -> Event {
    Event::Claimed(Claimed::Held { position: position(3, next, tail), low, high })
}

/// A partition that was claimed at this offset and flows.
fn flowing(next: i64) -> Progress {
    let mut progress = Progress::new(OnGap::Stop);
    assert_eq!(progress.on(at(0), Event::Tick, &NAME), [Action::Claim(0)]);
    assert_eq!(progress.on(at(0), held(next, None, 0, 100), &NAME), [Action::Begin, Action::Seek(next)]);
    assert_eq!(progress.on(at(0), Event::Sought(true), &NAME), []);
    assert!(progress.flows());
    progress
}

/// The end as it is seen in this second, while the broker is asked ten times a second.
fn end(offset: i64, second: i64) -> Event {
    let fetches = Some((1, 10 * second));
    Event::Statistics(Figures { queued: 0, next_offset: offset, eof_offset: offset, fetches })
}

fn looked(from: i64, to: i64, void: bool) -> Event {
    Event::Looked { from, to, void }
}

#[test]
fn records_are_taken_once_and_in_order() {
    let mut progress = flowing(5);
    let check = |progress: &mut Progress, offset, expected| assert_eq!(progress.admit(offset), expected, "{offset}");
    check(&mut progress, 4, Admission::Drop);
    check(&mut progress, 5, Admission::Take(0));
    check(&mut progress, 5, Admission::Drop);
    check(&mut progress, 8, Admission::Take(2));
    check(&mut progress, 7, Admission::Drop);
    progress.give_back(8, 2);
    check(&mut progress, 8, Admission::Take(2));
}

#[test]
fn nothing_is_taken_before_the_seek_returned() {
    let mut progress = Progress::new(OnGap::Stop);
    assert_eq!(progress.admit(0), Admission::Drop);
    progress.on(at(0), Event::Tick, &NAME);
    assert_eq!(progress.admit(0), Admission::Drop);
    progress.on(at(0), held(0, None, 0, 9), &NAME);
    assert_eq!(progress.admit(0), Admission::Drop);
    progress.on(at(0), Event::Sought(false), &NAME);
    assert_eq!(progress.admit(0), Admission::Drop);
    assert_eq!(progress.on(at(1), Event::Tick, &NAME), [Action::Seek(0)]);
    progress.on(at(1), Event::Sought(true), &NAME);
    assert_eq!(progress.admit(0), Admission::Take(0));
}

#[test]
fn a_locked_row_is_claimed_again() {
    let mut progress = Progress::new(OnGap::Stop);
    progress.on(at(0), Event::Tick, &NAME);
    assert_eq!(progress.on(at(0), Event::Claimed(Claimed::Locked), &NAME), []);
    assert_eq!(progress.on(at(0), Event::Tick, &NAME), []);
    assert_eq!(progress.on(at(1), Event::Tick, &NAME), [Action::Claim(0)]);
}

#[test]
fn a_fenced_partition_asks_the_group_before_it_claims_again() {
    let mut progress = flowing(5);
    progress.admit(5);
    assert_eq!(progress.on(at(1), Event::Left(Left::Fenced(Some(position(9, 7, None)))), &NAME), [Action::Discard]);
    assert_eq!(progress.admit(6), Admission::Drop);
    assert_eq!(progress.on(at(1), Event::Tick, &NAME), [Action::Confirm(7)]);
    progress.on(at(1), Event::Confirmed(Standing::Unknown), &NAME);
    assert_eq!(progress.on(at(2), Event::Tick, &NAME), [Action::Confirm(7)]);
    progress.on(at(2), Event::Confirmed(Standing::Ours), &NAME);
    assert_eq!(progress.on(at(2), Event::Tick, &NAME), [Action::Claim(9)]);

    let mut lost = flowing(5);
    lost.on(at(1), Event::Left(Left::Fenced(Some(position(9, 7, None)))), &NAME);
    lost.on(at(1), Event::Tick, &NAME);
    lost.on(at(1), Event::Confirmed(Standing::Lost), &NAME);
    assert_eq!(lost.on(at(5), Event::Tick, &NAME), [], "a revocation is to follow");
    assert_eq!(lost.on(at(6), Event::Tick, &NAME), [Action::Confirm(7)], "a rebalance under way kept it with us");
}

#[test]
fn a_gap_stops_or_is_written_down() {
    for (on_gap, expected) in
        [(OnGap::Stop, vec![Action::Pause]), (OnGap::Record, vec![Action::Begin, Action::Lose(5, 9), Action::Seek(9)])]
    {
        let mut progress = Progress::new(on_gap);
        progress.on(at(0), Event::Tick, &NAME);
        assert_eq!(progress.on(at(0), held(5, None, 9, 20), &NAME), expected);
    }
}

#[test]
fn a_log_that_ends_before_the_ledger_stops_after_half_a_minute() {
    let mut progress = Progress::new(OnGap::Stop);
    for second in 0..30 {
        assert_eq!(progress.on(at(second), Event::Tick, &NAME), [Action::Claim(i64::from(second > 0) * 3)]);
        assert_eq!(progress.on(at(second), held(50, None, 0, 20), &NAME), []);
    }
    progress.on(at(31), Event::Tick, &NAME);
    assert_eq!(progress.on(at(31), held(50, None, 0, 20), &NAME), [Action::Pause]);
    assert_eq!(progress.describe().1.map(|refusal| refusal.code), Some("topic_truncated"));
}

#[test]
fn the_record_at_the_tail_tells_a_recreated_topic() {
    let tail = Some(Tail { offset: 4, fingerprint: 11 });
    let check = |offset, fingerprint, goes_on: bool| {
        let mut progress = Progress::new(OnGap::Stop);
        progress.on(at(0), Event::Tick, &NAME);
        let actions = progress.on(at(0), held(5, tail, 0, 100), &NAME);
        assert_eq!(actions, [Action::Begin, Action::Seek(4)]);
        progress.on(at(0), Event::Sought(true), &NAME);
        assert_eq!(progress.admit(3), Admission::Drop);
        assert_eq!(progress.admit(offset), Admission::Verify);
        let verdict = progress.verify(offset, fingerprint, &NAME);
        assert_eq!(verdict.is_ok(), goes_on);
        if let Err(refusal) = verdict {
            assert_eq!(progress.on(at(0), Event::Stop(refusal), &NAME), [Action::Pause]);
        }
        let expected = if !goes_on || offset < 5 { Admission::Drop } else { Admission::Take(1) };
        assert_eq!(progress.admit(offset), expected);
    };
    check(4, 11, true);
    check(4, 12, false);
    check(6, 99, true); // compacted away: nothing to compare
}

#[test]
fn offsets_that_are_never_delivered_are_counted_at_the_second_look() {
    let mut progress = flowing(5);
    assert_eq!(progress.on(at(2), end(8, 2), &NAME), []);
    assert_eq!(progress.on(at(3), end(8, 3), &NAME), [Action::Look(5, 8)]);
    assert_eq!(progress.on(at(4), end(8, 4), &NAME), [], "somebody looks already");
    assert_eq!(progress.on(at(4), looked(5, 8, true), &NAME), [Action::Skip(8)]);
    assert_eq!(progress.admit(7), Admission::Drop);
    assert_eq!(progress.on(at(4), end(8, 4), &NAME), []);

    let mut wrong = flowing(5);
    wrong.on(at(2), end(8, 2), &NAME);
    wrong.on(at(3), end(8, 3), &NAME);
    assert_eq!(wrong.on(at(4), looked(5, 8, false), &NAME), [], "the figures were not of this position");
    assert_eq!(wrong.admit(5), Admission::Take(0));

    let mut late = flowing(5);
    late.on(at(2), end(8, 2), &NAME);
    late.on(at(3), end(8, 3), &NAME);
    assert_eq!(late.admit(8), Admission::Take(3));
    assert_eq!(late.on(at(4), looked(5, 8, true), &NAME), [], "it went on meanwhile");

    let mut delivered = flowing(5);
    delivered.on(at(2), end(8, 2), &NAME);
    assert_eq!(delivered.admit(5), Admission::Take(0));
    assert_eq!(delivered.on(at(3), end(8, 3), &NAME), [], "a record came between the two");

    let mut fetching = flowing(5);
    fetching.on(at(2), end(8, 2), &NAME);
    let queued = Figures { queued: 1, next_offset: 8, eof_offset: 8, fetches: Some((1, 30)) };
    fetching.on(at(3), Event::Statistics(queued), &NAME);
    assert_eq!(fetching.on(at(4), end(8, 4), &NAME), [], "a record waited in between");

    let mut sought = flowing(5);
    sought.on(at(2), end(8, 2), &NAME);
    sought.on(at(2), Event::Resumed, &NAME);
    sought.on(at(2), Event::Sought(true), &NAME);
    assert_eq!(sought.on(at(3), end(8, 3), &NAME), [], "a seek came between the two");
}

#[test]
fn figures_from_before_a_seek_make_no_hole() {
    let mut queued = flowing(5);
    assert_eq!(queued.on(at(1), end(8, 1), &NAME), []);
    assert_eq!(queued.on(at(1), end(8, 2), &NAME), [], "both waited in the queue while the seek was under way");

    let figures = |fetches| Event::Statistics(Figures { queued: 0, next_offset: 8, eof_offset: 8, fetches });
    let mut leaderless = flowing(5);
    let mut idle = flowing(5);
    for second in 2..60 {
        assert_eq!(leaderless.on(at(second), figures(None), &NAME), [], "no broker has looked since the seek");
        assert_eq!(idle.on(at(second), figures(Some((1, 7))), &NAME), [], "nothing was fetched since the seek");
    }
    assert_eq!(idle.on(at(60), figures(Some((2, 900))), &NAME), [], "another broker took over");
    assert_eq!(idle.on(at(61), figures(Some((2, 901))), &NAME), [], "one fetch may have been on its way");
    assert_eq!(idle.on(at(62), figures(Some((2, 902))), &NAME), [Action::Look(5, 8)]);
}

#[test]
fn a_parked_record_is_read_again() {
    let mut progress = flowing(5);
    assert_eq!(progress.admit(5), Admission::Take(0));
    progress.give_back(5, 0);
    assert_eq!(progress.on(at(1), Event::Park, &NAME), [Action::Pause]);
    assert_eq!(progress.admit(6), Admission::Drop);
    assert_eq!(progress.on(at(2), Event::Unpark, &NAME), [Action::Resume, Action::Seek(5)]);
    progress.on(at(2), Event::Sought(true), &NAME);
    assert_eq!(progress.admit(5), Admission::Take(0));
}

#[test]
fn an_idle_partition_notices_that_the_database_went_back() {
    let mut progress = flowing(5);
    assert_eq!(progress.on(at(9), Event::Tick, &NAME), []);
    assert_eq!(progress.on(at(10), Event::Tick, &NAME), [Action::Probe]);
    assert_eq!(progress.on(at(10), Event::Probed(Some(position(3, 5, None))), &NAME), []);
    assert_eq!(progress.on(at(20), Event::Tick, &NAME), [Action::Probe]);
    assert_eq!(progress.on(at(20), Event::Probed(Some(position(3, 2, None))), &NAME), [Action::Discard]);
    assert_eq!(progress.on(at(20), Event::Tick, &NAME), [Action::Confirm(2)]);

    let mut busy = flowing(5);
    busy.admit(5);
    assert_eq!(busy.on(at(10), Event::Tick, &NAME), [], "what is on its way is judged by its own swap");
}

#[test]
fn a_record_that_the_database_refused_stops_its_partition_in_front_of_it() {
    let mut progress = flowing(5);
    progress.admit(5);
    progress.admit(6);
    let reason = Reason::new(crate::record::Code::Constraint, "t[0]: offset 6");
    progress.on(at(1), Event::Left(Left::Bad(6, reason)), &NAME);
    progress.on(at(1), Event::Tick, &NAME);
    progress.on(at(1), Event::Confirmed(Standing::Ours), &NAME);
    progress.on(at(1), Event::Tick, &NAME);
    progress.on(at(1), held(5, None, 0, 100), &NAME);
    progress.on(at(1), Event::Sought(true), &NAME);
    assert_eq!(progress.admit(5), Admission::Take(0));
    assert_eq!(progress.stops_before(5, &NAME), None);
    assert_eq!(progress.admit(6), Admission::Drop);
    let refusal = progress.stops_before(6, &NAME).expect("it is the one");
    assert!(refusal.message.contains("offset 6 is constraint"), "{refusal}");
}

#[test]
fn a_locked_table_is_tried_again_after_a_minute_and_others_stay_stopped() {
    let mut busy = flowing(5);
    assert_eq!(busy.on(at(1), Event::Left(Left::Busy("x".into())), &NAME), [Action::Discard, Action::Pause]);
    assert_eq!(busy.describe().0, "paused");
    assert_eq!(busy.on(at(60), Event::Tick, &NAME), []);
    assert_eq!(busy.on(at(61), Event::Tick, &NAME), [Action::Resume]);
    assert_eq!(busy.on(at(61), Event::Tick, &NAME), [Action::Confirm(5)]);

    let mut stopped = flowing(5);
    stopped.on(at(1), Event::Stop(Refusal::new("breaker", "x")), &NAME);
    assert_eq!(stopped.describe().0, "stopped");
    assert_eq!(stopped.on(at(1_000_000), Event::Tick, &NAME), []);
}

#[test]
fn a_table_that_is_never_as_it_should_be_stops() {
    let mut progress = flowing(5);
    for round in 0..3 {
        let actions = progress.on(at(round), Event::Left(Left::Reshaped("x".into())), &NAME);
        assert_eq!(actions[0], Action::Reshape, "{round}");
    }
    assert_eq!(progress.on(at(4), Event::Left(Left::Reshaped("x".into())), &NAME), [Action::Discard, Action::Pause]);
}

#[test]
fn what_comes_behind_damage_is_not_taken() {
    let mut progress = flowing(5);
    assert_eq!(progress.admit(5), Admission::Take(0));
    assert_eq!(progress.on(at(1), Event::Damaged, &NAME), []);
    assert_eq!(progress.admit(9), Admission::Drop, "6 to 8 are no hole: they were passed over");
    assert_eq!(progress.on(at(1), Event::Tick, &NAME), []);
    assert_eq!(progress.on(at(2), Event::Tick, &NAME), [Action::Seek(6)]);
    progress.on(at(2), Event::Sought(true), &NAME);
    assert_eq!(progress.admit(6), Admission::Take(0));
}

#[test]
fn a_partition_that_went_out_of_range_while_it_was_claimed_is_restarted() {
    let mut progress = flowing(5);
    progress.on(at(1), Event::Left(Left::Fenced(Some(position(3, 5, None)))), &NAME);
    progress.on(at(1), Event::Tick, &NAME);
    assert_eq!(progress.on(at(1), Event::OutOfRange, &NAME), []);
    progress.on(at(1), Event::Confirmed(Standing::Ours), &NAME);
    progress.on(at(1), Event::Tick, &NAME);
    assert_eq!(progress.on(at(1), held(5, None, 0, 100), &NAME), [Action::Begin, Action::Restart(5)]);
    progress.on(at(1), Event::Sought(true), &NAME);
    progress.on(at(1), Event::Resumed, &NAME);
    assert_eq!(progress.on(at(1), Event::Tick, &NAME), [Action::Seek(5)]);
}

#[test]
fn a_cluster_that_does_not_answer_is_asked_again() {
    let mut progress = Progress::new(OnGap::Stop);
    progress.on(at(0), Event::Tick, &NAME);
    assert_eq!(progress.on(at(0), Event::Claimed(Claimed::Unanswered), &NAME), []);
    assert_eq!(progress.on(at(4), Event::Tick, &NAME), []);
    assert_eq!(progress.on(at(5), Event::Tick, &NAME), [Action::Claim(0)]);
}

#[test]
fn one_look_at_the_ledger_is_under_way_at_a_time() {
    let mut progress = flowing(5);
    assert_eq!(progress.on(at(10), Event::Tick, &NAME), [Action::Probe]);
    assert_eq!(progress.on(at(3_600), Event::Tick, &NAME), [], "the database has not answered yet");
    assert_eq!(progress.on(at(3_600), Event::Probed(Some(position(3, 5, None))), &NAME), []);
    assert_eq!(progress.on(at(3_600), Event::Tick, &NAME), [Action::Probe]);
}

#[test]
fn a_batch_that_others_spoiled_is_read_again_without_end() {
    let mut progress = flowing(5);
    for second in 0..10 {
        assert_eq!(progress.on(at(second), Event::Unwritten, &NAME), [Action::Discard], "{second}");
        assert_eq!(progress.describe().0, "claiming");
    }
}
