//! The three places, each against what it may answer.

use std::fs;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::config;

const SCHEMA: &str = r#"{"type":"record","name":"biz","fields":[{"name":"id","type":"int"}]}"#;

fn settings(url: &str) -> config::Registry {
    config::Registry {
        url: url.to_owned(),
        user: None,
        password: None,
        bearer_token: None,
        ca_file: None,
        cert_file: None,
        key_file: None,
        timeout: Duration::from_millis(500),
    }
}

fn confluent(server: &MockServer) -> Registry {
    Registry::new(&Schemas::Confluent(settings(&server.uri()))).expect("the settings are good")
}

fn schematizer(server: &MockServer) -> Registry {
    Registry::new(&Schemas::Schematizer(settings(&server.uri()))).expect("the settings are good")
}

fn directory(files: &[(&str, &str)]) -> (tempfile::TempDir, Registry) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let registry = Registry::new(&Schemas::Directory(folder.path().to_owned())).expect("it is there");
    (folder, registry)
}

async fn serve(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    server
}

fn json(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// One word for what came.
fn word(answer: &Result<Answer, RegistryError>) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(RegistryError::Unknown(_)) => "unknown",
        Err(RegistryError::NotAvro(_)) => "not avro",
        Err(RegistryError::Unavailable(_)) => "unavailable",
        Err(RegistryError::Invalid(_)) => "invalid",
    }
}

#[tokio::test]
async fn each_answer_of_a_confluent_registry_has_its_meaning() {
    async fn check(answer: ResponseTemplate, expected: &str) {
        let said = format!("{answer:?}").chars().take(200).collect::<String>();
        let server = serve(answer).await;
        assert_eq!(word(&confluent(&server).fetch(7).await), expected, "{said}");
    }
    let large = "x".repeat(BODY_MAX + 1);
    check(json(200, json!({"schema": SCHEMA})), "ok").await;
    check(json(200, json!({"schema": SCHEMA, "schemaType": "AVRO", "references": []})), "ok").await;
    check(json(200, json!({"schema": "{}", "schemaType": "JSON"})), "not avro").await;
    check(json(200, json!({"schema": "message A {}", "schemaType": "PROTOBUF"})), "not avro").await;
    check(json(200, json!({"schema": SCHEMA, "references": [{"name": "a"}]})), "invalid").await;
    check(json(200, json!({"schema": large})), "invalid").await;
    check(json(404, json!({"error_code": 40403, "message": "Schema 7 not found"})), "unknown").await;
    check(json(404, json!({"error_code": 404, "message": "No content with id 7 was found"})), "unknown").await;
    check(json(404, json!({"error_code": 404, "message": "HTTP 404 Not Found"})), "unavailable").await;
    check(ResponseTemplate::new(404).set_body_string("<html>no such page</html>"), "unavailable").await;
    check(json(500, json!({"error_code": 50001})), "unavailable").await;
    check(json(500, json!({"error_code": 40403})), "unavailable").await;
    check(ResponseTemplate::new(429), "unavailable").await;
    check(ResponseTemplate::new(401), "unavailable").await;
    check(ResponseTemplate::new(503).set_body_string(&large), "unavailable").await;
    check(ResponseTemplate::new(200).set_body_string("<html>welcome</html>"), "unavailable").await;
    check(json(200, json!({"id": 7})), "unavailable").await;
    check(json(200, json!({"schema": SCHEMA})).set_delay(Duration::from_secs(30)), "unavailable").await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = MockServer::start().await;
    let away = ResponseTemplate::new(302).insert_header("location", format!("{}/elsewhere", server.uri()).as_str());
    Mock::given(path("/schemas/ids/7")).respond_with(away).expect(1).mount(&server).await;
    Mock::given(path("/elsewhere")).respond_with(json(200, json!({"schema": SCHEMA}))).expect(0).mount(&server).await;
    assert_eq!(word(&confluent(&server).fetch(7).await), "unavailable");
}

#[tokio::test]
async fn nobody_listening_is_unavailable_and_names_the_address() {
    let registry = Registry::new(&Schemas::Confluent(settings("http://127.0.0.1:9/base"))).expect("good");
    let error = registry.fetch(7).await.expect_err("nobody answers");
    assert!(matches!(&error, RegistryError::Unavailable(text) if text.contains("127.0.0.1:9/base")), "{error}");
}

