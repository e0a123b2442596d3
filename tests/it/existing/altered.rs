//! A table altered, dropped, locked or forbidden by somebody else while flatsink runs: mended or named, and the other
//! tables go on.

use super::{by_name, produce, schema, sql};
use crate::support::avro::{long, record, some, text};
use crate::support::world::{Config, World, on_each_database};
use crate::support::{Flatsink, Kind, PATIENCE, eventually, unique};

on_each_database!(
    a_column_that_was_dropped_is_made_again,
    columns_of_others_are_left_alone,
    a_column_that_must_be_filled_stops_the_table,
    a_column_of_another_type_stops_the_table,
    a_column_that_was_renamed_is_made_again,
    a_table_that_was_dropped_is_made_again,
    a_table_that_was_renamed_is_made_again,
    a_table_that_was_emptied_fills_from_the_ledger_on,
    a_key_that_was_dropped_stops_the_table,
    a_table_that_lost_its_durability_stops,
    a_privilege_that_was_revoked_stops_the_table,
    a_table_that_somebody_locks_holds_nobody_up,
);

const FIELDS: [(&str, &str); 3] = [("id", r#""long""#), ("n", r#"["null","long"]"#), ("word", r#"["null","string"]"#)];

fn rows(ids: std::ops::Range<i64>) -> Vec<Vec<u8>> {
    ids.map(|id| record(&[long(id), some(long(id)), some(text(format!("w{id}")))])).collect()
}

/// Two topics, loaded into the tables `t` and `other` up to record 10.
struct Running {
    t: String,
    other: String,
    config: Config,
    flatsink: Flatsink,
}

impl Running {
    fn new(world: &World, mode: &str) -> Running {
        Running::with(world, mode, world.config())
    }

    fn with(world: &World, mode: &str, config: Config) -> Running {
        world.schema(1, &schema(&FIELDS));
        let topic = |table: &str| {
            let topic = world.broker.topic(table, 1, &[]);
            produce(world, &topic, 1, &rows(0..10));
            topic
        };
        let (t, other) = (topic("t"), topic("other"));
        let entry = |topic: &str, table: &str| format!("topic: {topic}, table: {table}, format: confluent, {mode}");
        let config = config.topic(&entry(&t, "t")).topic(&entry(&other, "other"));
        let flatsink = config.run();
        world.caught_up(&t);
        world.caught_up(&other);
        Running { t, other, config, flatsink }
    }

    /// Ten more for each; the other table has them soon.
    fn more(&self, world: &World) {
        let at = world.next(&self.other)[0];
        produce(world, &self.t, 1, &rows(at..at + 10));
        produce(world, &self.other, 1, &rows(at..at + 10));
        world.caught_up(&self.other);
        assert_eq!(world.database.number("SELECT count(*) FROM other"), at + 10);
    }

    /// The table goes on by itself.
    fn goes_on(self, world: &World) {
        self.more(world);
        world.caught_up(&self.t);
        self.flatsink.stop();
        assert_eq!(world.counts(&self.t).applied, 20);
        assert!(world.dead(&self.t).is_empty());
    }

    /// The table stops with this code and these words, and goes on after a restart once it was mended.
    fn stops(self, world: &World, code: &str, words: &[&str], mend: &str) {
        self.more(world);
        let stopped = || {
            let log = self.flatsink.stderr();
            log.lines().find(|line| line.contains("partition stopped")).map(str::to_owned)
        };
        eventually("the table stops", PATIENCE, || stopped().is_some());
        let line = stopped().unwrap_or_default();
        assert!(line.contains(code) && words.iter().all(|word| line.contains(word)), "{code} {words:?}: {line}");
        self.more(world);
        assert_eq!(world.next(&self.t), [10]);
        self.flatsink.stop();
        world.database.query(mend);
        self.config.load();
        assert_eq!(world.counts(&self.t).applied, 30);
        assert!(world.dead(&self.t).is_empty());
    }
}

const BY_POSITION: &str = "unique: position";
const BY_KEY: &str = "mode: table, key: [id]";

/// What the table holds of `id` and these expressions, as one line a row; NULL is `-`.
fn of(world: &World, table: &str, more: &str) -> Vec<String> {
    world.lines(&format!("SELECT id{more} FROM {} ORDER BY id", by_name(world, table)))
}

fn lines(ids: std::ops::Range<i64>, line: impl Fn(i64) -> String) -> Vec<String> {
    ids.map(line).collect()
}

fn a_column_that_was_dropped_is_made_again(world: &World) {
    let running = Running::new(world, BY_KEY);
    world.database.query(&format!("ALTER TABLE {} DROP COLUMN n", by_name(world, "t")));
    running.goes_on(world);
    let line = |id| if id < 10 { format!("{id}|-|w{id}") } else { format!("{id}|{id}|w{id}") };
    assert_eq!(of(world, "t", ", n, word"), lines(0..20, line));
}

fn columns_of_others_are_left_alone(world: &World) {
    let running = Running::new(world, BY_KEY);
    let t = by_name(world, "t");
    world.database.query(&format!("ALTER TABLE {t} ADD COLUMN mine INTEGER DEFAULT 5"));
    world.database.query(&format!(
        "ALTER TABLE {t} ADD COLUMN twice {} GENERATED ALWAYS AS (n + n) {}",
        sql(world, "bigint", "BIGINT", "INTEGER"),
        sql(world, "STORED", "VIRTUAL", "VIRTUAL")
    ));
    world.database.query(&format!("UPDATE {t} SET mine = 7 WHERE id < 10"));
    // An old key again: the row is ours, its column is not.
    produce(world, &running.t, 1, &rows(9..10));
    world.caught_up(&running.t);
    running.more(world);
    world.caught_up(&running.t);
    running.flatsink.stop();
    let line = |id| format!("{id}|{id}|{}|{}", if id < 10 { 7 } else { 5 }, 2 * id);
    assert_eq!(of(world, "t", ", n, mine, twice"), lines(0..20, line));
}

fn a_column_that_must_be_filled_stops_the_table(world: &World) {
    if world.database.kind == Kind::Sqlite {
        // It adds no such column to a table that has rows.
        return;
    }
    let running = Running::new(world, BY_POSITION);
    world.database.query(sql(
        world,
        "ALTER TABLE public.t ADD COLUMN mine integer NOT NULL DEFAULT 5; \
         ALTER TABLE public.t ALTER COLUMN mine DROP DEFAULT",
        "ALTER TABLE t ADD COLUMN mine INT NOT NULL",
        "",
    ));
    let mend = format!("ALTER TABLE {} DROP COLUMN mine", by_name(world, "t"));
    running.stops(world, "type_conflict", &["column mine", "NOT NULL"], &mend);
    assert_eq!(of(world, "t", ", n"), lines(0..30, |id| format!("{id}|{id}")));
}

fn a_column_of_another_type_stops_the_table(world: &World) {
    let running = Running::new(world, BY_POSITION);
    let (change, mend) = match world.database.kind {
        Kind::Postgres => (
            "ALTER TABLE public.t ALTER COLUMN n TYPE text",
            "ALTER TABLE public.t ALTER COLUMN n TYPE bigint USING n::bigint",
        ),
        Kind::Mariadb | Kind::Mysql => {
            ("ALTER TABLE t MODIFY COLUMN n LONGTEXT", "ALTER TABLE t MODIFY COLUMN n BIGINT")
        }
        Kind::Sqlite => (
            "BEGIN; ALTER TABLE t DROP COLUMN n; ALTER TABLE t ADD COLUMN n TEXT; UPDATE t SET n = id; COMMIT",
            "BEGIN; ALTER TABLE t DROP COLUMN n; ALTER TABLE t ADD COLUMN n INTEGER; UPDATE t SET n = id; COMMIT",
        ),
    };
    world.database.query(change);
    running.stops(world, "type_conflict", &["column n"], mend);
    assert_eq!(of(world, "t", ", n"), lines(0..30, |id| format!("{id}|{id}")));
}

fn a_column_that_was_renamed_is_made_again(world: &World) {
    let running = Running::new(world, BY_POSITION);
    world.database.query(&format!("ALTER TABLE {} RENAME COLUMN n TO theirs", by_name(world, "t")));
    running.goes_on(world);
    let line = |id| if id < 10 { format!("{id}|-|{id}") } else { format!("{id}|{id}|-") };
    assert_eq!(of(world, "t", ", n, theirs"), lines(0..20, line));
}

fn a_table_that_was_dropped_is_made_again(world: &World) {
    let running = Running::new(world, BY_POSITION);
    world.database.query(&format!("DROP TABLE {}", by_name(world, "t")));
    running.goes_on(world);
    assert_eq!(of(world, "t", ", word"), lines(10..20, |id| format!("{id}|w{id}")));
}

fn a_table_that_was_renamed_is_made_again(world: &World) {
    let running = Running::new(world, BY_POSITION);
    world.database.query(&format!("ALTER TABLE {} RENAME TO theirs", by_name(world, "t")));
    running.goes_on(world);
    assert_eq!(of(world, "theirs", ""), lines(0..10, |id| id.to_string()));
    assert_eq!(of(world, "t", ", word"), lines(10..20, |id| format!("{id}|w{id}")));
}

fn a_table_that_was_emptied_fills_from_the_ledger_on(world: &World) {
    let running = Running::new(world, BY_POSITION);
    let verb = sql(world, "TRUNCATE TABLE", "TRUNCATE TABLE", "DELETE FROM");
    world.database.query(&format!("{verb} {}", by_name(world, "t")));
    running.goes_on(world);
    assert_eq!(of(world, "t", ", word"), lines(10..20, |id| format!("{id}|w{id}")));
}

fn a_key_that_was_dropped_stops_the_table(world: &World) {
    let running = Running::new(world, BY_POSITION);
    let copy = "ALTER TABLE t RENAME TO old; CREATE TABLE t AS SELECT * FROM old; DROP TABLE old";
    let (change, mend) = match world.database.kind {
        Kind::Postgres => (
            "ALTER TABLE public.t DROP CONSTRAINT t_pkey",
            "ALTER TABLE public.t ADD PRIMARY KEY (_sink_partition, _sink_offset)",
        ),
        Kind::Mariadb | Kind::Mysql => {
            ("ALTER TABLE t DROP PRIMARY KEY", "ALTER TABLE t ADD PRIMARY KEY (_sink_partition, _sink_offset)")
        }
        Kind::Sqlite => (
            copy,
            "ALTER TABLE t RENAME TO old; CREATE TABLE t (_sink_partition INTEGER NOT NULL, \
             _sink_offset INTEGER NOT NULL, _sink_timestamp TEXT, id INTEGER, n INTEGER, word TEXT, \
             PRIMARY KEY (_sink_partition, _sink_offset)) STRICT; INSERT INTO t SELECT * FROM old; DROP TABLE old",
        ),
    };
    world.database.query(change);
    running.stops(world, "key_conflict", &["_sink_partition", "none"], mend);
    assert_eq!(of(world, "t", ", n"), lines(0..30, |id| format!("{id}|{id}")));
}

fn a_table_that_lost_its_durability_stops(world: &World) {
    let (change, mend) = match world.database.kind {
        Kind::Postgres => ("ALTER TABLE public.t SET UNLOGGED", "ALTER TABLE public.t SET LOGGED"),
        Kind::Mariadb | Kind::Mysql => ("ALTER TABLE t ENGINE=MyISAM", "ALTER TABLE t ENGINE=InnoDB"),
        // All its tables are equal.
        Kind::Sqlite => return,
    };
    let running = Running::new(world, BY_POSITION);
    world.database.query(change);
    running.stops(world, "not_durable", &["t is unlogged"].map(|word| sql(world, word, "engine MyISAM", "")), mend);
    assert_eq!(of(world, "t", ", n"), lines(0..30, |id| format!("{id}|{id}")));
}

fn a_privilege_that_was_revoked_stops_the_table(world: &World) {
    let name = unique("poor");
    let rest = world.database.url.split_once('@').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    let (scheme, make, end) = match world.database.kind {
        Kind::Postgres => (
            "postgres",
            format!(
                "CREATE ROLE {name} LOGIN PASSWORD 'poor'; GRANT CREATE ON SCHEMA public TO {name}; \
                 GRANT CREATE ON DATABASE {} TO {name}",
                rest.rsplit('/').next().unwrap_or_default()
            ),
            format!("DROP OWNED BY {name}; DROP ROLE {name}"),
        ),
        Kind::Mariadb | Kind::Mysql => (
            "mysql",
            format!(
                "CREATE USER {name} IDENTIFIED BY 'poor'; GRANT CREATE, CREATE VIEW, SELECT ON {}.* TO {name}; {}",
                rest.rsplit('/').next().unwrap_or_default(),
                [
                    "t",
                    "other",
                    "flatsink_freshness",
                    "flatsink_topic",
                    "flatsink_offset",
                    "flatsink_table",
                    "flatsink_column"
                ]
                .into_iter()
                .chain(["flatsink_dead_letter", "flatsink_gap", "flatsink_migration"])
                .map(|table| format!("GRANT ALL ON {}.{table} TO {name};", rest.rsplit('/').next().unwrap_or_default()))
                .collect::<String>()
            ),
            format!("DROP USER {name}"),
        ),
        // A file has no users.
        Kind::Sqlite => return,
    };
    world.database.query(&make);
    let config = world.config().database(&format!("url: '{scheme}://{name}:poor@{rest}'"));
    let running = Running::with(world, BY_POSITION, config);
    let t = by_name(world, "t");
    world.database.query(&format!("REVOKE INSERT ON {t} FROM {name}"));
    running.stops(world, "privilege", &["GRANT"], &format!("GRANT INSERT ON {t} TO {name}"));
    assert_eq!(of(world, "t", ", n"), lines(0..30, |id| format!("{id}|{id}")));
    world.database.query(&end);
}

fn a_table_that_somebody_locks_holds_nobody_up(world: &World) {
    let lock = match world.database.kind {
        Kind::Postgres => "BEGIN; LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE",
        Kind::Mariadb | Kind::Mysql => "LOCK TABLES t WRITE",
        // There a lock is on the whole file.
        Kind::Sqlite => return,
    };
    let running = Running::new(world, BY_POSITION);
    let lock = world.database.hold_with(lock);
    running.more(world);
    running.more(world);
    assert_eq!(world.next(&running.t), [10]);
    drop(lock);
    world.caught_up(&running.t);
    running.flatsink.stop();
    assert_eq!(of(world, "t", ", n"), lines(0..30, |id| format!("{id}|{id}")));
}
