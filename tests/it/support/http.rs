//! HTTP as a registry speaks it and as an operator asks it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Answers to requests: status and body for path and `Authorization`.
type Answer = dyn Fn(&str, Option<&str>) -> (u16, String) + Send + Sync;

/// A server that ends with the test's process.
pub struct Stub {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    pub fn start(answer: impl Fn(&str, Option<&str>) -> (u16, String) + Send + Sync + 'static) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (requests, answer): (Arc<Mutex<Vec<String>>>, Arc<Answer>) = (Arc::default(), Arc::new(answer));
        let asked = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                // A client that goes away is no failure of the test.
                std::thread::spawn(move || drop(converse(stream, &asked, &*answer)));
            }
        });
        Stub { url, requests }
    }

    /// A Confluent registry with these schemas that wants this `Authorization`.
    pub fn confluent(schemas: Vec<(i32, String)>, authorization: Option<&'static str>) -> Stub {
        Stub::start(move |path, given| {
            if authorization.is_some() && given != authorization {
                return (401, r#"{"error_code":401,"message":"unauthorized"}"#.to_owned());
            }
            let path = path.split('?').next().unwrap_or_default();
            let found = schemas.iter().find(|(id, _)| path == format!("/schemas/ids/{id}"));
            let missing = (404, r#"{"error_code":40403,"message":"Schema not found"}"#.to_owned());
            found.map_or(missing, |(_, schema)| (200, serde_json::json!({ "schema": schema }).to_string()))
        })
    }

    /// The paths that were asked so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("only clones are taken").clone()
    }
}

fn converse(stream: TcpStream, asked: &Mutex<Vec<String>>, answer: &Answer) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line.trim_end().is_empty() {
                break;
            }
            head.push(line.trim_end().to_owned());
        }
        let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let authorization = head.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then_some(value)
        });
        asked.lock().expect("only clones are taken").push(path.to_owned());
        let (status, body) = answer(path, authorization);
        let head = format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
        reader.get_mut().write_all(format!("{head}\r\n\r\n{body}").as_bytes())?;
    }
}

/// Status and body of a GET; `None` where nobody answers.
pub fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// An address where nobody listens at this moment.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").to_string()
}