#[tokio::test]
async fn an_answered_id_is_asked_once_and_a_missing_one_again() {
    let server = MockServer::start().await;
    let unknown = json(404, json!({"error_code": 40403}));
    Mock::given(path("/schemas/ids/7")).respond_with(unknown).up_to_n_times(1).expect(1).mount(&server).await;
    Mock::given(path("/schemas/ids/7"))
        .respond_with(json(200, json!({"schema": SCHEMA})).set_delay(Duration::from_millis(50)))
        .expect(1)
        .mount(&server)
        .await;
    let registry = confluent(&server);
    assert_eq!(word(&registry.fetch(7).await), "unknown");
    let (one, other) = tokio::join!(registry.fetch(7), registry.fetch(7));
    assert_eq!(one, other);
    let answer = registry.fetch(7).await.expect("remembered");
    assert_eq!(&*answer.text, SCHEMA);
    assert_eq!(answer.sha256[..], Sha256::digest(SCHEMA)[..]);
}

#[tokio::test]
async fn credentials_are_sent_and_never_shown() {
    async fn check(change: impl Fn(&mut config::Registry), expected: &str) {
        let server = MockServer::start().await;
        let refused = ResponseTemplate::new(401).set_body_string("wrong password: sesame");
        let answer = json(200, json!({"schema": SCHEMA}));
        Mock::given(header("authorization", expected)).respond_with(answer).with_priority(1).mount(&server).await;
        Mock::given(method("GET")).respond_with(refused).with_priority(2).mount(&server).await;
        let mut settings = settings(&server.uri());
        change(&mut settings);
        let registry = Registry::new(&Schemas::Confluent(settings.clone())).expect("good");
        assert_eq!(word(&registry.fetch(7).await), "ok", "{expected}");
        settings.user = Some("another".into());
        settings.bearer_token = settings.bearer_token.map(|_| SecretString::from("sesame2"));
        let registry = Registry::new(&Schemas::Confluent(settings)).expect("good");
        let error = registry.fetch(7).await.expect_err("refused").to_string();
        assert!(!error.contains("sesame") && error.contains("401"), "{error}");
    }
    check(
        |settings| {
            settings.user = Some("loader".into());
            settings.password = Some(SecretString::from("sesame"));
        },
        "Basic bG9hZGVyOnNlc2FtZQ==",
    )
    .await;
    check(|settings| settings.bearer_token = Some(SecretString::from("sesame")), "Bearer sesame").await;
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    fn check(change: impl Fn(&mut config::Registry), expected: &str) {
        let mut settings = settings("https://registry.example");
        change(&mut settings);
        let Err(error) = Registry::new(&Schemas::Confluent(settings)) else { panic!("taken, not refused: {expected}") };
        let error = error.to_string();
        assert!(error.contains(expected) && !error.contains("sesame"), "{error}");
    }
    check(|settings| settings.url = "registry:8081".into(), "http://");
    check(|settings| settings.url = "file:///etc/passwd".into(), "http://");
    check(|settings| settings.url = "http://loader:sesame@registry.example".into(), "no password");
    check(|settings| settings.ca_file = Some("/nowhere/ca.pem".into()), "cannot read /nowhere/ca.pem");
    check(|settings| settings.cert_file = Some("/nowhere/cert.pem".into()), "belong together");
    let Err(error) = Registry::new(&Schemas::Directory("/nowhere/schemas".into())) else { panic!("taken") };
    assert!(error.to_string().contains("/nowhere/schemas"));
}

