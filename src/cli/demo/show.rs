//! What the demo shows at its end.

use std::path::Path;
use std::time::Duration;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, Table};
use indicatif::HumanCount;

use super::data::Dataset;
use super::place::SINK;
use crate::cli::produce::message::Format;
use crate::config::Database;
use crate::dialect::Dialect;
use crate::sink::report::{LedgerRow, Report};

/// The database, as a person calls it.
pub(crate) fn name(database: &Database) -> String {
    match database.dialect {
        Dialect::Sqlite => {
            let file = Path::new(&database.name)
                .file_name()
                .map_or(database.name.as_str().into(), |name| name.to_string_lossy());
            format!("SQLite ({file})")
        }
        dialect => format!("{dialect} ({})", database.name),
    }
}

/// Prints tables, query and ledger; says whether every count is exact.
pub(crate) async fn results(datasets: &[Dataset], report: &mut Report) -> anyhow::Result<bool> {
    let mut exact = true;
    let mut tables = table(&["table", "messages", "rows"]);
    for dataset in datasets {
        let rows = report.count(dataset.name).await?.max(0).unsigned_abs();
        exact &= rows == dataset.records;
        tables.add_row([Cell::new(dataset.name), number(dataset.records), number(rows)]);
    }
    println!("Every message is exactly one row:\n{tables}\n");

    let mut delays = table(&["airline", "flights", "mean arrival delay, minutes"]);
    for [airline, flights, delay] in report.delays().await? {
        delays.add_row([Cell::new(airline), right(flights), right(delay)]);
    }
    println!("{};\n{delays}\n", report.delays_sql());

    let ledger = report.ledger(SINK).await?;
    exact &= ledger.iter().all(|row| row.unaccounted() == 0);
    let applied: i64 = ledger.iter().map(|row| row.counts[0]).sum();
    exact &= applied.unsigned_abs() == datasets.iter().map(|dataset| dataset.records).sum::<u64>();
    println!("The ledger, which moved in the same transactions as the rows (unaccounted is 0 at every moment):");
    println!("{}\n", ledger_table(&ledger));
    Ok(exact)
}

fn ledger_table(ledger: &[LedgerRow]) -> Table {
    let mut shown = table(&["topic", "partition", "start", "next", "applied", "duplicate", "dead", "unaccounted"]);
    for row in ledger {
        let [applied, duplicate, dead, ..] = row.counts;
        let numbers = [row.part, row.start_offset, row.next_offset, applied, duplicate, dead, row.unaccounted()];
        let cells = numbers.map(|number| right(number.to_string()));
        shown.add_row([Cell::new(&row.topic)].into_iter().chain(cells));
    }
    shown
}

/// Says where everything is, and how to go on.
pub(crate) fn next(database: &Database, format: Format, took: Duration) {
    println!("That took {:.1} s. The unaccounted records of the ledger, for your own monitoring:", took.as_secs_f64());
    let ledger = match database.dialect {
        Dialect::Postgres => "flatsink_demo.flatsink_offset",
        _ => "flatsink_offset",
    };
    println!(
        "  select topic, part, next_offset - start_offset\n    \
         - (n_applied + n_duplicate + n_dead + n_deleted + n_skipped + n_gap) as unaccounted\n  from {ledger};\n"
    );
    if database.dialect == Dialect::Sqlite {
        println!(
            "Everything is in {}. Try:\n  sqlite3 {} 'select * from flights limit 5'\n",
            database.name, database.name
        );
    }
    let id = match format {
        Format::Yelp => "  directory: ./schemas            # or confluent: or schematizer: {url: ..}",
        Format::Confluent => "  confluent: {url: http://localhost:8081}",
    };
    println!(
        "For your own Kafka, put this into flatsink.yaml, then `flatsink check` and `flatsink run`:\n\n\
         sink: warehouse\n\
         kafka:\n  brokers: [localhost:9092]\n\
         schemas:\n{id}\n\
         database:\n  url: postgres://localhost/warehouse\n  user: loader\n  password: ${{DB_PASSWORD}}\n\
         topics:\n  - topic: flights\n    format: {}\n    mode: stream",
        format.name()
    );
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(header);
    table
}

fn number(number: u64) -> Cell {
    right(HumanCount(number).to_string())
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}
