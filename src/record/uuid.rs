//! Uuids as texts.

/// The bytes of a uuid's 36 characters, in any case, in braces or not; `None` where the text is none.
pub fn parse(text: &[u8]) -> Option<[u8; 16]> {
    let text = match text {
        [b'{', inner @ .., b'}'] => inner,
        _ => text,
    };
    if text.len() != 36 {
        return None;
    }
    let (mut uuid, mut nibbles) = ([0; 16], 0);
    for (index, byte) in text.iter().enumerate() {
        if matches!(index, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = (*byte as char).to_digit(16)? as u8;
        uuid[nibbles / 2] |= if nibbles % 2 == 0 { digit << 4 } else { digit };
        nibbles += 1;
    }
    Some(uuid)
}

/// The bytes of a uuid that stands raw or as a text.
pub fn raw_or_text(bytes: &[u8]) -> Option<[u8; 16]> {
    bytes.try_into().ok().or_else(|| parse(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_read_in_any_case_and_in_braces_only() {
        let check = |text: &str, good: bool| assert_eq!(parse(text.as_bytes()).is_some(), good, "{text}");
        check("00010203-0405-0607-0809-0a0b0c0d0e0f", true);
        check("00010203-0405-0607-0809-0A0B0C0D0E0F", true);
        check("{00010203-0405-0607-0809-0a0b0c0d0e0f}", true);
        check("00000000-0000-0000-0000-000000000000", true);
        check("{00010203-0405-0607-0809-0a0b0c0d0e0f", false);
        check("urn:uuid:00010203-0405-0607-0809-0a0b0c0d0e0f", false);
        check("000102030405060708090a0b0c0d0e0f", false);
        check("00010203-0405-0607-0809-0a0b0c0d0e0", false);
        check("00010203-0405-0607-0809-0a0b0c0d0e0g", false);
        check("00010203+0405-0607-0809-0a0b0c0d0e0f", false);
        check("+0010203-0405-0607-0809-0a0b0c0d0e0f", false);
        check("", false);
        let expected: [u8; 16] = std::array::from_fn(|index| index as u8);
        assert_eq!(parse(b"00010203-0405-0607-0809-0a0b0c0d0e0f"), Some(expected));
        assert_eq!(raw_or_text(&expected), Some(expected));
        assert_eq!(raw_or_text(&expected[1..]), None);
    }
}