#[tokio::test]
async fn a_subject_gives_its_newest_schema_and_takes_another() {
    let server = MockServer::start().await;
    let newest = json(200, json!({"subject": "a/b-value", "id": 12, "version": 3, "schema": SCHEMA}));
    Mock::given(path("/subjects/a%2Fb%2Dvalue/versions/latest")).respond_with(newest).mount(&server).await;
    Mock::given(path("/subjects/none/versions/latest"))
        .respond_with(json(404, json!({"error_code": 40401})))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/subjects/flights%2Dvalue/versions"))
        .and(body_json(json!({"schema": SCHEMA})))
        .respond_with(json(200, json!({"id": 13})))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/subjects/strict/versions"))
        .respond_with(json(409, json!({"error_code": 409})))
        .mount(&server)
        .await;
    let registry = confluent(&server);
    assert_eq!(registry.latest_for_subject("a/b-value").await, Ok(Some((12, Arc::from(SCHEMA)))));
    assert_eq!(registry.latest_for_subject("none").await, Ok(None));
    assert_eq!(registry.register("flights-value", SCHEMA).await, Ok(13));
    let refused = registry.register("strict", SCHEMA).await;
    assert!(matches!(refused, Err(RegistryError::Invalid(text)) if text.contains("not compatible")));
}

#[tokio::test]
async fn the_schematizer_gives_owner_and_key_and_may_leave_keys_out() {
    async fn check(body: Value, owner: Option<&str>, pkey: &[&str]) {
        let server = serve(json(200, body)).await;
        let answer = schematizer(&server).fetch(7).await.expect("a schema");
        assert_eq!((answer.owner.as_deref(), answer.pkey), (owner, pkey.iter().map(|name| name.to_string()).collect()));
    }
    let owned = json!({"source": {"owner_email": "biz@example.com", "namespace": {"name": "main"}}});
    let keyed = r#"{"type":"record","name":"biz","pkey":["id"],"fields":[{"name":"id","type":"int"}]}"#;
    let marked = r#"{"type":"record","name":"biz","fields":[{"name":"id","type":"int","pkey":1}]}"#;
    check(json!({"schema_id": 7, "schema": SCHEMA}), None, &[]).await;
    check(
        json!({"schema_id": 7, "schema": SCHEMA, "status": "Disabled", "topic": owned}),
        Some("biz@example.com"),
        &[],
    )
    .await;
    check(json!({"schema": SCHEMA, "primary_keys": ["id"]}), None, &["id"]).await;
    check(json!({"schema": keyed, "primary_keys": ["id"]}), None, &[]).await;
    check(json!({"schema": marked, "primary_keys": ["id"]}), None, &[]).await;
    let server = serve(ResponseTemplate::new(404).set_body_string("Schema is not found.")).await;
    assert_eq!(word(&schematizer(&server).fetch(7).await), "unknown");
    let server = serve(ResponseTemplate::new(500)).await;
    assert_eq!(word(&schematizer(&server).fetch(7).await), "unavailable");
}

#[tokio::test]
async fn the_schematizer_takes_a_schema_under_its_full_name() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/schemas/avro"))
        .and(wiremock::matchers::body_partial_json(json!({"namespace": "main.biz", "source": "photo"})))
        .respond_with(json(200, json!({"schema_id": 21})))
        .mount(&server)
        .await;
    let registry = schematizer(&server);
    for text in [r#"{"name":"photo","namespace":"main.biz"}"#, r#"{"name":"main.biz.photo"}"#] {
        assert_eq!(registry.register("unused", text).await, Ok(21));
    }
}

#[tokio::test]
async fn a_directory_finds_both_forms_of_name_and_is_read_again() {
    let (folder, registry) = directory(&[("1.avsc", "one"), ("a.b.2.avsc", "two"), ("3.json", "no"), ("x.avsc", "no")]);
    assert_eq!(&*registry.fetch(1).await.expect("1.avsc").text, "one");
    assert_eq!(&*registry.fetch(2).await.expect("a.b.2.avsc").text, "two");
    assert_eq!(word(&registry.fetch(3).await), "unknown");
    assert_eq!(word(&registry.fetch(-1).await), "unknown");
    fs::write(folder.path().join("late.3.avsc"), "three").expect("a file");
    assert_eq!(&*registry.fetch(3).await.expect("read again").text, "three");
    fs::remove_dir_all(folder.path()).expect("it was there");
    assert_eq!(word(&registry.fetch(1).await), "ok");
    assert_eq!(word(&registry.fetch(4).await), "unavailable");
}

