//! Spans reach a collector; a wrong address is refused before anything is set up. One process has one setup, hence one test.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::net::TcpListener;

use trawl_telemetry::{Error, LogFormat, Options, start};

fn options(collector: &str) -> Options {
    Options {
        filter: "error".to_owned(),
        format: LogFormat::Json,
        collector: Some(collector.to_owned()),
    }
}

/// Reads one request and answers it.
fn answered(listener: &TcpListener) -> (String, Vec<u8>) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..read]);
        let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec())
            .unwrap()
            .to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap().parse().unwrap();
        let body = bytes.split_off(end + 4);
        if body.len() >= length {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
            return (head, body);
        }
        bytes.extend_from_slice(&body);
    }
}

#[test]
fn spans_reach_the_collector_that_was_named() {
    for wrong in ["localhost:4318", "ftp://localhost", "", "http://"] {
        assert!(
            matches!(start(options(wrong)), Err(Error::Address(_))),
            "{wrong}"
        );
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/base/", listener.local_addr().unwrap());
    let collector = std::thread::spawn(move || answered(&listener));
    let telemetry = start(options(&address)).unwrap();
    tracing::info_span!("query", id = "0192f0c4").in_scope(|| {
        tracing::debug_span!("details").in_scope(|| {});
    });
    telemetry.end();
    let (head, body) = collector.join().unwrap();
    assert!(head.starts_with("post /base/v1/traces http/1.1"), "{head}");
    assert!(head.contains("application/x-protobuf"), "{head}");
    let holds = |text: &str| body.windows(text.len()).any(|it| it == text.as_bytes());
    assert!(holds("query") && holds("0192f0c4") && holds("trawl"));
    assert!(!holds("details"));
    assert!(matches!(start(options(&address)), Err(Error::Twice)));
}
