//! `flatsink reset`: moves the ledger of a topic, deliberately: the way on after a gap or a recreated topic, and for
//! a reload. It says what it will do, and does it only if it is told so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;

use super::{ConfigPath, DONE, FAILED, Globals, Wrong};
use crate::batch::Tail;
use crate::config::{Config, Mode, Topic, Unique, timestamp};
use crate::record::Partition;
use crate::sink::{Position, Sink};
use crate::source::{Broker, SourceError};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigPath,
    /// The topic
    #[arg(long)]
    topic: String,
    /// Only this partition
    #[arg(long, value_name = "NUMBER")]
    partition: Option<i32>,
    /// Where to go on: earliest, latest, an offset, or a time (2026-01-31T00:00:00Z)
    #[arg(long, value_parser = To::parse, allow_hyphen_values = true)]
    to: To,
    /// Delete the rows of this topic (partition) in the same transaction
    #[arg(long)]
    truncate: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Where to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    Earliest,
    Latest,
    Offset(i64),
    /// Milliseconds since 1970-01-01 UTC.
    Time(i64),
}

impl To {
    fn parse(text: &str) -> Result<To, String> {
        let offset = || text.parse().ok().filter(|offset| *offset >= 0).map(To::Offset);
        let time = || timestamp(text).map(To::Time);
        match text {
            "earliest" => Ok(To::Earliest),
            "latest" => Ok(To::Latest),
            _ => offset()
                .or_else(time)
                .ok_or_else(|| "expected earliest, latest, an offset, or a time like 2026-01-31T00:00:00Z".to_owned()),
        }
    }
}

/// A partition and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Move {
    number: i32,
    /// Where the ledger is; `None`: it has no row yet.
    from: Option<i64>,
    to: i64,
}

/// What is to be done.
#[derive(Debug)]
struct Work {
    moves: Vec<Move>,
    /// Why this is another topic than the one that the ledger knows, if so.
    recreated: Option<String>,
}

pub(crate) async fn run(args: Args, _globals: &Globals) -> anyhow::Result<u8> {
    let config = Arc::new(Config::load(args.config.path())?);
    let topic = args.topic.as_str();
    let Some(entry) = config.entry(topic) else {
        return Err(Wrong(format!("no entry of the configuration takes topic {topic}")).into());
    };
    let broker = Broker::open(&config).map_err(wrong)?;
    let mut sink = Sink::connect(Arc::clone(&config), 0).await.map_err(|failure| Wrong(failure.to_string()))?;
    let known = known(&mut sink, topic).await?;
    let question = (args.topic.clone(), args.partition, args.to);
    let work = tokio::task::spawn_blocking(move || look(&broker, question, &known)).await??;
    let below = work.moves.iter().any(|it| it.from.is_some_and(|from| it.to < from));
    if let Some(why) = refusal(entry, below, work.recreated.as_deref(), args.truncate) {
        return Err(Wrong(why).into());
    }
    let rows = match args.truncate {
        true => sink.count_rows(topic, args.partition).await?,
        false => None,
    };
    let mut out = std::io::stdout().lock();
    out.write_all(describe(topic, &work, args.truncate, rows).as_bytes())?;
    out.flush()?;
    if !args.yes && !agreed()? {
        eprintln!("nothing was changed");
        return Ok(FAILED);
    }
    let to: Vec<(i32, i64)> = work.moves.iter().map(|it| (it.number, it.to)).collect();
    sink.reset(topic, args.partition, &to, work.recreated.is_some(), args.truncate).await?;
    sink.close().await;
    writeln!(out, "done")?;
    Ok(DONE)
}

/// What the ledger knows of the topic: how many partitions, and their rows; somebody may have deleted one.
async fn known(sink: &mut Sink, topic: &str) -> anyhow::Result<(i32, BTreeMap<i32, Position>)> {
    if !sink.migrations().await?.is_empty() {
        let why = "the database has no ledger of this version of flatsink: `flatsink run` makes it";
        return Err(Wrong(why.into()).into());
    }
    let Some(stored) = sink.topics().await?.remove(topic) else {
        let why = format!("the ledger does not know topic {topic}: where it begins is said by `start`");
        return Err(Wrong(why).into());
    };
    let rows = sink.positions().await?.into_iter().filter(|(partition, _)| *partition.topic == *topic);
    Ok((stored.partitions, rows.map(|(partition, position)| (partition.number, position)).collect()))
}

