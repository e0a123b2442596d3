//! Schemas made of bytes: each byte is a choice, and what the bytes do not say is chosen first.

use std::fmt::Write;

/// Bytes that are used up by choices.
pub(super) struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    /// A number below `count`; 0 where no byte is left.
    pub fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count
    }
}

const FLAT: [&str; 29] = [
    r#""int""#,
    r#""string""#,
    r#""null""#,
    r#""boolean""#,
    r#""long""#,
    r#""float""#,
    r#""double""#,
    r#""bytes""#,
    r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#,
    r#"{"type":"bytes","logicalType":"decimal","precision":70,"scale":40}"#,
    r#"{"type":"fixed","name":"NAME","size":7,"logicalType":"decimal","precision":16,"scale":16}"#,
    r#"{"type":"bytes","logicalType":"big-decimal"}"#,
    r#"{"type":"string","logicalType":"uuid"}"#,
    r#"{"type":"fixed","name":"NAME","size":16,"logicalType":"uuid"}"#,
    r#"{"type":"int","logicalType":"date"}"#,
    r#"{"type":"int","logicalType":"time-millis"}"#,
    r#"{"type":"long","logicalType":"time-micros"}"#,
    r#"{"type":"long","logicalType":"timestamp-millis"}"#,
    r#"{"type":"long","logicalType":"timestamp-micros"}"#,
    r#"{"type":"long","logicalType":"timestamp-nanos"}"#,
    r#"{"type":"long","logicalType":"local-timestamp-millis"}"#,
    r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
    r#"{"type":"long","logicalType":"local-timestamp-nanos"}"#,
    r#"{"type":"fixed","name":"NAME","size":12,"logicalType":"duration"}"#,
    r#"{"type":"fixed","name":"NAME","size":3}"#,
    r#"{"type":"fixed","name":"NAME","size":0}"#,
    r#"{"type":"enum","name":"NAME","symbols":["a","B","c\u0064"]}"#,
    r#"{"type":"enum","name":"NAME","symbols":["only"]}"#,
    r#"{"type":"string","connect.name":"io.debezium.data.Json"}"#,
];

