//! Those who come only to be there: connections that say nothing, or half of something.

use std::{fs, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{Asked, Pair};

/// As many as there may be open files for, on both sides.
const MOST: usize = 10_000;

/// What a process may open.
fn open_files() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let most = line.split_whitespace().nth(3).unwrap();
    most.parse().unwrap_or(usize::MAX)
}

/// What the process holds in memory, in bytes.
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

async fn answered_at_once(pair: &Pair) {
    let started = Instant::now();
    let body = br#"{"principal":{"id":"p","roles":["user"]},"resources":[{"actions":["view"],"resource":{"kind":"doc","id":"1"}}]}"#;
    let asked = Asked { method: "POST", path: "/api/check/resources", headers: &[], body };
    let said = timeout(Duration::from_secs(5), pair.said(&pair.ours.api.0, asked)).await;
    let said = said.expect("an answer");
    assert_eq!(said.status, 200, "{said:?} after {:?}", started.elapsed());
}

#[tokio::test]
async fn who_says_nothing_keeps_nobody_out() {
    let pair = Pair::start().await;
    answered_at_once(&pair).await;
    // The server of this test takes 4096 of them, the other end is here, too.
    let count = MOST.min((open_files() - 1000) / 3 * 2);
    let before = memory();
    for address in [&pair.ours.api.0, &pair.ours.api.1] {
        let mut crowd = Vec::with_capacity(count);
        for number in 0..count {
            let mut connection = TcpStream::connect(address).await.unwrap();
            // Some begin to say something; a server that left them has said so.
            if number % 10 == 0 {
                let _left = connection.write_all(b"POST /api/check/resources HT").await;
            }
            crowd.push(connection);
        }
        answered_at_once(&pair).await;
    }
    let grown = memory().saturating_sub(before);
    assert!(grown < 512 << 20, "{grown} bytes");
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn half_a_request_keeps_nobody_waiting() {
    let pair = Pair::start().await;
    let mut crowd = Vec::new();
    for (half, count) in [
        (&b"POST /api/check/resources HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"requestId\""[..], 500),
        (b"POST /api/check/resources HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"re", 500),
        (b"POST /api/check/resources HTTP/1.1\r\nHost: a\r\nX-Lo", 500),
        (b"PRI * HTTP/2.0\r\n\r\nSM", 500),
    ] {
        for _ in 0..count {
            let mut connection = TcpStream::connect(&pair.ours.api.0).await.unwrap();
            connection.write_all(half).await.unwrap();
            crowd.push(connection);
        }
    }
    answered_at_once(&pair).await;
    pair.ours.stop().await.unwrap();
}

/// A client that went away in the middle is told what the real PDP tells it.
#[tokio::test]
async fn half_a_body_that_ends_is_no_request() {
    let pair = Pair::start().await;
    let theirs = pair.theirs.http.to_string();
    for half in [
        &b"POST /api/check/resources HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"requestId\""[..],
        b"POST /api/plan/resources HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"re",
    ] {
        let mut answers = Vec::new();
        for address in [&pair.ours.api.0, &theirs] {
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection.write_all(half).await.unwrap();
            connection.shutdown().await.unwrap();
            let mut answer = String::new();
            let read = connection.read_to_string(&mut answer);
            timeout(Duration::from_secs(5), read).await.expect("an answer").unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            answers.push((head.lines().next().unwrap().to_owned(), body));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0].0, "HTTP/1.1 400 Bad Request");
    }
    pair.ours.stop().await.unwrap();
}

/// Refused before it is read, or as soon as it is.
#[tokio::test]
async fn a_body_without_end_is_not_kept() {
    let pair = Pair::start().await;
    let mut connection = TcpStream::connect(&pair.ours.api.0).await.unwrap();
    let head =
        b"POST /api/check/resources HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    connection.write_all(head).await.unwrap();
    let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
    let before = memory();
    let mut sent = 0;
    // It hangs up, or says no and reads no more.
    while sent < 1 << 30 {
        match timeout(Duration::from_secs(5), connection.write_all(&chunk)).await {
            Ok(Ok(())) => sent += chunk.len(),
            Ok(Err(_)) | Err(_) => break,
        }
    }
    assert!(sent < 64 << 20, "{sent} bytes were taken");
    assert!(memory().saturating_sub(before) < 256 << 20);
    let mut answer = [0; 12];
    let said = timeout(Duration::from_secs(5), connection.read_exact(&mut answer)).await;
    if let Ok(Ok(_)) = said {
        assert_eq!(&answer, b"HTTP/1.1 429");
    }
    answered_at_once(&pair).await;
    pair.ours.stop().await.unwrap();
}
