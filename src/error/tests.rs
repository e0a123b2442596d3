use super::*;

#[test]
fn each_code_has_its_class() {
    let check = |dialect, in_ddl, codes: &str, expected: Option<Class>| {
        for code in codes.split_whitespace() {
            assert_eq!(class(dialect, code, in_ddl), expected, "{dialect} {code}");
        }
    };
    use Class::{Reconnect, Retry, Row, Schema, Stop, Wait};
    let (ddl, dml) = (true, false);
    let pg = Dialect::Postgres;
    check(pg, dml, "40001 40P01 55P03 40002 57014 55006 25P02", Some(Retry));
    check(pg, dml, "08000 08001 08003 08004 08006 08007 40003 57P01 57P02 57P03 57P05", Some(Reconnect));
    check(pg, dml, "25P03 25P04 25006 26000 42P05 0A000", Some(Reconnect));
    check(pg, dml, "53000 53100 53200 53300 53400 58000 58030", Some(Wait));
    check(pg, dml, "42P01 42703 42804 42P10 22P03 08P01 428C9", Some(Schema));
    check(pg, ddl, "42P07 42701 42710 42P06 23505", Some(Schema));
    check(pg, dml, "22001 22003 22008 22021 22P02 22P05 22023 22012 22009", Some(Row));
    check(pg, dml, "23502 23503 23505 23514 23P01 54000 P0001 44000", Some(Row));
    check(pg, dml, "28000 28P01 3D000 3F000 42501 42601 42602 42622 42939 54011 54023 21000", Some(Stop));
    check(pg, dml, "XX000 XX001 XX002 F0000", Some(Stop));
    check(pg, ddl, "54000", Some(Stop));
    check(pg, dml, "99999 42P07", None);
    for my in [Dialect::Mysql, Dialect::Mariadb] {
        check(my, dml, "1213 1205 1020 1317 1969 3024 3572 3058 1637 1047", Some(Retry));
        check(my, dml, "2006 2013 1053 1077 1079 1080 1152 1158 1159 1160 1161 1184 1927 4031", Some(Reconnect));
        check(my, dml, "1290 1792 1836 3100 3101 1243", Some(Reconnect));
        check(my, dml, "1021 1114 1030 1037 1038 1041 1040 1203 1226 3675", Some(Wait));
        check(my, dml, "1146 1054 1136 1364 1050 1060 1061 1068 1412 1615", Some(Schema));
        check(my, ddl, "1062", Some(Schema));
        check(my, dml, "1264 1265 1366 1292 1406 1048 1062 1452 1216 3819 4025 1690 1367 3140", Some(Row));
        check(my, dml, "1153 1118 1644", Some(Row));
        check(my, dml, "1044 1045 1049 1142 1143 1227 1064 1059 1103 1166 1117 1071 1170 1426", Some(Stop));
        check(my, dml, "1300 1390 1115 1273 1286 1005", Some(Stop));
        check(my, ddl, "1118", Some(Stop));
        check(my, dml, "9999 junk", None);
    }
    let lite = Dialect::Sqlite;
    check(lite, dml, "5 261 517 773 6 262 9 17", Some(Retry));
    check(lite, dml, "13 7 10 1034", Some(Wait));
    check(lite, dml, "19 1299 275 2067 787 3091 1811 18 20 25", Some(Row));
    check(lite, dml, "11 26 8 14 23 3 1", Some(Stop));
    check(lite, dml, "99", None);
}

#[test]
fn a_broken_network_is_an_outage_and_a_setting_is_not() {
    let io = sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    assert_eq!(Failure::new(Dialect::Postgres, false, "a", &io).class, Class::Reconnect);
    let cut = sqlx::Error::Tls(Box::new(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)));
    assert_eq!(Failure::new(Dialect::Postgres, false, "a", &cut).class, Class::Reconnect);
    let setting = sqlx::Error::Configuration("no".into());
    assert_eq!(Failure::new(Dialect::Mysql, false, "a", &setting).class, Class::Stop);
}
