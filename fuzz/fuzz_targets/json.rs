#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flatsink::fuzzing::json(bytes));
