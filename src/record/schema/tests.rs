use super::*;

fn refused(text: &str) -> &'static str {
    Schema::parse(text).expect_err(text).code
}

fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"r","namespace":"a.b","fields":[{fields}]}}"#)
}

#[test]
fn schemas_that_strict_avro_refuses_are_read() {
    let text = r#"{"type":"record","name":"my-table","namespace":"main.refresh-primary.yelp","pkey":["2fa"],"fields":[
        {"name":"2fa","type":"int"},
        {"name":"a-b","type":{"type":"enum","name":"e","symbols":["1","2 x",""]}},
        {"name":"again","type":{"type":"enum","name":"e","symbols":["x"]}},
        {"name":"t","type":{"type":"long","logicalType":"timestamp-millis"},"default":"CURRENT_TIMESTAMP"},
        {"name":"d","type":{"type":"int","logicalType":"date"},"default":"0000-00-00"},
        {"name":"p","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2},"default":1.5},
        {"name":"s","type":{"type":"array","items":{"type":"enum","name":"s","symbols":["ONE","TWO"]}},"default":"ONE"},
        {"name":"n","type":["null","int"],"default":10},
        {"name":"f","type":"float","precision":null,"scale":null}]}"#;
    let schema = Schema::parse(text).unwrap();
    let names: Vec<&str> = schema.top().fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["2fa", "a-b", "again", "t", "d", "p", "s", "n", "f"]);
    assert_eq!(schema.top().pkey, ["2fa"]);
    assert_eq!(schema.top().fields[1].ty, Type::Enum(["1", "2 x", ""].map(String::from).into()));
    assert_eq!(schema.top().fields[5].ty, Type::Bytes(Some(Logical::Decimal { precision: 9, scale: 2 })));
    assert!(schema.warnings.is_empty());
}

#[test]
fn names_resolve_by_namespace() {
    let text = record(
        r#"{"name":"a","type":{"type":"fixed","name":"f","size":3}},{"name":"b","type":"f"},{"name":"c","type":"a.b.f"},
           {"name":"d","type":{"type":"enum","name":"x.y.e","symbols":["q"]}},{"name":"e","type":["null","x.y.e","f"]},
           {"name":"g","type":{"type":"record","name":"inner","namespace":"z","fields":[{"name":"h","type":["null","inner"]}]}}"#,
    );
    let schema = Schema::parse(&text).unwrap();
    let fields = &schema.top().fields;
    assert_eq!((&fields[1].ty, &fields[2].ty), (&Type::Fixed(3, None), &Type::Fixed(3, None)));
    let Type::Union(branches) = &fields[4].ty else { panic!("a union") };
    let tags: Vec<&str> = branches.iter().map(|branch| branch.tag.as_str()).collect();
    assert_eq!(tags, ["null", "x.y.e", "a.b.f"]);
    let Type::Union(branches) = &schema.records[1].fields[0].ty else { panic!("a union") };
    assert_eq!((branches[1].tag.as_str(), &branches[1].ty), ("z.inner", &Type::Record(1)));
}

