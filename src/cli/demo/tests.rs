use std::io::Cursor;

use super::*;
use crate::cli::produce::container::Container;
use crate::cli::produce::datum::Layout;
use crate::cli::produce::each_datum;

#[test]
fn the_sample_data_fits_into_the_broker_inside() {
    let datasets = Dataset::all(None).expect("the data is in the binary");
    let counted: Vec<_> = datasets.iter().map(|dataset| (dataset.name, dataset.records, dataset.partitions)).collect();
    let expected = [
        ("airlines", 16, 1),
        ("airports", 1_458, 1),
        ("planes", 3_322, 1),
        ("weather", 26_115, 2),
        ("flights", 21_049, 4),
    ];
    assert_eq!(counted, expected);
}

#[test]
fn all_the_flights_fit_too() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/nycflights");
    let datasets = Dataset::all(Some(&directory)).expect("the data is in the repository");
    let flights = datasets.iter().find(|dataset| dataset.name == "flights").expect("there are flights");
    assert_eq!(flights.records, 336_776);
    assert!(flights.partitions >= 8, "{}", flights.partitions);
}

#[tokio::test]
async fn a_file_that_no_demo_made_is_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.db");
    let place = Place { url: String::new(), file: None };
    place.clear(&file, &data::names()).await.expect("there is nothing");
    std::fs::write(&file, "my notes").expect("a file");
    let error = place.clear(&file, &data::names()).await.expect_err("it is none of ours");
    assert!(error.to_string().contains("left alone"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), "my notes");
}

#[test]
fn a_path_may_hold_anything() {
    let folder = Folder::new().expect("a folder");
    let place = Place { url: "sqlite:///a$b/\"c\": {d}.db".into(), file: None };
    let path = folder.write("a.yaml", &place.config("127.0.0.1:1", &folder, Format::Yelp, "g")).expect("a file");
    assert_eq!(Config::load(&path).expect("it is valid").database.name, "/a$b/\"c\": {d}.db");
    drop(folder);
    assert!(!path.exists(), "nothing is left behind");
}

/// Makes `data/nycflights/flights-sample.avro` anew, every sixteenth flight:
/// `cargo test --lib cut_the_flights -- --ignored`
#[test]
#[ignore = "it writes the file that the binary embeds"]
fn cut_the_flights() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/nycflights");
    let whole = std::fs::read(directory.join("flights.avro")).expect("the flights are there");
    let mut container = Container::open(Cursor::new(&whole)).expect("a container");
    let schema = container.schema().to_owned();
    let (layout, mut index, mut count, mut datums) = (Layout::new(&schema).expect("a schema"), 0, 0, Vec::new());
    each_datum(&mut container, &layout, |_, datum| {
        if index % 16 == 0 {
            datums.extend_from_slice(datum);
            count += 1;
        }
        index += 1;
        Ok(true)
    })
    .expect("it is read");
    apache_avro::Codec::Deflate(apache_avro::DeflateSettings::default())
        .compress(&mut datums)
        .expect("it is compressed");
    let sync = *b"flatsink-sample!";
    let mut file = b"Obj\x01".to_vec();
    long(2, &mut file);
    for (name, value) in [("avro.codec", "deflate"), ("avro.schema", &*schema)] {
        for text in [name, value] {
            long(text.len() as i64, &mut file);
            file.extend_from_slice(text.as_bytes());
        }
    }
    long(0, &mut file);
    file.extend_from_slice(&sync);
    long(count, &mut file);
    long(datums.len() as i64, &mut file);
    file.extend_from_slice(&datums);
    file.extend_from_slice(&sync);
    std::fs::write(directory.join("flights-sample.avro"), file).expect("it is written");
}

fn long(value: i64, file: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        file.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    file.push(rest as u8);
}
