//! Owns moto's server as the tests' AWS; refuses to sign: moto believes what the header says.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::Stdio;
use std::rc::Rc;

use serde_json::Value;

use crate::http::send;
use crate::python::{has, python};
use crate::{Ended, Socket};

/// Its folder among the tools.
const TOOL: &str = "moto";

/// A server of moto's on a port of its own; ended when dropped.
pub struct Moto {
    _process: Ended,
    address: SocketAddr,
}

/// The region and the service are all that moto reads of it.
fn authorization(service: &str) -> Vec<(String, String)> {
    let words = format!(
        "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    vec![("authorization".to_owned(), words)]
}

impl Moto {
    /// Starts it. None where there is no moto.
    ///
    /// # Panics
    /// Under CI where there is none.
    pub fn start() -> Option<Self> {
        if !has(TOOL, "moto.server") {
            return None;
        }
        let process = python(TOOL)
            .args(["-c", "from moto.server import main; main()"])
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut process = Ended(process.unwrap());
        let mut lines = BufReader::new(process.0.stderr.take().unwrap()).lines();
        // ` * Running on http://127.0.0.1:40123`
        let address = lines
            .by_ref()
            .find_map(|line| {
                let line = line.unwrap();
                let (_, rest) = line.split_once("Running on http://")?;
                Some(rest.trim().parse())
            })
            .unwrap_or_else(|| panic!("moto ended before it said where it runs"))
            .unwrap();
        // A full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self {
            _process: process,
            address,
        })
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a plugin asks through.
    pub fn transport(&self) -> Rc<Socket> {
        Socket::with(self.address, authorization)
    }

    /// Calls an action of a service, most often one that makes what a test reads.
    ///
    /// # Panics
    /// When moto refuses.
    pub fn call(&self, service: &str, target: &str, body: &Value) {
        let mut headers = authorization(service);
        for (name, value) in [
            ("x-amz-target", target),
            ("content-type", "application/x-amz-json-1.1"),
        ] {
            headers.push((name.to_owned(), value.to_owned()));
        }
        let body = body.to_string();
        let (status, _, answer) =
            send(self.address, "POST", "/", &headers, body.as_bytes()).unwrap();
        assert_eq!(
            status,
            200,
            "{target}: {}",
            String::from_utf8_lossy(&answer)
        );
    }
}
