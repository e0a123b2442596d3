//! Random datums of a schema, as bytes.

use num_bigint::BigInt;

use super::calendar::DAY;
use super::cell::{Reason, uuid};
use super::invent::digits_of;
use super::schema::{Definition, Logical, OnFixed, Schema, Ty, Unit};
use crate::support::avro::{long, text};
use crate::support::chance::Chance;

const TEXTS: [&str; 16] = [
    "",
    "a",
    "A",
    "a ",
    " a",
    "NULL",
    "null",
    "\\N",
    "it's",
    "\"quoted\" \\ back",
    "tab\tline\nreturn\r\u{1}\u{1f}\u{7f}",
    "Zoë",
    "日本語",
    "😀 👩‍👩‍👧",
    "\u{202e}rtl\u{feff}",
    "0123456789",
];

/// What kind of datum is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// So many values that some database may refuse.
    pub doubtful: u32,
    /// Wrong at this of the places where it can be.
    pub wrong_at: Option<u64>,
    /// So deep where the type is recursive.
    pub depth: usize,
    /// Which key it has.
    pub key: u64,
}

/// A datum.
#[derive(Clone, Debug, Default)]
pub struct Datum {
    pub bytes: Vec<u8>,
    /// Why no reader takes it.
    pub wrong: Option<Reason>,
}

/// A datum of the schema's top record.
pub fn datum(schema: &Schema, wanted: Wanted, chance: &mut Chance) -> Datum {
    let mut pen = Pen { schema, wanted, chance, out: Vec::new(), records: 0, in_key: false, wrong: None, ended: false };
    if let Some(null) = schema.null_at {
        pen.out.extend(long(1 - null as i64));
    }
    for field in schema.fields() {
        match schema.key.iter().position(|name| *name == field.name) {
            None => pen.value(&field.ty, 0),
            Some(place) => pen.key(&field.ty, place as u64),
        }
    }
    if pen.wrong.is_none() && pen.is_wrong() {
        pen.out.push(0);
        pen.wrong = Some("trailing_bytes");
    }
    Datum { bytes: pen.out, wrong: pen.wrong }
}

struct Pen<'s, 'c> {
    schema: &'s Schema,
    wanted: Wanted,
    chance: &'c mut Chance,
    out: Vec<u8>,
    /// So far.
    records: usize,
    /// Where values are short, and of one form each.
    in_key: bool,
    wrong: Option<Reason>,
    /// The datum is cut short here.
    ended: bool,
}

impl Pen<'_, '_> {
    fn key(&mut self, ty: &Ty, place: u64) {
        let doubtful = std::mem::take(&mut self.wanted.doubtful);
        let seed = self.wanted.key.wrapping_mul(31).wrapping_add(place);
        let chance = std::mem::replace(self.chance, Chance::seeded(seed));
        self.in_key = true;
        self.value(ty, 0);
        self.in_key = false;
        *self.chance = chance;
        self.wanted.doubtful = doubtful;
    }

    fn value(&mut self, ty: &Ty, depth: usize) {
        match ty {
            Ty::Null => {}
            Ty::Boolean => {
                let byte = if self.fails("bad_bool") { 2 } else { self.chance.below(2) as u8 };
                self.put(&[byte]);
            }
            Ty::Int => self.int(),
            Ty::Long => {
                let number = self.number(i64::MIN, i64::MAX);
                self.long(number);
            }
            Ty::Float => {
                let value = self.float();
                self.real(&(value as f32).to_le_bytes());
            }
            Ty::Double => {
                let value = self.float();
                self.real(&value.to_le_bytes());
            }
            Ty::Bytes => self.bytes(),
            Ty::String => self.string(),
            Ty::Inert(inner, _) => self.value(inner, depth),
            Ty::Logical(logical) => self.logical(*logical),
            Ty::Array(items) => {
                let count = self.count(depth);
                self.blocks(count, |pen, _| pen.value(items, depth + 1));
            }
            Ty::Map(values) => {
                let twice = self.fails("map_duplicate_key");
                let count = if twice { 2 } else { self.count(depth) };
                self.blocks(count, |pen, index| {
                    let key = if twice { "twice".to_owned() } else { format!("{}{index}", pen.text()) };
                    pen.put(&text(key));
                    pen.value(values, depth + 1);
                });
            }
            Ty::Union(branches) => self.union(branches, depth),
            Ty::Named(index) => self.named(*index, depth),
        }
    }