/// Asks Kafka where each partition is to go on, and whether the topic is still the same.
fn look(
    broker: &Broker,
    (topic, only, to): (String, Option<i32>, To),
    (stored, known): &(i32, BTreeMap<i32, Position>),
) -> anyhow::Result<Work> {
    let partitions = broker.topics().map_err(wrong)?.get(&topic).copied().unwrap_or(0);
    if partitions == 0 {
        return Err(Wrong(format!("topic {topic} is not in the cluster")).into());
    }
    let mut marks = Vec::new();
    for number in 0..partitions {
        marks.push(broker.watermarks(&Partition { topic: topic.as_str().into(), number }).map_err(wrong)?);
    }
    let recreated = recreated(broker, &topic, &marks, known).map_err(wrong)?;
    if let Some(number) = only {
        if !(0..partitions).contains(&number) {
            return Err(Wrong(format!("topic {topic} has no partition {number}, only 0 to {}", partitions - 1)).into());
        }
        if number >= *stored {
            let why = format!("the ledger does not know {topic}[{number}] yet: without --partition it gets a row");
            return Err(Wrong(why).into());
        }
        if let Some(why) = &recreated {
            return Err(Wrong(format!("{why}: reset all its partitions, without --partition")).into());
        }
    }
    let times = match to {
        To::Time(time) => broker.offsets_at(&topic, partitions, time).map_err(wrong)?,
        _ => Vec::new(),
    };
    let mut moves = Vec::new();
    for (number, (low, high)) in (0..).zip(&marks).filter(|(number, _)| only.is_none_or(|only| only == *number)) {
        let to = match to {
            To::Earliest => *low,
            To::Latest => *high,
            To::Time(_) => times.get(usize::try_from(number)?).copied().unwrap_or(*high),
            To::Offset(offset) if (*low..=*high).contains(&offset) => offset,
            To::Offset(offset) => {
                let why = format!("{topic}[{number}] has offsets {low} to {high}, and not {offset}");
                return Err(Wrong(why).into());
            }
        };
        moves.push(Move { number, from: known.get(&number).map(|position| position.next_offset), to });
    }
    Ok(Work { moves, recreated })
}

/// Why the topic is another one than the ledger's, if so.
fn recreated(
    broker: &Broker,
    topic: &str,
    marks: &[(i64, i64)],
    known: &BTreeMap<i32, Position>,
) -> Result<Option<String>, SourceError> {
    for (number, position) in known {
        let Some((low, high)) = usize::try_from(*number).ok().and_then(|number| marks.get(number)) else {
            return Ok(Some(format!("topic {topic} was made anew: it has no partition {number} any more")));
        };
        if position.next_offset > *high {
            let next = position.next_offset;
            return Ok(Some(format!(
                "topic {topic} was truncated or made anew: partition {number} ends at {high}, the ledger is at {next}"
            )));
        }
        let Some(tail) = position.tail.filter(|tail| tail.offset >= *low) else { continue };
        let partition = Partition { topic: topic.into(), number: *number };
        let there = broker.first_from(&partition, tail.offset, |received| Tail::of(&received.message()))?;
        // A record behind it: the one that was remembered is compacted away.
        if there.is_some_and(|there| there.offset == tail.offset && there.fingerprint != tail.fingerprint) {
            let at = tail.offset;
            return Ok(Some(format!(
                "topic {topic} was made anew: partition {number} has another record at {at} than the one loaded"
            )));
        }
    }
    Ok(None)
}

/// Why the rows that are there forbid it, if so.
fn refusal(entry: &Topic, below: bool, recreated: Option<&str>, truncate: bool) -> Option<String> {
    if truncate || entry.mode == Mode::Table || (!below && recreated.is_none()) {
        return None;
    }
    let then = match entry.unique {
        Unique::Uuid => return None,
        Unique::Position => {
            "rows are told apart by partition and offset (`unique: position`), so new ones would be taken for those \
             that are there"
        }
        Unique::None => "nothing tells a row from its repeat (`unique: none`), so these records would be there twice",
    };
    let why = recreated.unwrap_or("this goes back, behind records that are loaded");
    Some(format!("{why}; {then}: say --truncate to delete the old ones"))
}

