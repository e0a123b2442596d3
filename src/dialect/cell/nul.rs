//! U+0000 taken out of texts and JSON, where the configuration allows it.

use crate::record::{Code, distinct};

/// What takes the place of U+0000.
const REPLACEMENT: char = '\u{fffd}';

/// The text without U+0000.
pub(super) fn text(value: &str, replace: bool) -> String {
    if replace { value.replace('\0', "\u{fffd}") } else { value.replace('\0', "") }
}

/// Takes the escapes of U+0000 out of the JSON text that begins at `start`.
///
/// # Errors
/// `map_duplicate_key` where two keys of one object become one.
pub(super) fn json(out: &mut Vec<u8>, start: usize, replace: bool) -> Result<(), Code> {
    const ESCAPE: &[u8] = b"\\u0000";
    let text = out.split_off(start);
    let mut rest = text.as_slice();
    let mut found = false;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with(ESCAPE) {
            found = true;
            if replace {
                out.extend_from_slice(REPLACEMENT.encode_utf8(&mut [0; 4]).as_bytes());
            }
            rest = &rest[ESCAPE.len()..];
        } else {
            let pair = rest.len().min(2);
            out.extend_from_slice(&rest[..pair]);
            rest = &rest[pair..];
        }
    }
    out.extend_from_slice(rest);
    if found { distinct::check(&out[start..]) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str, replace: bool) -> Result<String, Code> {
        let mut out = b"{\\u0000".to_vec();
        out.extend_from_slice(text.as_bytes());
        json(&mut out, 7, replace)?;
        assert!(out.starts_with(b"{\\u0000"));
        Ok(String::from_utf8(out.split_off(7)).unwrap())
    }

    #[test]
    fn only_the_escape_of_nul_goes() {
        let check = |text: &str, strip: &str, replace: &str| {
            assert_eq!(mended(text, false).as_deref(), Ok(strip));
            assert_eq!(mended(text, true).as_deref(), Ok(replace));
        };
        check(r#"["a\u0000b"]"#, r#"["ab"]"#, "[\"a\u{fffd}b\"]");
        check(r#""\\u0000""#, r#""\\u0000""#, r#""\\u0000""#);
        check(r#""\\\u0000\n\"""#, r#""\\\n\"""#, "\"\\\\\u{fffd}\\n\\\"\"");
        check("1", "1", "1");
    }

    #[test]
    fn keys_that_become_one_are_refused() {
        let twice = r#"{"a":[{"b\u0000":1,"b":2}]}"#;
        assert_eq!(mended(twice, false), Err(Code::MapDuplicateKey));
        assert!(mended(twice, true).is_ok());
        assert_eq!(mended(r#"{"b":1,"b":"\u0000"}"#, false), Err(Code::MapDuplicateKey));
    }
}