#[test]
fn the_top_is_a_record_or_a_union_of_null_and_one() {
    let check = |text: &str, expected| {
        let schema = Schema::parse(text).unwrap();
        assert_eq!((schema.null_branch, schema.record_branch), expected, "{text}");
    };
    let inner = record("");
    check(&inner, (None, None));
    check(&format!(r#"["null",{inner}]"#), (Some(0), Some(1)));
    check(&format!(r#"[{inner},"null"]"#), (Some(1), Some(0)));
    check(&format!("[{inner}]"), (None, Some(0)));
    check(&format!(r#"{{"type":{inner}}}"#), (None, None));
    for text in [r#""string""#, r#"["null"]"#, &format!(r#"[{inner},"int"]"#), r#"{"type":"array","items":"int"}"#] {
        assert_eq!(refused(text), "not_a_record", "{text}");
    }
}

#[test]
fn the_primary_key_is_the_records_list_else_the_fields_numbers() {
    let check = |pkey: &str, fields: &str, expected: &[&str]| {
        let text = format!(r#"{{"type":"record","name":"r",{pkey}"fields":[{fields}]}}"#);
        assert_eq!(Schema::parse(&text).unwrap().top().pkey, expected, "{text}");
    };
    let numbered = r#"{"name":"a","type":"int","pkey":2},{"name":"b","type":"int","pkey":1},{"name":"c","type":"int"}"#;
    check("", numbered, &["b", "a"]);
    check(r#""pkey":["a","b","c"],"#, numbered, &["a", "b", "c"]);
    check("", r#"{"name":"a","type":"int","pkey":true},{"name":"b","type":"int","pkey":false}"#, &["a"]);
    check("", r#"{"name":"a","type":{"type":"int","pkey":1}}"#, &["a"]);
    check("", r#"{"name":"a","type":"int"}"#, &[]);
}

#[test]
fn a_logical_type_counts_inside_the_type_object_and_on_its_base() {
    let check = |ty: &str, expected: Type, warnings: usize| {
        let schema = Schema::parse(&record(&format!(r#"{{"name":"a","type":{ty}}}"#))).unwrap();
        assert_eq!((&schema.top().fields[0].ty, schema.warnings.len()), (&expected, warnings), "{ty}");
    };
    check(r#"{"type":"int","logicalType":"date"}"#, Type::Int(Some(Logical::Date)), 0);
    check(r#""int","logicalType":"date""#, Type::Int(None), 1);
    check(r#"{"type":"int","logicalType":"timestamp-millis"}"#, Type::Int(None), 1);
    check(r#"{"type":"string","logicalType":"mine"}"#, Type::String(None), 1);
    check(r#"{"type":"bytes","logicalType":"decimal","precision":2,"scale":3}"#, Type::Bytes(None), 1);
    check(r#"{"type":"bytes","logicalType":"decimal","precision":0}"#, Type::Bytes(None), 1);
    let four = Type::Fixed(4, Some(Logical::Decimal { precision: 9, scale: 0 }));
    check(r#"{"type":"fixed","name":"f","size":4,"logicalType":"decimal","precision":9}"#, four, 0);
    check(r#"{"type":"fixed","name":"f","size":4,"logicalType":"decimal","precision":10}"#, Type::Fixed(4, None), 1);
    check(r#"{"type":"fixed","name":"f","size":15,"logicalType":"uuid"}"#, Type::Fixed(15, None), 1);
}

#[test]
fn attributes_of_the_type_object_count_for_the_field() {
    let schema = Schema::parse(&record(
        r#"{"name":"a","type":["null",{"type":"int","connect.name":"X","maxlen":1}],"maxlen":2}"#,
    ))
    .unwrap();
    let attributes = &schema.top().fields[0].attributes;
    assert_eq!((&attributes["connect.name"], &attributes["maxlen"]), (&Value::from("X"), &Value::from(2)));
}

#[test]
fn attributes_of_a_named_type_count_where_it_is_named() {
    let named = r#"{"type":"fixed","name":"f","size":3,"connect.name":"X","scale":2}"#;
    let fields = format!(
        r#"{{"name":"a","type":["null",{named}]}},{{"name":"b","type":["a.b.f","null"],"scale":3}},{{"name":"c","type":"f"}},
           {{"name":"d","type":["f","null","int"]}}"#
    );
    let schema = Schema::parse(&record(&fields)).unwrap();
    let found: Vec<_> =
        schema.top().fields.iter().map(|f| (f.attributes.get("connect.name"), &f.attributes["name"])).collect();
    let x = Value::from("X");
    assert_eq!(found.iter().map(|(found, _)| *found).collect::<Vec<_>>(), [Some(&x), Some(&x), Some(&x), None]);
    assert_eq!(found[1].1, "b");
    assert_eq!(schema.top().fields[1].attributes["scale"], 3);
}

#[test]
fn broken_schemas_are_refused() {
    let check = |fields: &str, code| assert_eq!(refused(&record(fields)), code, "{fields}");
    check(r#"{"name":"a","type":"int"},{"name":"a","type":"long"}"#, "schema_invalid");
    check(r#"{"name":"a","type":["int","int"]}"#, "schema_invalid");
    check(r#"{"name":"a","type":["int",["null","long"]]}"#, "schema_invalid");
    check(r#"{"name":"a","type":[]}"#, "schema_invalid");
    check(r#"{"name":"a","type":"nowhere"}"#, "schema_invalid");
    check(r#"{"name":"a"}"#, "schema_invalid");
    check(r#"{"name":"a","type":{"type":"fixed","name":"f","size":-1}}"#, "schema_invalid");
    check(r#"{"name":"a","type":{"type":"fixed","name":"f","size":68719476736}}"#, "fixed_too_large");
    check(r#"{"name":"a","type":"r"}"#, "schema_recursive");
    check(r#"{"name":"a","type":["r"]}"#, "schema_recursive");
    for text in ["", "{", "12", "{}", r#"{"type":"record","name":"r"}"#, r#"{"type":"record","fields":[]}"#] {
        assert_eq!(refused(text), "schema_invalid", "{text}");
    }
    let deep = format!("{}\"int\"{}", r#"{"type":"array","items":"#.repeat(5000), "}".repeat(5000));
    check(&format!(r#"{{"name":"a","type":{deep}}}"#), "schema_limits");
    let deep = format!("{}\"int\"{}", r#"{"type":"array","items":"#.repeat(80), "}".repeat(80));
    check(&format!(r#"{{"name":"a","type":{deep}}}"#), "schema_limits");
    let many: Vec<String> = (0..10_001).map(|index| format!(r#"{{"name":"f{index}","type":"int"}}"#)).collect();
    check(&many.join(","), "schema_limits");
    check(
        &many[..10_000].iter().map(|field| field.replace("int", "nul")).collect::<Vec<_>>().join(","),
        "schema_invalid",
    );
    check(&format!(r#"{{"name":"a","type":"int","doc":"{}"}}"#, "x".repeat(1 << 20)), "schema_limits");
}