#[tokio::test]
async fn a_directory_refuses_what_is_ambiguous_or_too_large() {
    let large = "x".repeat(BODY_MAX + 1);
    let files = [("1.avsc", "one"), ("a.1.avsc", "other"), ("2.avsc", "two"), ("b.2.avsc", "two"), ("3.avsc", &large)];
    let (folder, registry) = directory(&files);
    fs::write(folder.path().join("4.avsc"), [0xff, 0xfe]).expect("a file");
    assert_eq!(word(&registry.fetch(1).await), "invalid");
    assert_eq!(word(&registry.fetch(2).await), "ok");
    assert_eq!(word(&registry.fetch(3).await), "invalid");
    assert_eq!(word(&registry.fetch(4).await), "invalid");
}

#[tokio::test]
async fn a_directory_gives_the_next_free_id_and_the_same_schema_its_own() {
    let (folder, registry) = directory(&[("biz.7.avsc", SCHEMA)]);
    let spaced = SCHEMA.replace(':', " : ");
    assert_eq!(registry.register("biz", &spaced).await, Ok(7));
    assert_eq!(registry.register("../up/and away", "\"int\"").await, Ok(8));
    assert_eq!(registry.register("other", "\"int\"").await, Ok(8));
    assert_eq!(registry.register("other", "\"long\"").await, Ok(9));
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").flatten().map(|file| file.file_name()).collect();
    names.sort();
    assert_eq!(names, ["_up_and_away.8.avsc", "biz.7.avsc", "other.9.avsc"]);
    assert_eq!(&*registry.fetch(9).await.expect("written").text, "\"long\"");
}

/// A registry of these schemas: the first has id 7, the others are version 1 of a subject.
async fn referring(schemas: &[(&str, Value, &[&str])]) -> MockServer {
    let server = MockServer::start().await;
    for (number, (subject, schema, references)) in schemas.iter().enumerate() {
        let at = if number == 0 { "/schemas/ids/7".to_owned() } else { format!("/subjects/{subject}/versions/1") };
        let references: Vec<Value> =
            references.iter().map(|subject| json!({"name": "x", "subject": subject, "version": 1})).collect();
        let body = json!({"schema": schema.to_string(), "references": references});
        Mock::given(method("GET")).and(path(at)).respond_with(json(200, body)).mount(&server).await;
    }
    let gone = json(404, json!({"error_code": 40402, "message": "Version not found."}));
    Mock::given(method("GET")).respond_with(gone).with_priority(9).mount(&server).await;
    server
}

fn record_of(name: &str, fields: &[(&str, Value)]) -> Value {
    let fields: Vec<Value> = fields.iter().map(|(name, ty)| json!({"name": name, "type": ty})).collect();
    json!({"type": "record", "name": name, "fields": fields})
}

#[tokio::test]
async fn what_a_schema_refers_to_stands_in_its_text_once() {
    async fn check(schemas: &[(&str, Value, &[&str])], expected: &Value) {
        let server = referring(schemas).await;
        let answer = confluent(&server).fetch(7).await.expect("all is there");
        assert_eq!(&serde_json::from_str::<Value>(&answer.text).expect("JSON"), expected);
        apache_avro::Schema::parse_str(&answer.text).expect("it is a schema by itself");
    }
    let money = json!({"type": "record", "name": "acme.Money", "fields": [{"name": "cents", "type": "long"}]});
    // Of a place of its own, which has a namespace, and by a name without one.
    let unit = json!({"type": "enum", "name": "Unit", "symbols": ["KG"]});
    let item = json!({"type": "record", "name": "Item", "namespace": "acme", "fields": [
        {"name": "price", "type": "Money"},
        {"name": "again", "type": ["null", {"type": "array", "items": "acme.Money"}]},
        {"name": "size", "type": {"type": "record", "name": "Size", "fields": [{"name": "unit", "type": "Unit"}]}}
    ]});
    let unit_in_full = json!({"type": "enum", "name": "Unit", "namespace": "", "symbols": ["KG"]});
    let item_in_full = json!({"type": "record", "name": "Item", "namespace": "acme", "fields": [
        {"name": "price", "type": money},
        {"name": "again", "type": ["null", {"type": "array", "items": "acme.Money"}]},
        {"name": "size", "type": {"type": "record", "name": "Size", "fields": [{"name": "unit", "type": unit_in_full}]}}
    ]});
    // Nested, a diamond, the same type twice, a type inside of another's, a map, an object that only names a type.
    check(
        &[
            (
                "order",
                record_of(
                    "order",
                    &[
                        ("items", json!({"type": "map", "values": "acme.Item"})),
                        ("total", json!({"type": "acme.Money"})),
                        ("largest", json!("acme.Size")),
                        ("smallest", json!(["null", "Unit"])),
                    ],
                ),
                &["item", "money", "item"],
            ),
            ("item", item.clone(), &["money", "unit"]),
            ("money", money.clone(), &[]),
            ("unit", unit.clone(), &[]),
        ],
        &record_of(
            "order",
            &[
                ("items", json!({"type": "map", "values": item_in_full})),
                ("total", json!({"type": "acme.Money"})),
                ("largest", json!("acme.Size")),
                ("smallest", json!(["null", "Unit"])),
            ],
        ),
    )
    .await;
    // A union of references; a record that names itself; a type inside of another's that came before.
    let tree = json!({"type": "record", "name": "Tree", "fields": [{"name": "left", "type": ["null", "Tree"]},
        {"name": "money", "type": money}]});
    let tree_in_full = json!({"type": "record", "name": "Tree", "namespace": "", "fields": [
        {"name": "left", "type": ["null", "Tree"]}, {"name": "money", "type": "acme.Money"}]});
    check(
        &[
            ("any", json!(["acme.Money", "Tree"]), &["money", "tree"]),
            ("money", money.clone(), &[]),
            ("tree", tree, &[]),
        ],
        &json!([money, tree_in_full]),
    )
    .await;
}

