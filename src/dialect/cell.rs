//! The bytes of one cell (types.md sections 4 and 5): what each database can hold is checked here, before SQL.
//!
//! | kind | PostgreSQL | MySQL, MariaDB | SQLite |
//! |---|---|---|---|
//! | Bool | 1 byte 0 or 1 | 1 byte 0 or 1 | i64, little-endian |
//! | Int32 | i32, big-endian | i32, little-endian | i64, little-endian |
//! | Int64, NanosUtc, NanosLocal | i64, big-endian | i64, little-endian | i64, little-endian |
//! | Float32 | f32, big-endian | f64, little-endian | f64, little-endian |
//! | Float64 | f64, big-endian | f64, little-endian | f64, little-endian |
//! | Text, Bytes, Fixed | the bytes | the bytes | the bytes |
//! | Uuid | 16 bytes | 16 bytes | text of 36 |
//! | Json | 0x01 and the text | the text | the text |
//! | all others | binary, types.md section 4 | text | text |
