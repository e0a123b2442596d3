use super::*;

#[test]
fn varints_are_read_strictly() {
    let check = |bytes: &[u8], expected| assert_eq!(Reader::new(bytes).long(), expected, "{bytes:02x?}");
    check(&[0x00], Ok(0));
    check(&[0x01], Ok(-1));
    check(&[0x80, 0x00], Ok(0));
    check(&[0x80, 0x01], Ok(64));
    check(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Ok(i64::MAX));
    check(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Ok(i64::MIN));
    check(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], Err(Code::BadVarint));
    check(&[0x80; 11], Err(Code::BadVarint));
    check(&[0x80; 9], Err(Code::Truncated));
    check(&[], Err(Code::Truncated));
    assert_eq!(Reader::new(&[0x80, 0x80, 0x80, 0x80, 0x10]).int(), Err(Code::IntOverflow));
    assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x0f]).int(), Ok(i32::MIN));
}

#[test]
fn lengths_are_checked_before_anything_is_taken() {
    let check = |bytes: &[u8], expected| assert_eq!(Reader::new(bytes).bytes(), expected, "{bytes:02x?}");
    check(&[0x04, 1, 2], Ok(&[1, 2]));
    check(&[0x06, 1, 2], Err(Code::BadLength));
    check(&[0x01], Err(Code::BadLength));
    check(&[0x80, 0x80, 0x80, 0x80, 0x10], Err(Code::BadLength));
    check(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Err(Code::BadLength));
    assert_eq!(Reader::new(&[0x04, 0xc3, 0x28]).string(), Err(Code::BadUtf8));
    assert_eq!(Reader::new(&[0x06, 0xed, 0xa0, 0x80]).string(), Err(Code::BadUtf8));
    assert_eq!(Reader::new(&[2]).boolean(), Err(Code::BadBool));
}

#[test]
fn blocks_are_counted_and_measured() {
    let check = |bytes: &[u8], expected: Result<usize, Code>| {
        let (mut reader, mut seen) = (Reader::new(bytes), 0);
        let result = reader.blocks(|reader| {
            seen += 1;
            reader.int().map(|_| ())
        });
        assert_eq!(result.and_then(|()| reader.end()).map(|()| seen), expected, "{bytes:02x?}");
    };
    check(&[0], Ok(0));
    check(&[0x04, 1, 2, 0x02, 3, 0], Ok(3));
    check(&[0x03, 0x04, 1, 2, 0x02, 3, 0], Ok(3));
    check(&[0x03, 0x06, 1, 2, 0, 0], Err(Code::BadLength));
    check(&[0x03, 0x01, 1, 2, 0], Err(Code::BadLength));
    check(&[0x04, 1], Err(Code::Truncated));
    check(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00], Err(Code::TooManyItems));
    let nulls = |count: &[u8]| Reader::new(count).blocks(|_| Ok(()));
    assert_eq!(nulls(&[0xc0, 0x9a, 0x0c, 0]), Ok(()), "100,000 nulls");
    assert_eq!(nulls(&[0x80, 0xd2, 0xca, 0x08, 0]), Err(Code::TooManyItems), "nine million nulls");
}
