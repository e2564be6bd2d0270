//! Owns one plain request of HTTP at a time, over a connection of its own: what it is compared with must not share a client with
//! trawl. Refuses TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Status, headers with names in lower case, and body.
pub type Answered = (u16, Vec<(String, String)>, Vec<u8>);

/// A GET; none where nobody answers.
pub fn get(address: SocketAddr, path: &str) -> Option<Answered> {
    send(address, "GET", path, &[], &[])
}

/// One request of HTTP/1.0, whose answers come without chunks and end with the connection; none where nobody answers.
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Option<Answered> {
    let mut stream = TcpStream::connect(address).ok()?;
    let mut head = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = text.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    Some((status, headers, answer[end + 4..].to_vec()))
}

/// A part of an address, percent-encoded.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
