//! The rows of the bench: computed from their number, so that the topic and what is loaded beside it are the same.

use jiff::Timestamp;

/// Schema id in the topic and name of its file.
pub const SCHEMA_ID: i32 = 1;
pub const PARTITIONS: i32 = 4;

pub const SCHEMA: &str = r#"{"type": "record", "name": "visit", "fields": [
 {"name": "account", "type": "long"}, {"name": "session", "type": "long"}, {"name": "bytes", "type": "long"},
 {"name": "amount", "type": "double"}, {"name": "score", "type": "double"},
 {"name": "name", "type": "string"}, {"name": "url", "type": "string"}, {"name": "member", "type": "boolean"},
 {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
 {"name": "level", "type": ["null", "int"]}, {"name": "note", "type": ["null", "string"]}]}"#;

/// Schema id of a later version of the record, with a field more.
pub const LATER_ID: i32 = 2;

/// The later schema.
pub fn later() -> String {
    let more = r#", {"name": "extra", "type": ["null", "long"]}]}"#;
    SCHEMA.strip_suffix("]}").expect("its fields come last").to_owned() + more
}

/// The table's columns in their order.
pub const COLUMNS: [&str; 15] = [
    "_sink_uuid",
    "_sink_partition",
    "_sink_offset",
    "_sink_timestamp",
    "account",
    "session",
    "bytes",
    "amount",
    "score",
    "name",
    "url",
    "member",
    "at",
    "level",
    "note",
];

/// Milliseconds of the first record: 2024-01-01.
const EPOCH: i64 = 1_704_067_200_000;
/// Microseconds from 1970 to PostgreSQL's zero.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// One record, with where it lies in the topic.
#[derive(Debug)]
pub struct Record {
    /// Version 4, random, as producers make them.
    pub uuid: String,
    bits: u128,
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds, Kafka's.
    pub timestamp: i64,
    pub account: i64,
    pub session: i64,
    pub bytes: i64,
    pub amount: f64,
    pub score: f64,
    pub name: String,
    pub url: String,
    pub member: bool,
    /// Milliseconds.
    pub at: i64,
    pub level: Option<i32>,
    pub note: Option<String>,
}

/// What is left of all rows for a comparison: their number, the sum of `account`, the sum of the offsets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub rows: i64,
    pub accounts: i64,
    pub offsets: i64,
}

impl Sums {
    /// Those of the first `count` records.
    pub fn of(count: u64) -> Sums {
        let add = |sums: Sums, record: Record| Sums {
            rows: sums.rows + 1,
            accounts: sums.accounts + record.account,
            offsets: sums.offsets + record.offset,
        };
        (0..count).map(Record::new).fold(Sums::default(), add)
    }
}

impl Record {
    pub fn new(index: u64) -> Record {
        let (high, low) = (mix(2 * index), mix(2 * index + 1));
        let bits = (u128::from(high) << 64) | u128::from(low);
        let uuid = uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid();
        let number = i64::try_from(index).expect("no bench is that long");
        Record {
            uuid: uuid.hyphenated().to_string(),
            bits: uuid.as_u128(),
            partition: (number % i64::from(PARTITIONS)) as i32,
            offset: number / i64::from(PARTITIONS),
            timestamp: EPOCH + number,
            account: (high >> 40) as i64,
            session: (low >> 8) as i64,
            bytes: (low & 0xf_ffff) as i64,
            amount: (high & 0xf_ffff) as f64 / 100.0,
            score: (low >> 11) as f64 / (1u64 << 53) as f64,
            name: format!("user-{:07}", high % 10_000_000),
            url: format!("https://shop.example/item/{:014x}", low >> 8),
            member: high & 1 == 1,
            at: EPOCH - (high & 0xfff_ffff) as i64,
            level: (low & 1 == 1).then_some((low & 0xff) as i32),
            note: (high & 2 == 2).then(|| format!("note {:05}", low & 0xffff)),
        }
    }

    /// The message's value in Confluent's wire format.
    pub fn confluent(&self, schema: i32, out: &mut Vec<u8>) {
        out.push(0);
        out.extend_from_slice(&schema.to_be_bytes());
        for number in [self.account, self.session, self.bytes] {
            long(out, number);
        }
        out.extend_from_slice(&self.amount.to_le_bytes());
        out.extend_from_slice(&self.score.to_le_bytes());
        string(out, &self.name);
        string(out, &self.url);
        out.push(u8::from(self.member));
        long(out, self.at);
        long(out, i64::from(self.level.is_some()));
        self.level.iter().for_each(|level| long(out, i64::from(*level)));
        long(out, i64::from(self.note.is_some()));
        self.note.iter().for_each(|note| string(out, note));
    }

    /// The field that the later schema has behind all others.
    pub fn extra(&self, out: &mut Vec<u8>) {
        long(out, 1);
        long(out, self.session);
    }

    /// The row as a tuple of PostgreSQL's binary COPY.
    pub fn tuple(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(COLUMNS.len() as i16).to_be_bytes());
        field(out, &self.bits.to_be_bytes());
        field(out, &self.partition.to_be_bytes());
        field(out, &self.offset.to_be_bytes());
        field(out, &(self.timestamp * 1_000 - POSTGRES_EPOCH).to_be_bytes());
        for number in [self.account, self.session, self.bytes] {
            field(out, &number.to_be_bytes());
        }
        field(out, &self.amount.to_be_bytes());
        field(out, &self.score.to_be_bytes());
        field(out, self.name.as_bytes());
        field(out, self.url.as_bytes());
        field(out, &[u8::from(self.member)]);
        field(out, &(self.at * 1_000 - POSTGRES_EPOCH).to_be_bytes());
        match self.level {
            Some(level) => field(out, &level.to_be_bytes()),
            None => out.extend_from_slice(&(-1i32).to_be_bytes()),
        }
        match &self.note {
            Some(note) => field(out, note.as_bytes()),
            None => out.extend_from_slice(&(-1i32).to_be_bytes()),
        }
    }

    /// The row's values as text between separators, `null` where there is none; the uuid without its dashes. No
    /// value needs an escape.
    pub fn text(&self, separator: &str, quote: &str, null: &str) -> String {
        let level = self.level.map_or(null.to_owned(), |level| level.to_string());
        let note = self.note.as_ref().map_or(null.to_owned(), |note| format!("{quote}{note}{quote}"));
        let quoted = |text: &str| format!("{quote}{text}{quote}");
        [
            quoted(&format!("{:032x}", self.bits)),
            self.partition.to_string(),
            self.offset.to_string(),
            quoted(&time(self.timestamp)),
            self.account.to_string(),
            self.session.to_string(),
            self.bytes.to_string(),
            self.amount.to_string(),
            self.score.to_string(),
            quoted(&self.name),
            quoted(&self.url),
            u8::from(self.member).to_string(),
            quoted(&time(self.at)),
            level,
            note,
        ]
        .join(separator)
    }
}

/// A time as text columns and MySQL take it: UTC, six digits.
pub fn time(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).expect("a time of this century");
    time.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}

fn mix(number: u64) -> u64 {
    // splitmix64.
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn long(out: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn string(out: &mut Vec<u8>, text: &str) {
    long(out, text.len() as i64);
    out.extend_from_slice(text.as_bytes());
}

fn field(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}