fn describe(topic: &str, work: &Work, truncate: bool, rows: Option<i64>) -> String {
    let mut text = String::new();
    if let Some(why) = &work.recreated {
        let _ = writeln!(text, "{why}; the ledger begins a new incarnation");
    }
    for Move { number, from, to } in &work.moves {
        let _ = match from {
            _ if work.recreated.is_some() => writeln!(text, "{topic}[{number}] begins at {to}"),
            None => writeln!(text, "{topic}[{number}] is new and begins at {to}"),
            Some(from) if from > to => writeln!(text, "{topic}[{number}] {from} -> {to}: {} again", offsets(from - to)),
            Some(from) if from < to => {
                writeln!(text, "{topic}[{number}] {from} -> {to}: {} never loaded", offsets(to - from))
            }
            Some(from) => writeln!(text, "{topic}[{number}] {from}: stays"),
        };
    }
    let _ = match (truncate, rows) {
        (false, _) => writeln!(text, "the rows in the table stay, the counts begin at 0"),
        (true, Some(rows)) => writeln!(text, "{rows} rows are deleted from the table, the counts begin at 0"),
        (true, None) => writeln!(text, "there is no table yet, the counts begin at 0"),
    };
    text
}

fn offsets(count: i64) -> String {
    format!("{count} {}", if count == 1 { "offset" } else { "offsets" })
}

/// Asks on a terminal.
fn agreed() -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Wrong("nobody is there to ask: say --yes to do it".into()).into());
    }
    eprint!("Do it? [y/N] ");
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn wrong(error: SourceError) -> Wrong {
    Wrong(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(more: &str) -> Topic {
        let yaml = format!(
            "sink: s\nkafka: {{brokers: ['b:1']}}\nschemas: {{directory: .}}\ndatabase: {{url: 'sqlite://a.db'}}\n\
             topics: [{{topic: t{more}}}]"
        );
        Config::parse(&yaml, "test", &|_| None).unwrap().topics.remove(0)
    }

    #[test]
    fn where_to_go_on_is_a_word_an_offset_or_a_time() {
        assert_eq!(To::parse("earliest"), Ok(To::Earliest));
        assert_eq!(To::parse("latest"), Ok(To::Latest));
        assert_eq!(To::parse("17"), Ok(To::Offset(17)));
        assert_eq!(To::parse("1970-01-01T00:00:01Z"), Ok(To::Time(1000)));
        for wrong in ["-1", "sooner", "", "1.5"] {
            assert!(To::parse(wrong).is_err_and(|why| why.contains("earliest")), "{wrong}");
        }
    }

    #[test]
    fn rows_that_would_be_taken_for_others_have_to_go() {
        let position = entry(", format: confluent, unique: position");
        assert!(refusal(&position, true, None, false).is_some_and(|why| why.contains("--truncate")));
        assert!(refusal(&position, false, Some("anew"), false).is_some_and(|why| why.starts_with("anew")));
        assert_eq!(refusal(&position, false, None, false), None);
        assert_eq!(refusal(&position, true, Some("anew"), true), None);
        let none = entry(", unique: none");
        assert!(refusal(&none, true, None, false).is_some_and(|why| why.contains("twice")));
        assert_eq!(refusal(&none, true, None, true), None);
        for other in [entry(""), entry(", mode: table, unique: position"), entry(", mode: table, unique: none")] {
            assert_eq!(refusal(&other, true, Some("anew"), false), None);
        }
    }

    #[test]
    fn what_will_be_done_is_said() {
        let moves = [(0, Some(5), 2), (1, Some(1), 2), (2, Some(2), 2), (3, None, 0)];
        let moves = moves.map(|(number, from, to)| Move { number, from, to }).to_vec();
        let work = Work { moves, recreated: None };
        assert_eq!(
            describe("t", &work, true, Some(3)),
            "t[0] 5 -> 2: 3 offsets again\nt[1] 1 -> 2: 1 offset never loaded\nt[2] 2: stays\n\
             t[3] is new and begins at 0\n3 rows are deleted from the table, the counts begin at 0\n"
        );
        let work = Work { recreated: Some("anew".into()), ..work };
        assert!(
            describe("t", &work, false, None).starts_with("anew; the ledger begins a new incarnation\nt[0] begins")
        );
    }
}
