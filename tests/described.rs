//! Engines on the guest `described`, which says of itself what a test writes into its component, and a remote that tells what came.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use trawl_exec::InstalledPlugin;

/// What the guest finds its text by.
const MARK: &[u8] = b"trawl-guest-described:";
/// Bytes that the text may have with its mark.
const SPACE: usize = 4_096;

/// The guest, before anything is written into it.
pub async fn guest() -> Vec<u8> {
    let built =
        tokio::task::spawn_blocking(|| trawl_guest_build::build("trawl-guest-described").unwrap());
    std::fs::read(built.await.unwrap()).unwrap()
}

/// A component that describes itself like this.
pub fn component(guest: &[u8], description: &Value) -> Vec<u8> {
    let mut wasm = guest.to_vec();
    let found: Vec<usize> = (0..wasm.len())
        .filter(|at| wasm[*at..].starts_with(MARK))
        .collect();
    let text = description.to_string();
    assert!(MARK.len() + text.len() < SPACE, "the text is too long");
    assert!(!found.is_empty(), "the guest has no place for a text");
    // The compiler keeps the mark a second time, to take it off; only the place itself has room behind it.
    for at in found {
        let room = at + MARK.len()..at + SPACE;
        if wasm
            .get(room.clone())
            .is_some_and(|it| it.iter().all(|byte| *byte == 0))
        {
            wasm[room.start..room.start + text.len()].copy_from_slice(text.as_bytes());
        }
    }
    wasm
}

/// A file in a folder, named by its digest, as installed plugins lie there.
pub fn stored(folder: &Path, wasm: &[u8]) -> (PathBuf, String) {
    let digest = format!("{:x}", Sha256::digest(wasm));
    let path = folder.join(format!("sha256-{digest}.wasm"));
    std::fs::write(&path, wasm).unwrap();
    (path, digest)
}

/// A locked plugin of this component, and of a newer one.
pub fn locked(folder: &Path, name: &str, wasm: &[u8], next: Option<&[u8]>) -> InstalledPlugin {
    let (path, digest) = stored(folder, wasm);
    let next = next.map(|wasm| stored(folder, wasm));
    InstalledPlugin::locked(name, path, &digest, next)
}

/// A remote that answers each path with itself. What is below `/held` waits until it is let go.
pub struct Remote {
    pub url: String,
    seen: Arc<Mutex<Vec<String>>>,
    arrived: Arc<Semaphore>,
    gate: Arc<Semaphore>,
}

impl Remote {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let remote = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            seen: Arc::default(),
            arrived: Arc::new(Semaphore::new(0)),
            gate: Arc::new(Semaphore::new(0)),
        };
        let (seen, arrived, gate) = (
            Arc::clone(&remote.seen),
            Arc::clone(&remote.arrived),
            Arc::clone(&remote.gate),
        );
        tokio::spawn(async move {
            loop {
                let Ok((mut stream, _)) = listener.accept().await else {
                    return;
                };
                let (seen, arrived, gate) =
                    (Arc::clone(&seen), Arc::clone(&arrived), Arc::clone(&gate));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        match stream.read_u8().await {
                            Ok(byte) => head.push(byte),
                            Err(_) => return,
                        }
                    }
                    let head = String::from_utf8(head).unwrap();
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    seen.lock().unwrap().push(format!("GET {path}"));
                    if path.starts_with("/held") {
                        arrived.add_permits(1);
                        gate.acquire().await.unwrap().forget();
                    }
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{path}",
                        path.len()
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        remote
    }

    /// What came since the last look.
    #[allow(dead_code, reason = "not every test that shares this file looks")]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    /// Waits until one more request is held.
    #[allow(dead_code, reason = "not every test that shares this file holds one")]
    pub async fn held(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    /// Lets one held request go.
    #[allow(dead_code, reason = "not every test that shares this file holds one")]
    pub fn let_go(&self) {
        self.gate.add_permits(1);
    }
}