    fn named(&mut self, index: usize, depth: usize) {
        let schema = self.schema;
        match &schema.named[index].definition {
            Definition::Record(fields) => {
                self.records += 1;
                fields.iter().for_each(|field| self.value(&field.ty, depth + 1));
            }
            Definition::Enum(symbols) => {
                let count = symbols.len() as u64;
                let index = match self.fails("bad_enum") {
                    true => [count as i64, -1][self.chance.below(2) as usize],
                    false => self.chance.below(count) as i64,
                };
                self.put(&long(index));
            }
            Definition::Fixed(size, OnFixed::Decimal(precision, _)) => {
                let digits = if self.is_doubtful() { digits_of(*size) } else { *precision };
                let number = self.digits(digits);
                let bytes = number.to_signed_bytes_be();
                let sign = if number < BigInt::from(0) { 0xff } else { 0 };
                let padded = [vec![sign; size - bytes.len()], bytes].concat();
                self.real(&padded);
            }
            Definition::Fixed(_, OnFixed::Duration) => {
                let most = if self.is_doubtful() { u32::MAX } else { i32::MAX as u32 };
                let number = |pen: &mut Self, most: u32| pen.number(0, i64::from(most)) as u32;
                let parts = [number(self, most), number(self, most), number(self, u32::MAX)];
                self.real(&parts.map(u32::to_le_bytes).concat());
            }
            Definition::Fixed(size, _) => {
                let bytes: Vec<u8> = (0..*size).map(|_| self.chance.below(256) as u8).collect();
                self.real(&bytes);
            }
        }
    }

    fn union(&mut self, branches: &[Ty], depth: usize) {
        let null = branches.iter().position(|branch| *branch == Ty::Null);
        let count = branches.len() as u64;
        let index = match null {
            _ if self.fails("bad_union") => {
                let wrong = [count as i64, -1, i64::MAX][self.chance.below(3) as usize];
                self.put(&long(wrong));
                return;
            }
            Some(null) if self.is_enough(depth) => null,
            Some(null) if depth > 4 && self.wanted.depth > 0 => (null + 1) % branches.len(),
            _ => self.chance.below(count) as usize,
        };
        self.put(&long(index as i64));
        self.value(&branches[index], depth);
    }

    /// How many items an array or a map has.
    fn count(&mut self, depth: usize) -> usize {
        match self.chance.below(4) {
            _ if self.is_enough(depth) => 0,
            _ if self.wanted.depth > 0 => 1,
            count => count as usize,
        }
    }

    /// An array's or a map's items in random blocks.
    fn blocks(&mut self, count: usize, mut item: impl FnMut(&mut Self, usize)) {
        let mut done = 0;
        while done < count && !self.ended {
            let block = 1 + self.chance.below((count - done) as u64) as usize;
            let sized = self.chance.below(3) == 0;
            let before = std::mem::take(&mut self.out);
            (done..done + block).for_each(|index| item(self, index));
            let items = std::mem::replace(&mut self.out, before);
            // What was cut short inside of a block is not announced by its size.
            if sized && !self.ended {
                self.out.extend(long(-(block as i64)));
                self.out.extend(long(items.len() as i64));
            } else {
                self.out.extend(long(block as i64));
            }
            self.out.extend(items);
            done += block;
        }
        self.put(&[0]);
    }

    fn logical(&mut self, logical: Logical) {
        match logical {
            Logical::Decimal(precision, _) => {
                let digits = if self.is_doubtful() { precision + 1 } else { precision };
                let number = self.digits(digits);
                let mut bytes = number.to_signed_bytes_be();
                if self.fails("bad_decimal") {
                    bytes.clear();
                } else if self.chance.below(8) == 0 && !self.in_key {
                    // More bytes than the number needs.
                    bytes.insert(0, if number < BigInt::from(0) { 0xff } else { 0 });
                }
                self.put(&text(bytes));
            }
            Logical::BigDecimal => {
                let digits = 1 + self.chance.below(45) as u32;
                let number = self.digits(digits);
                let scale = match self.is_doubtful() {
                    true => [16_384, -16_384, 16_383, -16_383][self.chance.below(4) as usize],
                    false => self.chance.below(60) as i64 - 20,
                };
                let inner = [text(number.to_signed_bytes_be()), long(scale)].concat();
                let bytes = if self.fails("bad_decimal") { long(0) } else { inner };
                self.put(&text(bytes));
            }
            Logical::Uuid => {
                let lower = uuid(self.chance.uuid());
                let text_of = match self.chance.below(6) {
                    _ if self.fails("bad_uuid") => match self.chance.below(3) {
                        0 => lower[1..].to_owned(),
                        1 => lower.replace('-', ""),
                        _ => format!("urn:uuid:{lower}"),
                    },
                    0 if !self.in_key => lower.to_uppercase(),
                    1 if !self.in_key => format!("{{{lower}}}"),
                    2 => uuid([0; 16]),
                    _ => lower,
                };
                self.put(&text(text_of));
            }
            Logical::Date => {
                let (least, most) =
                    if self.is_doubtful() { (i64::from(i32::MIN), i64::from(i32::MAX)) } else { (-719_162, 2_932_896) };
                let days = self.number(least, most);
                self.long(days);
            }
            Logical::TimeMillis => self.time(86_400_000, i64::from(i32::MAX)),
            Logical::TimeMicros => self.time(DAY, i64::MAX),
            Logical::Timestamp(Unit::Nanos) | Logical::LocalTimestamp(Unit::Nanos) => {
                let number = self.number(i64::MIN, i64::MAX);
                self.long(number);
            }
            Logical::Timestamp(unit) | Logical::LocalTimestamp(unit) => {
                let per_day = if unit == Unit::Millis { DAY / 1_000 } else { DAY };
                let number = match self.is_doubtful() {
                    true => self.number(i64::MIN, i64::MAX),
                    false => self.number(-719_162 * per_day, 2_932_897 * per_day - 1),
                };
                self.long(number);
            }
        }
    }

