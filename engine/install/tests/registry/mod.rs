//! A server on this machine that answers from a list: files at addresses, and an OCI registry with a token and a storage of its
//! own, as far as pulling a component needs them. It keeps what was asked of it.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test fails by panicking, and not every test needs all of it"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use sha2::{Digest, Sha256};

/// An answer: status, headers, body.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// A body with the status 200.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// A status with a text.
    pub fn status(status: u16, body: &str) -> Self {
        Self {
            status,
            ..Self::ok(body)
        }
    }

    /// The same with a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// The server. Its threads end with the process.
#[derive(Clone)]
pub struct Server {
    /// `127.0.0.1:PORT`
    pub host: String,
    replies: Arc<Mutex<BTreeMap<String, Reply>>>,
    asked: Arc<Mutex<Vec<String>>>,
    token: Arc<Mutex<Option<String>>>,
    held: Arc<(Mutex<BTreeSet<String>>, Condvar)>,
}

impl Server {
    /// Starts it without answers.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            host: listener.local_addr().unwrap().to_string(),
            replies: Arc::default(),
            asked: Arc::default(),
            token: Arc::default(),
            held: Arc::default(),
        };
        let it = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let it = it.clone();
                std::thread::spawn(move || it.answer(&stream));
            }
        });
        server
    }

    /// Answers a path, with its query, from now on.
    pub fn set(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// Answers to a path wait until they are released.
    pub fn hold(&self, path: &str) {
        self.held.0.lock().unwrap().insert(path.to_owned());
    }

    /// Lets the answers to a path go.
    pub fn release(&self, path: &str) {
        self.held.0.lock().unwrap().remove(path);
        self.held.1.notify_all();
    }

    /// What was asked since the last call: the path, and the credential where one came.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// Everything below `/v2/` wants this token from now on; it is had at `/token`, under two names as Docker Hub gives it, and a
    /// password would do as well.
    pub fn want_token(&self, token: &str) {
        *self.token.lock().unwrap() = Some(token.to_owned());
    }

    /// Holds a component, and gives the reference to it: manifest and layer as `wkg oci push` makes them, the layer in a storage
    /// behind a redirect.
    pub fn push(&self, name: &str, wasm: &[u8], media_type: &str) -> String {
        let blob = digest(wasm);
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.wasm.config.v0+json","digest":"{}","size":2}},"layers":[{{"mediaType":"{media_type}","digest":"{blob}","size":{}}}]}}"#,
            digest(b"{}"),
            wasm.len()
        );
        let reference = digest(manifest.as_bytes());
        self.set(
            &format!("/v2/{name}/manifests/{reference}"),
            Reply::ok(manifest)
                .header("Content-Type", "application/vnd.oci.image.manifest.v1+json"),
        );
        let stored = format!("/storage/{blob}?signature=s3cr3t");
        self.set(
            &format!("/v2/{name}/blobs/{blob}"),
            Reply::status(307, "").header("Location", stored.clone()),
        );
        self.set(&stored, Reply::ok(wasm));
        format!("oci://{}/{name}@{reference}", self.host)
    }

    fn answer(&self, mut stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let first = lines.next().unwrap_or_default();
        let path = first.split_whitespace().nth(1).unwrap_or("/").to_owned();
        let mut credential = None;
        for line in lines.take_while(|line| !line.is_empty()) {
            if let Some((name, value)) = line.split_once(": ")
                && name.eq_ignore_ascii_case("authorization")
            {
                credential = Some(value.to_owned());
            }
        }
        let said = match &credential {
            Some(credential) => format!("{path} {credential}"),
            None => path.clone(),
        };
        self.asked.lock().unwrap().push(said);
        let held = self.held.0.lock().unwrap();
        drop(
            self.held
                .1
                .wait_while(held, |held| held.contains(&path))
                .unwrap(),
        );
        let reply = self.reply(&path, credential.as_deref());
        let mut head = format!("HTTP/1.1 {} -\r\nConnection: close\r\n", reply.status);
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", reply.body.len()));
        // A client that has seen enough goes away.
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(&reply.body);
    }

    fn reply(&self, path: &str, credential: Option<&str>) -> Reply {
        let token = self.token.lock().unwrap().clone();
        if let Some(token) = token {
            if path.starts_with("/token") {
                return Reply::ok(format!(
                    r#"{{"token": "{token}", "access_token": "{token}"}}"#
                ));
            }
            if path.starts_with("/v2/") && credential != Some(&format!("Bearer {token}")) {
                let challenge = format!(
                    "Bearer realm=\"http://{}/token\",service=\"here\",scope=\"repository:x:pull\"",
                    self.host
                );
                return Reply::status(401, "")
                    .header("WWW-Authenticate", "Basic realm=\"here\"")
                    .header("WWW-Authenticate", challenge);
            }
        }
        let known = self.replies.lock().unwrap().get(path).cloned();
        known.unwrap_or_else(|| Reply::status(404, "nothing here"))
    }
}

/// A digest as OCI writes it.
pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}
