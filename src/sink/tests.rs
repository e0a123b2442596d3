//! The sink on the real databases: rows and offsets move together, whoever else writes, fails or comes back.

pub(super) mod world;

use super::*;
use world::{
    Made, batch, claim, latest, older_latest, partition, positions, servers, stream, unkeyed, wide_latest, wide_stream,
    worlds,
};

const STREAM: &str = "format: yelp, table: \"stock\"";
const TABLE: &str = "format: yelp, mode: table, key: [id], table: \"stock\"";

async fn write(sink: &mut Sink, batch: &Batch) -> Written {
    sink.write(batch).await.unwrap_or_else(|failure| panic!("{failure} ({:?} {})", failure.class, failure.code))
}

fn id(dialect: Dialect, id: u8) -> String {
    match dialect {
        Dialect::Sqlite => uuid::Uuid::from_bytes([id; 16]).to_string(),
        _ => hex::encode([id; 16]),
    }
}

/// What a row of `stream` or `latest` reads as.
fn line(key: impl std::fmt::Display, part: i32, offset: i64, a: i64, b: &str) -> String {
    format!("{key} {part} {offset} {a} {b} 101.41")
}

#[tokio::test]
async fn rows_and_offsets_move_together_and_replaying_a_batch_changes_nothing() {
    for world in worlds(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut sink, held) = world.holding(2).await;
        let mut first = Made::new(world.dialect, 0, &held[0]);
        first.row(&table, 1, 10, "one").skip().row(&table, 2, 20, "two\0".trim_end_matches('\0'));
        let mut second = Made::new(world.dialect, 1, &held[1]);
        second.row(&table, 3, 30, "naïve \u{1f600}");
        let both = batch([first, second]);
        for _ in 0..3 {
            let written = write(&mut sink, &both).await;
            assert!(written.left.is_empty(), "{}: {:?}", world.dialect, written.left);
            let offsets: Vec<i64> = written.durable.offsets().values().copied().collect();
            assert_eq!(offsets, [3, 1], "{}", world.dialect);
        }
        let expected = [
            line(id(world.dialect, 1), 0, 0, 10, "one"),
            line(id(world.dialect, 2), 0, 2, 20, "two"),
            line(id(world.dialect, 3), 1, 0, 30, "naïve \u{1f600}"),
        ];
        assert_eq!(world.rows(&table).await, expected, "{}", world.dialect);
        assert_eq!(world.counts().await, ["3 2 0 0 0 1 0", "1 1 0 0 0 0 0"], "{}", world.dialect);
        let sql = format!(
            "SELECT count(*) FROM {} WHERE {} IS NOT NULL",
            world.dialect.quote(&table.name.name),
            world.dialect.quote("_sink_loaded_at")
        );
        assert_eq!(world.lines(&sql).await, ["3"]);
        let position = sink.probe(&[partition(0)]).await.expect("a plain read").remove(&partition(0)).expect("there");
        assert_eq!(position.tail, both.shares[&partition(0)].tail, "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_stale_epoch_or_offset_leaves_the_batch_and_the_others_go_on() {
    for world in worlds(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut zombie, old) = world.holding(2).await;
        let mut owner = world.sink().await;
        let new = claim(&mut owner, 1).await;
        assert_eq!(new[0].epoch, old[0].epoch + 1);
        let mut stale = Made::new(world.dialect, 0, &old[0]);
        stale.row(&table, 1, 1, "stale");
        let mut good = Made::new(world.dialect, 1, &old[1]);
        good.row(&table, 2, 2, "good");
        let written = write(&mut zombie, &batch([stale, good])).await;
        assert_eq!(written.durable.offsets().len(), 1);
        assert!(
            matches!(&written.left[..], [(of, Left::Fenced(Some(row)))] if *of == partition(0) && row.epoch == new[0].epoch)
        );
        assert_eq!(world.rows(&table).await, [line(id(world.dialect, 2), 1, 0, 2, "good")]);
        let mut ahead = Made::new(world.dialect, 0, &Position { next_offset: 5, ..new[0].clone() });
        ahead.row(&table, 1, 1, "ahead");
        let written = write(&mut owner, &batch([ahead])).await;
        assert!(matches!(&written.left[..], [(_, Left::Fenced(Some(row)))] if row.next_offset == 0));
        assert_eq!(world.counts().await, ["0 0 0 0 0 0 0", "1 1 0 0 0 0 0"], "{}", world.dialect);
        zombie.close().await;
        owner.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn equal_repeats_are_counted_and_different_ones_become_dead_letters() {
    for world in worlds(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut sink, held) = world.holding(1).await;
        let mut first = Made::new(world.dialect, 0, &held[0]);
        // In one batch: the first of a uuid stands.
        first.row(&table, 1, 1, "x").row(&table, 1, 1, "x").row(&table, 1, 2, "x").row(&table, 2, 2, "y");
        let written = write(&mut sink, &batch([first])).await;
        assert_eq!(world.counts().await, ["4 2 1 1 0 0 0"], "{}", world.dialect);
        assert_eq!(written.refused, [(partition(0), 2, Code::UuidConflict)]);
        // Over batches: against the row that stands, whatever its metadata.
        let at = Position { next_offset: 4, ..held[0].clone() };
        let mut second = Made::new(world.dialect, 0, &at);
        second.row(&table, 1, 1, "x").row(&table, 2, 3, "y").row(&table, 3, 3, "z").row(&table, 3, 3, "z");
        let again = batch([second]);
        let written = write(&mut sink, &again).await;
        let expected = Counts { applied: 1, duplicate: 2, dead: 1, ..Counts::default() };
        assert_eq!(written.counts[&partition(0)], expected, "{}", world.dialect);
        write(&mut sink, &again).await;
        assert_eq!(world.counts().await, ["8 3 3 2 0 0 0"], "{}", world.dialect);
        let expected = [
            line(id(world.dialect, 1), 0, 0, 1, "x"),
            line(id(world.dialect, 2), 0, 3, 2, "y"),
            line(id(world.dialect, 3), 0, 6, 3, "z"),
        ];
        assert_eq!(world.rows(&table).await, expected, "{}", world.dialect);
        let letters =
            format!("SELECT record_offset, reason, record_value FROM {} ORDER BY 1", world.own("flatsink_dead_letter"));
        assert_eq!(world.lines(&letters).await, ["2 uuid_conflict 726177", "5 uuid_conflict 726177"]);
        sink.close().await;
        world.end().await;
    }
}

/// The database itself refuses what its owner forbade.
async fn forbid_large(world: &world::World, table: &Table) {
    let name = world.dialect.quote(&table.name.name);
    match world.dialect {
        Dialect::Sqlite => {
            let guard = format!(
                "CREATE TRIGGER guard BEFORE INSERT ON {name} WHEN NEW.a > 100 \
                 BEGIN SELECT RAISE(ABORT, 'a secret value'); END;
                 CREATE TRIGGER guard2 BEFORE UPDATE ON {name} WHEN NEW.a > 100 \
                 BEGIN SELECT RAISE(ABORT, 'a secret value'); END"
            );
            world.script(&guard).await;
        }
        _ => world.script(&format!("ALTER TABLE {name} ADD CONSTRAINT guard CHECK (a <= 100)")).await,
    }
}

#[tokio::test]
async fn rows_that_the_database_refuses_are_found_and_the_next_takes_their_place() {
    for world in worlds(STREAM).await {
        let table = stream();
        world.make(&table).await;
        forbid_large(&world, &table).await;
        let (mut sink, held) = world.holding(1).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        for n in 0..40 {
            made.row(&table, n, if n % 13 == 0 { 1000 } else { i64::from(n) }, "x");
        }
        // The first of this uuid is refused, so the second stands, and the third is judged against it.
        made.row(&table, 0, 7, "second").row(&table, 0, 7, "second").row(&table, 0, 8, "third");
        let made = batch([made]);
        let written = write(&mut sink, &made).await;
        let refused: Vec<i64> = written.refused.iter().map(|(_, offset, _)| *offset).collect();
        assert_eq!(refused, [0, 13, 26, 39, 42], "{}", world.dialect);
        assert_eq!(world.counts().await, ["43 37 1 5 0 0 0"], "{}", world.dialect);
        assert!(world.rows(&table).await.contains(&line(id(world.dialect, 0), 0, 40, 7, "second")));
        assert_eq!(world.rows(&table).await.len(), 37);
        let letters =
            format!("SELECT record_offset, reason, message FROM {} ORDER BY 1", world.own("flatsink_dead_letter"));
        let letters = world.lines(&letters).await;
        assert!(letters[0].starts_with("0 constraint "), "{}: {letters:?}", world.dialect);
        assert!(!letters.join(" ").contains("secret") && !letters.join(" ").contains("1000"), "{letters:?}");
        write(&mut sink, &made).await;
        assert_eq!(world.counts().await, ["43 37 1 5 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn on_bad_record_stop_leaves_before_the_record() {
    for world in worlds("format: yelp, on_bad_record: stop").await {
        let table = stream();
        world.make(&table).await;
        forbid_large(&world, &table).await;
        let (mut sink, held) = world.holding(2).await;
        let mut bad = Made::new(world.dialect, 0, &held[0]);
        bad.row(&table, 1, 1, "x").row(&table, 2, 1000, "x");
        let mut good = Made::new(world.dialect, 1, &held[1]);
        good.row(&table, 3, 1, "x");
        let written = write(&mut sink, &batch([bad, good])).await;
        assert!(
            matches!(&written.left[..], [(of, Left::Bad(1, reason))] if *of == partition(0) && reason.code == Code::Constraint),
            "{}: {:?}",
            world.dialect,
            written.left
        );
        assert_eq!(world.counts().await, ["0 0 0 0 0 0 0", "1 1 0 0 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn the_last_change_of_a_key_wins() {
    for world in worlds(TABLE).await {
        let (table, wide) = (older_latest(), wide_latest());
        world.make(&wide).await;
        let (mut sink, held) = world.holding(2).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "a").row(&table, 2, 1, "b").row(&table, 3, 1, "c").row(&table, 1, 2, "a2");
        made.row(&table, 4, 1, "d").delete(&table, 4).delete(&table, 9);
        write(&mut sink, &batch([made])).await;
        let expected = [line(1, 0, 3, 2, "a2"), line(2, 0, 1, 1, "b"), line(3, 0, 2, 1, "c")];
        assert_eq!(world.rows(&table).await, expected, "{}", world.dialect);
        // 1 and 2 change places over 7; 3 moves to 8; a deleted key comes back; two shapes in one batch.
        let mut made = Made::new(world.dialect, 0, &Position { next_offset: 7, ..held[0].clone() });
        made.moved(&table, 7, 2, "a2", Some(1)).moved(&table, 1, 1, "b", Some(2)).moved(&wide, 2, 2, "a2", Some(7));
        made.moved(&wide, 8, 1, "c", Some(3)).row(&table, 4, 5, "back");
        let mut other = Made::new(world.dialect, 1, &held[1]);
        other.row(&wide, 200, 1, "other");
        let made = batch([made, other]);
        for _ in 0..2 {
            write(&mut sink, &made).await;
        }
        let expected = [
            line(1, 0, 8, 1, "b"),
            line(2, 0, 9, 2, "a2"),
            line(4, 0, 11, 5, "back"),
            line(8, 0, 10, 1, "c"),
            line(200, 1, 0, 1, "other"),
        ];
        assert_eq!(world.rows(&table).await, expected, "{}", world.dialect);
        assert_eq!(world.counts().await, ["12 10 0 0 2 0 0", "1 1 0 0 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_refused_change_leaves_the_one_before_it() {
    for world in worlds(TABLE).await {
        let table = latest();
        world.make(&table).await;
        forbid_large(&world, &table).await;
        let (mut sink, held) = world.holding(1).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "stays").row(&table, 1, 1000, "refused").row(&table, 2, 2, "stays");
        // Its move is refused with it.
        made.moved(&table, 3, 1000, "moved", Some(2));
        write(&mut sink, &batch([made])).await;
        let expected = [line(1, 0, 0, 1, "stays"), line(2, 0, 2, 2, "stays")];
        assert_eq!(world.rows(&table).await, expected, "{}", world.dialect);
        assert_eq!(world.counts().await, ["4 2 0 2 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn another_unique_index_refuses_the_row_and_no_other_row_changes() {
    for world in worlds(TABLE).await {
        let table = latest();
        world.make(&table).await;
        let name = world.dialect.quote(&table.name.name);
        world.script(&format!("CREATE UNIQUE INDEX theirs ON {name} (a)")).await;
        let (mut sink, held) = world.holding(1).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "first").row(&table, 2, 1, "same a").row(&table, 3, 3, "third");
        write(&mut sink, &batch([made])).await;
        let expected = [line(1, 0, 0, 1, "first"), line(3, 0, 2, 3, "third")];
        assert_eq!(world.rows(&table).await, expected, "{}", world.dialect);
        assert_eq!(world.counts().await, ["3 2 0 1 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn several_shapes_of_a_stream_go_into_one_batch() {
    for world in worlds(STREAM).await {
        let (table, wide) = (stream(), wide_stream());
        world.make(&wide).await;
        let (mut sink, held) = world.holding(1).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x").row(&wide, 2, 1, "x").row(&table, 2, 1, "x").row(&wide, 1, 1, "x");
        write(&mut sink, &batch([made])).await;
        // A column that the stored row's schema lacked is NULL there; one that mine lacks is not compared.
        assert_eq!(world.counts().await, ["4 2 1 1 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_table_of_another_shape_is_told_before_a_row_is_written() {
    for world in worlds(STREAM).await {
        let (table, wide) = (stream(), wide_stream());
        world.make(&table).await;
        let (mut sink, held) = world.holding(2).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&wide, 1, 1, "x");
        let written = write(&mut sink, &batch([made])).await;
        assert!(matches!(&written.left[..], [(_, Left::Reshaped(_))]), "{}: {:?}", world.dialect, written.left);
        world.script(&format!("DROP TABLE {}", world.dialect.quote(&table.name.name))).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x");
        let mut empty = Made::new(world.dialect, 1, &held[1]);
        empty.skip();
        let written = write(&mut sink, &batch([made, empty])).await;
        assert!(matches!(&written.left[..], [(_, Left::Reshaped(_))]), "{}: {:?}", world.dialect, written.left);
        assert_eq!(world.counts().await, ["0 0 0 0 0 0 0", "1 0 0 0 0 1 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn dead_letters_and_gaps_are_written_with_the_offset() {
    for world in worlds(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut sink, held) = world.holding(1).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.share.lost = vec![(0, 3)];
        made.share.gap = 3;
        made.share.next = 3;
        made.dead(Reason::new(Code::BadMagic, "byte 0 is 0x00"));
        let made = batch([made]);
        for _ in 0..2 {
            write(&mut sink, &made).await;
        }
        assert_eq!(world.counts().await, ["4 0 0 1 0 0 3"], "{}", world.dialect);
        let letters = format!(
            "SELECT topic, incarnation, part, record_offset, record_key, record_value, headers, record_length, \
             schema_id, reason, message FROM {}",
            world.own("flatsink_dead_letter")
        );
        let expected = "t 1 0 3 null 726177 0000000168ffffffff 3 7 bad_magic byte 0 is 0x00";
        assert_eq!(world.lines(&letters).await, [expected], "{}", world.dialect);
        let gaps =
            format!("SELECT topic, incarnation, part, from_offset, to_offset FROM {}", world.own("flatsink_gap"));
        assert_eq!(world.lines(&gaps).await, ["t 1 0 0 3"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn positions_that_were_loaded_before_stop_the_table_and_nothing_else() {
    for world in worlds("format: confluent, unique: position").await {
        let table = positions();
        world.make(&table).await;
        let (mut sink, held) = world.holding(2).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 0, 1, "x").row(&table, 0, 2, "x");
        write(&mut sink, &batch([made])).await;
        world.script(&format!("UPDATE {} SET next_offset = 0, n_applied = 0", world.own("flatsink_offset"))).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 0, 1, "x");
        let mut other = Made::new(world.dialect, 1, &held[1]);
        other.row(&table, 0, 3, "y");
        let written = write(&mut sink, &batch([made, other])).await;
        assert!(
            matches!(&written.left[..], [(of, Left::Stopped(refusal))] if *of == partition(0) && refusal.code == "position_taken"),
            "{}: {:?}",
            world.dialect,
            written.left
        );
        assert_eq!(world.counts().await, ["0 0 0 0 0 0 0", "1 1 0 0 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn rows_without_a_key_are_appended_and_the_refused_ones_found() {
    for world in worlds("unique: none").await {
        let table = unkeyed();
        world.make(&table).await;
        let name = world.dialect.quote(&table.name.name);
        world.script(&format!("CREATE UNIQUE INDEX rival ON {name} (a)")).await;
        let (mut sink, held) = world.holding(2).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 0, 1, "x").row(&table, 0, 2, "x").row(&table, 0, 1, "again").row(&table, 0, 3, "x");
        let mut other = Made::new(world.dialect, 1, &held[1]);
        other.row(&table, 0, 4, "x").row(&table, 0, 2, "again");
        let written = write(&mut sink, &batch([made, other])).await;
        let refused: Vec<_> = written.refused.iter().map(|(of, offset, code)| (of.number, *offset, *code)).collect();
        assert_eq!(refused, [(0, 2, Code::Constraint), (1, 1, Code::Constraint)], "{}", world.dialect);
        assert_eq!(world.rows(&table).await.len(), 4, "{}", world.dialect);
        assert_eq!(world.counts().await, ["4 3 0 1 0 0 0", "2 1 0 1 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_topic_is_written_down_once_and_grows() {
    for world in worlds(STREAM).await {
        let (mut one, mut two) = (world.sink().await, world.sink().await);
        let known = one.first_sight("t", &[5, 6]).await.expect("first");
        assert_eq!(known, two.first_sight("t", &[9, 9, 9]).await.expect("second"), "{}", world.dialect);
        assert_eq!(known.partitions, 2);
        assert_eq!(two.add_partitions("t", &[7, 7, 7, 8]).await.expect("more").partitions, 4);
        assert_eq!(one.add_partitions("t", &[7, 7, 7, 9]).await.expect("no more").partitions, 4);
        let offsets: Vec<i64> =
            one.positions().await.expect("a read").into_values().map(|row| row.next_offset).collect();
        assert_eq!(offsets, [5, 6, 7, 8], "{}", world.dialect);
        let names = [partition(1), partition(7)];
        let claims = one.claim(&names, &[(partition(1), 41)].into()).await.expect("claims");
        assert!(matches!(&claims[&partition(1)], Claim::Held(row) if row.epoch == 42));
        assert_eq!(claims[&partition(7)], Claim::Missing);
        one.close().await;
        two.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn reset_moves_the_ledger_and_deletes_what_it_is_told_to() {
    for world in worlds(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut sink, held) = world.holding(2).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x");
        let mut other = Made::new(world.dialect, 1, &held[1]);
        other.row(&table, 2, 1, "x");
        write(&mut sink, &batch([made, other])).await;
        let schema = match world.dialect {
            Dialect::Postgres => "public".to_owned(),
            Dialect::Sqlite => String::new(),
            _ => world.config.database.name.clone(),
        };
        let sql = format!(
            "INSERT INTO {} (sink, topic, table_schema, table_name) VALUES ('test', 't', '{schema}', 'sto\"ck')",
            world.own("flatsink_table")
        );
        world.script(&sql).await;
        sink.reset("t", Some(1), &[(1, 0)], false, true).await.expect("a reset");
        assert_eq!(world.rows(&table).await, [line(id(world.dialect, 1), 0, 0, 1, "x")], "{}", world.dialect);
        assert_eq!(world.counts().await, ["1 1 0 0 0 0 0", "0 0 0 0 0 0 0"], "{}", world.dialect);
        sink.reset("t", None, &[(0, 50)], true, true).await.expect("a reset");
        assert!(world.rows(&table).await.is_empty(), "{}", world.dialect);
        let all = sink.positions().await.expect("a read");
        let rows: Vec<_> = all.values().map(|row| (row.incarnation.as_str(), row.epoch, row.next_offset)).collect();
        assert_eq!(rows, [("2", 2, 50)], "{}", world.dialect);
        assert_eq!(sink.topics().await.expect("a read")["t"].partitions, 1);
        sink.close().await;
        world.end().await;
    }
}

/// Ends a connection as an administrator would.
async fn end(world: &world::World, sink: &Sink) {
    let id = sink.connection.as_ref().expect("connected").session.id;
    match world.dialect {
        Dialect::Postgres => drop(world.fetch(&format!("SELECT pg_terminate_backend({id})")).await),
        _ => world.script(&format!("KILL {id}")).await,
    }
}

#[tokio::test]
async fn a_new_connection_renews_its_claims_and_goes_on() {
    for world in servers(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut sink, held) = world.holding(1).await;
        end(&world, &sink).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x");
        let made = batch([made]);
        let failure = sink.write(&made).await.expect_err("the connection is gone");
        assert_eq!(failure.class, Class::Reconnect, "{}: {failure}", world.dialect);
        write(&mut sink, &made).await;
        let owner = world.lines(&format!("SELECT owner FROM {}", world.own("flatsink_offset"))).await;
        assert_eq!(owner, [sink.owner.clone()], "{}", world.dialect);
        assert_eq!(Owner::parse(&owner[0]).expect("named").id, sink.connection.as_ref().expect("open").session.id);
        assert_eq!(world.counts().await, ["1 1 0 0 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_frozen_predecessor_is_ended_and_its_claim_taken() {
    for world in servers(STREAM).await {
        let (mut frozen, _) = world.holding(2).await;
        let mut connection = frozen.connection.take().expect("connected");
        connection.script("BEGIN").await.expect("it begins");
        let lock = frozen.ledger.lock(1, false);
        let row = [Value::from("test"), Value::from("t"), Value::from(0)];
        connection.fetch(&lock, &row).await.expect("it locks the row");
        let mut successor = world.sink().await;
        let names = [partition(0), partition(1)];
        let mut tries = 0;
        let position = loop {
            tries += 1;
            assert!(tries < 6, "{}: the row stays locked", world.dialect);
            let claims = successor.claim(&names, &BTreeMap::new()).await.expect("claims");
            assert!(matches!(claims[&partition(1)], Claim::Held(_)), "the other is not held up");
            if let Claim::Held(position) = &claims[&partition(0)] {
                break position.clone();
            }
        };
        assert_eq!(position.epoch, 2, "{}", world.dialect);
        assert!(tries > 2, "{}: it was given 5 s", world.dialect);
        assert!(connection.fetch("SELECT 1", &[]).await.is_err(), "{}: it was ended", world.dialect);
        successor.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_batch_ends_its_own_frozen_predecessor() {
    for world in servers(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut sink, held) = world.holding(1).await;
        // The answer never came, and the server has not noticed that nobody listens any more.
        let mut frozen = sink.connection.take().expect("connected");
        frozen.script("BEGIN").await.expect("it begins");
        let row = [Value::from("test"), Value::from("t"), Value::from(0)];
        frozen.fetch(&sink.ledger.lock(1, false), &row).await.expect("it locks the row");
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x");
        let made = batch([made]);
        let failure = sink.write(&made).await.expect_err("the row is locked");
        assert_eq!(failure.class, Class::Retry, "{}: {failure}", world.dialect);
        write(&mut sink, &made).await;
        assert!(frozen.fetch("SELECT 1", &[]).await.is_err(), "{}: it was ended", world.dialect);
        assert_eq!(world.counts().await, ["1 1 0 0 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_locked_table_lets_the_others_go_on() {
    for world in servers(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut sink, held) = world.holding(2).await;
        let name = world.dialect.quote(&table.name.name);
        let mut other = world.connect().await;
        other.script("BEGIN").await.expect("it begins");
        let lock = match world.dialect {
            Dialect::Postgres => format!("LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"),
            _ => format!("LOCK TABLES {name} WRITE"),
        };
        other.script(&lock).await.expect("it locks the table");
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x");
        let mut empty = Made::new(world.dialect, 1, &held[1]);
        empty.skip();
        let both = batch([made, empty]);
        let failure = sink.write(&both).await.expect_err("the table is locked");
        assert_eq!(failure.class, Class::Retry, "{}: {failure}", world.dialect);
        let written = write(&mut sink, &both).await;
        assert!(matches!(&written.left[..], [(of, Left::Busy(_))] if *of == partition(0)), "{:?}", written.left);
        assert_eq!(world.counts().await, ["0 0 0 0 0 0 0", "1 0 0 0 0 1 0"], "{}", world.dialect);
        other.close().await;
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_newer_ledger_is_refused_and_the_same_one_is_not() {
    for world in worlds(STREAM).await {
        let mut sink = world.sink().await;
        sink.migrate().await.expect("nothing is to be done");
        assert!(sink.migrations().await.expect("a look").is_empty(), "{}", world.dialect);
        world.script(&format!("INSERT INTO {} (version) VALUES (999)", world.own("flatsink_migration"))).await;
        let failure = sink.migrate().await.expect_err("a newer version");
        assert_eq!(failure.class, Class::Stop);
        assert!(failure.message.contains("newer flatsink"), "{failure}");
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_deferred_constraint_finds_its_row() {
    for world in servers(STREAM).await.into_iter().filter(|world| world.dialect == Dialect::Postgres) {
        let table = stream();
        world.make(&table).await;
        world.script("ALTER TABLE \"sto\"\"ck\" ADD UNIQUE (a) DEFERRABLE INITIALLY DEFERRED").await;
        let (mut sink, held) = world.holding(1).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x").row(&table, 2, 1, "same a").row(&table, 3, 3, "x");
        let written = write(&mut sink, &batch([made])).await;
        assert_eq!(written.refused, [(partition(0), 1, Code::Constraint)]);
        assert_eq!(world.counts().await, ["3 2 0 1 0 0 0"]);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_commit_without_an_answer_is_neither_done_nor_failed() {
    for world in servers(STREAM).await.into_iter().filter(|world| world.dialect == Dialect::Postgres) {
        let table = stream();
        world.make(&table).await;
        // The first commit ends its own connection; a sequence does not roll back.
        world
            .script(
                "CREATE SEQUENCE once;
                 CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   IF nextval('once') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL;
                 END $$;
                 CREATE CONSTRAINT TRIGGER die AFTER INSERT ON \"sto\"\"ck\" DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW EXECUTE FUNCTION die()",
            )
            .await;
        let (mut sink, held) = world.holding(1).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x");
        let made = batch([made]);
        let failure = sink.write(&made).await.expect_err("the connection ends in the commit");
        assert_eq!(failure.class, Class::Reconnect, "{failure}");
        assert!(sink.connection.is_none(), "it is never used again");
        write(&mut sink, &made).await;
        assert_eq!(world.counts().await, ["1 1 0 0 0 0 0"]);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn what_is_too_large_for_the_server_is_never_sent() {
    for world in worlds(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut sink, held) = world.holding(1).await;
        sink.connection.as_mut().expect("connected").session.packet_max = 70_000;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x").row(&table, 2, 1, &"y".repeat(100_000)).row(&table, 3, 1, "z");
        let written = write(&mut sink, &batch([made])).await;
        assert_eq!(written.refused, [(partition(0), 1, Code::Refused)], "{}", world.dialect);
        assert_eq!(world.counts().await, ["3 2 0 1 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_transaction_that_failed_cannot_be_committed() {
    for world in worlds(STREAM).await {
        let mut tx = transaction::BatchTx::begin(world.connect().await).await.expect("it begins");
        tx.savepoint("a").await.expect("a savepoint");
        tx.execute("SELECT nonsense", &[]).await.expect_err("nonsense");
        tx.undo("a").await.expect("undone");
        tx.execute("SELECT nonsense", &[]).await.expect_err("nonsense");
        tx.commit().await.expect_err("it is poisoned");
        world.end().await;
    }
}

#[test]
fn calls_can_move_between_threads() {
    fn check<T: Send>(_: T) {}
    fn all(sink: &mut Sink, batch: &Batch, table: &Table) {
        check(sink.write(batch));
        check(sink.claim(&[], &BTreeMap::new()));
        check(sink.reset("t", None, &[], false, false));
        check(sink.prepare("t", 1, table));
        check(sink.migrate());
        check(sink.positions());
    }
    let _ = all;
}

/// Claims and writes until the partition is at `end`; everyone who does so at once believes to be the owner.
async fn fight(world: &world::World, table: &Arc<Table>, end: i64, mut seed: u64) {
    // A connection may be ended while it is made.
    let mut sink = loop {
        match Sink::connect(Arc::clone(&world.config), 0).await {
            Ok(sink) => break sink,
            Err(failure) if matches!(failure.class, Class::Reconnect | Class::Retry) => {}
            Err(failure) => panic!("{}: {failure}", world.dialect),
        }
    };
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut seen = BTreeMap::new();
    loop {
        let claims = match sink.claim(&[partition(0)], &seen).await {
            Ok(claims) => claims,
            Err(failure) if matches!(failure.class, Class::Reconnect | Class::Retry) => continue,
            Err(failure) => panic!("{}: {failure}", world.dialect),
        };
        let Claim::Held(mut position) = claims[&partition(0)].clone() else { continue };
        seen.insert(partition(0), position.epoch);
        for _ in 0..next(4) {
            if position.next_offset >= end {
                return sink.close().await;
            }
            let mut made = Made::new(world.dialect, 0, &position);
            for _ in 0..=next(5) {
                let offset = made.share.next;
                // Every seventh repeats the one before it, every eleventh cannot be decoded.
                match offset {
                    _ if offset % 11 == 10 => made.dead(Reason::new(Code::BadMagic, "no")),
                    _ if offset % 7 == 6 => made.row(table, (offset - 1) as u8, offset - 1, "x"),
                    _ => made.row(table, offset as u8, offset, "x"),
                };
            }
            let next_offset = made.share.next;
            let made = batch([made]);
            loop {
                match sink.write(&made).await {
                    Ok(written) if written.left.is_empty() => position.next_offset = next_offset,
                    Ok(_) => {}
                    Err(failure) if matches!(failure.class, Class::Reconnect | Class::Retry) => continue,
                    Err(failure) => panic!("{}: {failure}", world.dialect),
                }
                break;
            }
            if position.next_offset != next_offset {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_believes_to_own_a_partition_its_rows_are_a_prefix_of_the_log() {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    const END: i64 = 100;
    for world in worlds(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (sink, _) = world.holding(1).await;
        sink.close().await;
        let since = std::time::Instant::now();
        let done = std::sync::atomic::AtomicBool::new(false);
        let owners = async {
            tokio::join!(
                fight(&world, &table, END, seed),
                fight(&world, &table, END, !seed),
                fight(&world, &table, END, seed ^ 77)
            );
            done.store(true, std::sync::atomic::Ordering::Release);
        };
        let reader = async {
            let mut reader = world.connect().await;
            // Of the records below the offset, those that are no repeat and no dead letter are rows.
            let sql = format!(
                "SELECT o.n_applied - (SELECT count(*) FROM {}), o.n_dead - (SELECT count(*) FROM {}) FROM {} AS o",
                world.dialect.quote(&table.name.name),
                world.own("flatsink_dead_letter"),
                world.own("flatsink_offset")
            );
            let victims = match world.dialect {
                Dialect::Postgres => {
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.1"
                }
                _ => "SHOW PROCESSLIST",
            };
            let name = Some(world.config.database.name.as_str());
            while !done.load(std::sync::atomic::Ordering::Acquire) {
                for row in reader.fetch(&sql, &[]).await.expect("a read") {
                    assert_eq!(row, [Value::Int(0), Value::Int(0)], "{}: not a prefix", world.dialect);
                }
                if world.dialect != Dialect::Sqlite {
                    for row in reader.fetch(victims, &[]).await.expect("ends some") {
                        if world.dialect != Dialect::Postgres
                            && let Some(id) = row[0].int()
                            && id != reader.session.id
                            && row[3].text() == name
                            && rand::random_bool(0.1)
                        {
                            // It may be gone by itself.
                            let _ = reader.script(&format!("KILL {id}")).await;
                        }
                    }
                }
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
            reader.close().await;
        };
        tokio::join!(owners, reader);
        let counts = world.counts().await;
        let rows = world.rows(&table).await.len();
        eprintln!("{} after {:?}", world.dialect, since.elapsed());
        assert_eq!(counts[0].split(' ').nth(1).expect("applied"), rows.to_string(), "{}", world.dialect);
        world.end().await;
    }
}

#[tokio::test]
async fn a_call_that_is_cut_off_leaves_nothing_half_done() {
    for world in worlds(STREAM).await {
        let table = stream();
        world.make(&table).await;
        let (mut sink, held) = world.holding(1).await;
        let mut made = Made::new(world.dialect, 0, &held[0]);
        made.row(&table, 1, 1, "x");
        let made = batch([made]);
        for micros in (0..6000).step_by(400) {
            let limit = Duration::from_micros(micros);
            let _ = within(limit, "write", sink.write_batch(&made)).await;
            // A commit on its way may arrive between two reads.
            let (mut law, mut rows) = (world.counts().await, world.rows(&table).await.len());
            while law != world.counts().await {
                (law, rows) = (world.counts().await, world.rows(&table).await.len());
            }
            assert_eq!(law[0], format!("{rows} {rows} 0 0 0 0 0"), "{}: after {limit:?}", world.dialect);
        }
        write(&mut sink, &made).await;
        assert_eq!(world.counts().await, ["1 1 0 0 0 0 0"], "{}", world.dialect);
        sink.close().await;
        world.end().await;
    }
}

/// `caching_sha2_password`: the server does not know a new user's password by heart yet.
#[tokio::test]
async fn a_login_that_mysql_wants_encrypted_is_encrypted_on_this_machine() {
    for world in servers(STREAM).await {
        if world.dialect == Dialect::Mysql {
            let path = world.lines("SELECT CONCAT(IF(@@socket LIKE '/%', '', @@datadir), @@socket)").await.remove(0);
            let path = std::path::PathBuf::from(path);
            // A server in a container has its socket there.
            for socket in [None, path.exists().then_some(path)] {
                let mut database = world.config.database.clone();
                let user = format!("first_{:08x}", rand::random::<u32>());
                world.script(&format!("CREATE USER {user} IDENTIFIED BY 'word'; GRANT SELECT ON *.* TO {user}")).await;
                (database.user, database.password, database.socket) = (Some(user.clone()), Some("word".into()), socket);
                assert!(database.is_local() && database.tls == crate::config::Tls::None);
                let connection = Connection::open(&database, Purpose::Data).await;
                connection.unwrap_or_else(|failure| panic!("{:?}: {failure}", database.socket)).close().await;
                world.script(&format!("DROP USER {user}")).await;
            }
        }
        world.end().await;
    }
}

#[tokio::test]
async fn a_connection_is_found_whatever_the_others_are_executing() {
    for world in servers(STREAM).await.into_iter().filter(|world| world.dialect.is_mysql()) {
        let (mut holder, mut waiter) = (world.connect().await, world.connect().await);
        let mut looker = world.connect().await;
        let lock = Value::Text(world.config.database.name.clone());
        let held = holder.fetch("SELECT GET_LOCK(?, 0)", std::slice::from_ref(&lock)).await.expect("it is free");
        assert_eq!(held[0][0].int(), Some(1));
        let id = waiter.session.id;
        let values = [lock, Value::Bytes(vec![0xff; 4])];
        let wait = waiter.fetch("SELECT GET_LOCK(?, 60), ?", &values);
        let look = async {
            let waits = |row: &Vec<Value>| row[0].int() == Some(id) && row[4].text() == Some("Execute");
            while !looker.fetch("SHOW PROCESSLIST", &[]).await.expect("a list").iter().any(waits) {}
            let found = claim::is_ours(&mut looker, id).await.expect("the list can be read");
            holder.script("DO RELEASE_ALL_LOCKS()").await.expect("it is let go");
            found
        };
        let (waited, found) = tokio::join!(wait, look);
        assert!(found, "{}", world.dialect);
        waited.expect("it has the lock");
        assert!(!claim::is_ours(&mut looker, id + 1_000_000).await.expect("a list"), "{}", world.dialect);
        world.end().await;
    }
}
