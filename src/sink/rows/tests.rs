use super::*;

#[test]
fn pieces_hold_to_both_limits_and_always_go_on() {
    let row = [0u8; 10];
    let check = |rows: usize, rows_max, bytes_max, expected| {
        assert_eq!(piece(&vec![&row[..]; rows], rows_max, bytes_max), expected, "{rows} {rows_max} {bytes_max}");
    };
    check(5, 10, 1000, 5);
    check(5, 3, 1000, 3);
    check(5, 10, 20, 2);
    check(5, 10, 29, 2);
    check(5, 10, 9, 1);
}