    fn time(&mut self, day: i64, most: i64) {
        let number = match self.is_doubtful() {
            true => [day, -1, most, -most - 1][self.chance.below(4) as usize],
            false => self.number(0, day - 1),
        };
        self.long(number);
    }

    fn int(&mut self) {
        let number = match self.fails("int_overflow") {
            true => [i64::from(i32::MAX) + 1, i64::from(i32::MIN) - 1, i64::MAX][self.chance.below(3) as usize],
            false => self.number(i64::from(i32::MIN), i64::from(i32::MAX)),
        };
        self.put(&long(number));
    }

    fn long(&mut self, number: i64) {
        if self.fails("bad_varint") {
            self.put(&[0xff; 11]);
        } else {
            self.put(&long(number));
        }
    }

    /// What has a fixed size, and may end too early.
    fn real(&mut self, bytes: &[u8]) {
        if self.fails("truncated") {
            self.put(&bytes[..bytes.len() - 1]);
            self.ended = true;
        } else {
            self.put(bytes);
        }
    }

    fn bytes(&mut self) {
        if self.fails("bad_length") {
            let length = [-1, 1 << 40][self.chance.below(2) as usize];
            self.put(&long(length));
            self.ended = true;
            return;
        }
        let length = self.chance.below(20);
        let bytes: Vec<u8> = (0..length).map(|_| self.chance.below(256) as u8).collect();
        self.put(&text(bytes));
    }

    fn string(&mut self) {
        if self.fails("bad_utf8") {
            let wrong: &[u8] =
                [&b"a\xffb"[..], b"\xed\xa0\x80", b"\xc0\x80", b"\xe2\x82"][self.chance.below(4) as usize];
            self.put(&text(wrong));
            return;
        }
        let written = if self.is_doubtful() { format!("{}\0", self.text()) } else { self.text() };
        self.put(&text(written));
    }

    fn text(&mut self) -> String {
        let picked = TEXTS[self.chance.below(TEXTS.len() as u64) as usize];
        match self.chance.below(60) {
            0 if !self.in_key => picked.repeat(300),
            1..=20 => format!("{picked}{}", self.chance.below(1_000)),
            _ => picked.to_owned(),
        }
    }

    fn float(&mut self) -> f64 {
        let edges = [0.0, -0.0, 1.0, -1.5, 0.1, 1e15, 1e16, 1e21, 1e-7, 16_777_216.0, 123_456_789.125];
        match self.chance.below(3) {
            _ if self.is_doubtful() => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][self.chance.below(3) as usize],
            0 => edges[self.chance.below(11) as usize],
            // Of any exponent that both sizes have.
            1 => f64::from(f32::from_bits(self.chance.next() as u32 & 0xbfff_ffff)),
            _ => (self.chance.next() as i64 >> self.chance.below(60)) as f64 / 1_000.0,
        }
    }

    /// A number of at most so many digits.
    fn digits(&mut self, most: u32) -> BigInt {
        let ten = BigInt::from(10);
        let limit = ten.pow(most);
        let number = match self.chance.below(5) {
            0 => BigInt::from(0),
            1 => limit - 1,
            2 => ten.pow(most - 1),
            _ => {
                let length = 1 + self.chance.below(u64::from(most)) as u32;
                let digits: String = (0..length).map(|_| char::from(b'0' + self.chance.below(10) as u8)).collect();
                digits.parse().expect("digits are a number")
            }
        };
        if self.chance.below(2) == 0 { -number } else { number }
    }

    /// A number in this range, often near its ends and near zero.
    fn number(&mut self, least: i64, most: i64) -> i64 {
        let near = self.chance.below(3) as i64;
        match self.chance.below(6) {
            0 => least + near,
            1 => most - near,
            2 => near.clamp(least, most),
            3 => (-near).clamp(least, most),
            _ => {
                let shift = self.chance.below(64);
                (self.chance.next() as i64 >> shift).clamp(least, most)
            }
        }
    }

    /// Whether what can end here should.
    fn is_enough(&self, depth: usize) -> bool {
        depth > self.wanted.depth.max(4) || self.records > 100
    }

    fn is_doubtful(&mut self) -> bool {
        let doubtful = self.wanted.doubtful > 0 && self.chance.below(3) == 0;
        self.wanted.doubtful -= u32::from(doubtful);
        doubtful
    }

    /// Whether this is the place to be wrong, and so.
    fn fails(&mut self, reason: Reason) -> bool {
        let fails = self.is_wrong();
        if fails {
            self.wrong = Some(reason);
        }
        fails
    }

    fn is_wrong(&mut self) -> bool {
        match &mut self.wanted.wrong_at {
            Some(0) => {
                self.wanted.wrong_at = None;
                true
            }
            Some(places) => {
                *places -= 1;
                false
            }
            None => false,
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        if !self.ended {
            self.out.extend_from_slice(bytes);
        }
    }
}
