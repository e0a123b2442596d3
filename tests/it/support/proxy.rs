//! A wire between flatsink and its database that breaks where it hurts: around COMMIT.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::chance::Chance;

/// A proxy in front of a database; of the commits that pass, by chance every second one ends its connection.
pub struct Proxy {
    /// For `database.url`.
    pub url: String,
    cuts: Arc<Cuts>,
}

#[derive(Debug, Default)]
struct Cuts {
    /// COMMIT arrived, its answer did not.
    swallowed: AtomicU32,
    /// COMMIT arrived, and nobody waited for what became of it.
    hasty: AtomicU32,
    /// COMMIT did not arrive.
    lost: AtomicU32,
}

impl Proxy {
    /// Listens in front of the database of this URL.
    pub fn start(url: &str, chance: Chance) -> Proxy {
        let (scheme, rest) = url.split_once("://").expect("a URL has a scheme");
        let (user, rest) = rest.split_once('@').expect("the tests' URLs have a user");
        let (server, name) = rest.split_once('/').expect("a URL names a database");
        let (server, cuts) = (server.to_owned(), Arc::new(Cuts::default()));
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let (chance, counted) = (Arc::new(Mutex::new(chance)), Arc::clone(&cuts));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&server) else { continue };
                let (chance, cuts) = (Arc::clone(&chance), Arc::clone(&counted));
                std::thread::spawn(move || carry(client, server, &chance, &cuts));
            }
        });
        Proxy { url: format!("{scheme}://{user}@{address}/{name}"), cuts }
    }

    /// How many commits were swallowed, hasty, lost.
    pub fn cuts(&self) -> [u32; 3] {
        [&self.cuts.swallowed, &self.cuts.hasty, &self.cuts.lost].map(|count| count.load(Ordering::Relaxed))
    }
}

fn carry(mut client: TcpStream, mut server: TcpStream, chance: &Mutex<Chance>, cuts: &Cuts) {
    let (Ok(mut back), Ok(mut answers)) = (client.try_clone(), server.try_clone()) else { return };
    let swallow = Arc::new(AtomicU32::new(0));
    let swallowing = Arc::clone(&swallow);
    let answering = std::thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(length @ 1..) = answers.read(&mut buffer) {
            if swallowing.load(Ordering::SeqCst) > 0 || back.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        // With both ends down, the other direction ends too.
        let _ = back.shutdown(Shutdown::Both);
        let _ = answers.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 65536];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let fate = if commits(&buffer[..length]) { chance.lock().expect("no one panics").below(8) } else { 7 };
        let count = match fate {
            0 | 1 => &cuts.swallowed,
            2 => &cuts.hasty,
            3 => &cuts.lost,
            _ if server.write_all(&buffer[..length]).is_ok() => continue,
            _ => break,
        };
        count.fetch_add(1, Ordering::Relaxed);
        if fate <= 1 {
            swallow.store(1, Ordering::SeqCst);
        }
        let arrived = fate != 3 && server.write_all(&buffer[..length]).is_ok();
        if fate > 1 || !arrived {
            break;
        }
        // The answer's arrival ends the connection.
        let _ = answering.join();
        return;
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

/// Whether a message of the client is or ends with a COMMIT; no value that the tests write has that word. A session
/// that is set up speaks of `autocommit` and of `READ COMMITTED`.
fn commits(bytes: &[u8]) -> bool {
    let ends = |byte: Option<&u8>| !byte.is_some_and(u8::is_ascii_alphabetic);
    let found = |at: usize| ends(at.checked_sub(1).and_then(|at| bytes.get(at))) && ends(bytes.get(at + 6));
    bytes.windows(6).enumerate().any(|(at, word)| word.eq_ignore_ascii_case(b"COMMIT") && found(at))
}

#[test]
fn only_a_commit_is_a_commit() {
    for message in [b"Q\0\0\0\x0bCOMMIT\0".as_slice(), b"\x07\0\0\0\x03COMMIT"] {
        assert!(commits(message));
    }
    for message in [b"SET autocommit=1".as_slice(), b"transaction_isolation = 'READ COMMITTED'", b"COMMI"] {
        assert!(!commits(message));
    }
}