#[tokio::test]
async fn references_are_bounded_and_lead_in_no_circle() {
    async fn check(schemas: &[(&str, Value, &[&str])], said: &str) {
        let server = referring(schemas).await;
        match confluent(&server).fetch(7).await {
            Err(RegistryError::Invalid(message)) => assert!(message.contains(said), "{message}"),
            other => panic!("{other:?}"),
        }
    }
    let a = || record_of("a", &[("b", json!("b"))]);
    check(&[("a", a(), &["b"])], "subject b, which is not there").await;
    check(&[("a", a(), &["b"]), ("b", json!("c"), &["c"]), ("c", json!("b"), &["b"])], "in a circle").await;
    let twice = [json!({"type": "fixed", "name": "b", "size": 1}), json!({"type": "fixed", "name": "b", "size": 2})];
    check(&[("a", a(), &["b", "c"]), ("b", twice[0].clone(), &[]), ("c", twice[1].clone(), &[])], "differently").await;
    let names: Vec<String> = (0..22).map(|number| format!("s{number}")).collect();
    let next: Vec<[&str; 1]> = names[1..].iter().map(|name| [name.as_str()]).collect();
    let mut chain: Vec<(&str, Value, &[&str])> = Vec::new();
    for (name, next) in names.iter().zip(&next) {
        chain.push((name, json!("string"), next));
    }
    check(&chain, "more than 20").await;
    chain.pop();
    chain.last_mut().expect("20 are left").2 = &[];
    let server = referring(&chain).await;
    assert_eq!(word(&confluent(&server).fetch(7).await), "ok");
}

#[tokio::test]
async fn a_registry_that_fails_in_the_middle_is_asked_again() {
    let server = MockServer::start().await;
    let body = json!({"schema": "\"b\"", "references": [{"name": "b", "subject": "b/1", "version": 3}]});
    Mock::given(path("/schemas/ids/7")).respond_with(json(200, body)).mount(&server).await;
    let at = "/subjects/b%2F1/versions/3";
    Mock::given(path(at)).respond_with(ResponseTemplate::new(500)).up_to_n_times(1).mount(&server).await;
    Mock::given(path(at)).respond_with(json(200, json!({"schema": SCHEMA.replace("biz", "b")}))).mount(&server).await;
    let registry = confluent(&server);
    assert_eq!(word(&registry.fetch(7).await), "unavailable");
    let answer = registry.fetch(7).await.expect("it is back");
    assert_eq!(serde_json::from_str::<Value>(&answer.text).expect("JSON")["fields"][0]["name"], "id");
    let asked = server.received_requests().await.expect("recorded").len();
    registry.fetch(7).await.expect("it is known");
    assert_eq!(server.received_requests().await.expect("recorded").len(), asked);
}