/// Attributes of a field that refine its type, where it is of the type that they are for.
const ATTRIBUTES: [(&str, &str); 14] = [
    (r#""string""#, r#""maxlen":3"#),
    (r#""string""#, r#""datetime":true"#),
    (r#""string""#, r#""connect.name":"io.debezium.time.ZonedTimestamp""#),
    (r#""string""#, r#""connect.name":"io.debezium.data.Json""#),
    (r#""string""#, r#""connect.name":"io.debezium.data.Uuid""#),
    (r#""bytes""#, r#""maxlen":2"#),
    (r#""bytes""#, r#""connect.name":"org.apache.kafka.connect.data.Decimal","scale":2"#),
    (r#""long""#, r#""timestamp":true"#),
    (r#""long""#, r#""year":true"#),
    (r#""long""#, r#""time":true"#),
    (r#""long""#, r#""connect.name":"io.debezium.time.NanoTime""#),
    (r#""int""#, r#""date":true"#),
    (r#""double""#, r#""fixed_pt":true,"precision":9,"scale":3"#),
    (r#""int""#, r#""connect.name":"io.debezium.time.Time""#),
];

const DEPTH_MAX: usize = 5;
const FIELDS_MAX: usize = 9;

struct Inventor<'b, 'a> {
    bytes: &'b mut Bytes<'a>,
    names: usize,
    /// Records that are open or closed: a reference to an open one stands behind a union's null.
    records: Vec<(String, bool)>,
}

/// A schema of flat and nested fields.
pub(super) fn schema(bytes: &mut Bytes<'_>, attributes: bool) -> String {
    let nullable = bytes.below(8) == 7;
    let mut inventor = Inventor { bytes, names: 0, records: Vec::new() };
    let record = inventor.record(0, true, attributes);
    if nullable { format!(r#"["null",{record}]"#) } else { record }
}

/// A schema of one nested field.
pub(super) fn nested(bytes: &mut Bytes<'_>) -> String {
    let mut inventor = Inventor { bytes, names: 0, records: Vec::new() };
    let ty = inventor.nested(0);
    format!(r#"{{"type":"record","name":"top","fields":[{{"name":"a","type":{ty}}}]}}"#)
}

impl Inventor<'_, '_> {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    fn ty(&mut self, depth: usize) -> String {
        match self.bytes.below(8) {
            0..5 => self.flat(),
            _ if depth >= DEPTH_MAX => self.flat(),
            5 => {
                let inner = self.flat();
                self.nullable(&inner)
            }
            _ => self.nested(depth),
        }
    }

    fn flat(&mut self) -> String {
        let name = self.name();
        FLAT[self.bytes.below(FLAT.len())].replace("NAME", &name)
    }

    fn nullable(&mut self, inner: &str) -> String {
        let null = inner == r#""null""#;
        match self.bytes.below(3) {
            0 if !null => format!(r#"["null",{inner}]"#),
            1 if !null => format!(r#"[{inner},"null"]"#),
            _ => format!("[{inner}]"),
        }
    }

    fn nested(&mut self, depth: usize) -> String {
        match self.bytes.below(5) {
            0 => format!(r#"{{"type":"array","items":{}}}"#, self.ty(depth + 1)),
            1 => format!(r#"{{"type":"map","values":{}}}"#, self.ty(depth + 1)),
            2 => self.record(depth + 1, false, false),
            3 => self.union(depth + 1),
            _ => self.reference(),
        }
    }

    fn reference(&mut self) -> String {
        if self.records.is_empty() {
            return r#"{"type":"array","items":"null"}"#.to_owned();
        }
        let index = self.bytes.below(self.records.len());
        match &self.records[index] {
            (name, true) => format!(r#"["null","{name}"]"#),
            (name, false) => format!(r#""{name}""#),
        }
    }

    /// A union of branches of different kinds.
    fn union(&mut self, depth: usize) -> String {
        let mut branches: Vec<String> = ["null", "long", "string", "boolean", "double", "bytes"]
            .into_iter()
            .filter(|_| self.bytes.below(2) == 1)
            .map(|name| format!(r#""{name}""#))
            .collect();
        if self.bytes.below(3) == 2 && depth < DEPTH_MAX {
            branches.push(self.record(depth, false, false));
        }
        if self.bytes.below(3) == 2 && depth < DEPTH_MAX {
            branches.push(format!(r#"{{"type":"array","items":{}}}"#, self.ty(depth)));
        }
        if branches.is_empty() {
            branches.push(r#""int""#.to_owned());
        }
        format!("[{}]", branches.join(","))
    }

    fn record(&mut self, depth: usize, top: bool, attributes: bool) -> String {
        let (name, index) = (self.name(), self.records.len());
        self.records.push((name.clone(), true));
        let fields = self.bytes.below(if top { FIELDS_MAX } else { 4 }) + usize::from(top);
        let key = if top { self.bytes.below(fields) } else { fields };
        let mut text = format!(r#"{{"type":"record","name":"{name}","fields":["#);
        for field in 0..fields {
            let (comma, ty) = (if field > 0 { "," } else { "" }, self.ty(depth));
            let mut more = String::new();
            let fitting: Vec<&str> = ATTRIBUTES.iter().filter(|(of, _)| *of == ty).map(|(_, it)| *it).collect();
            if attributes && !fitting.is_empty() && self.bytes.below(2) == 1 {
                more = format!(",{}", fitting[self.bytes.below(fitting.len())]);
            }
            if field == key {
                more.push_str(r#","pkey":1"#);
            }
            write!(text, r#"{comma}{{"name":"f{field}","type":{ty}{more}}}"#).expect("a string takes all");
        }
        self.records[index].1 = false;
        text + "]}"
    }
}
