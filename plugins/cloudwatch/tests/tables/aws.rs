//! Owns moto's server as the tests' AWS, and the plain HTTP to it. Refuses to sign: moto believes what the header says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;

use serde_json::Value;
use trawl_sdk::types::{Error, Request, ResponseHead};
use trawl_sdk::{Exchange, Transport};

/// A server of moto's on a port of its own; ended when dropped.
pub struct Moto {
    process: Child,
    address: SocketAddr,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Python with what `scripts/setup.sh programs` installs, before what the machine has.
fn python() -> Command {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tools/moto");
    let mut python = Command::new("python3");
    if tools.is_dir() {
        // Without the user's own packages, which might be other versions.
        python.arg("-s").env("PYTHONPATH", tools);
    }
    python
}

impl Moto {
    /// Starts it. None where there is no moto, except under CI.
    pub fn start() -> Option<Self> {
        let there = python()
            .args(["-c", "import moto.server"])
            .stderr(Stdio::null())
            .status();
        if !there.is_ok_and(|status| status.success()) {
            assert!(
                std::env::var_os("CI").is_none(),
                "moto is missing; under CI that is a failure: scripts/setup.sh programs"
            );
            eprintln!("moto is missing: this test did not run (scripts/setup.sh programs)");
            return None;
        }
        let mut process = python()
            .args([
                "-c",
                "from moto.server import main; main()",
                "-H",
                "127.0.0.1",
                "-p",
                "0",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        // ` * Running on http://127.0.0.1:40123`
        let address = lines
            .by_ref()
            .find_map(|line| {
                line.unwrap()
                    .split_once("Running on http://")
                    .map(|(_, rest)| rest.trim().parse())
            })
            .unwrap_or_else(|| panic!("moto ended before it said where it runs"))
            .unwrap();
        // A full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { process, address })
    }

    /// The transport to it.
    pub fn transport(&self) -> Rc<ToMoto> {
        Rc::new(ToMoto(self.address))
    }

    /// Calls an action that the plugin has no use for, which makes what the test reads.
    pub fn call(&self, endpoint: &str, target: &str, body: &Value) {
        let request = trawl_sdk::http::post(endpoint, [""; 0])
            .header("x-amz-target", target)
            .body("application/x-amz-json-1.1", body.to_string());
        let (head, body) = request
            .start(self.transport().as_ref())
            .unwrap()
            .finish()
            .unwrap();
        assert_eq!(
            head.status,
            200,
            "{target}: {}",
            String::from_utf8_lossy(&body)
        );
    }
}

/// HTTP to moto, one connection a request.
pub struct ToMoto(SocketAddr);

impl Transport for ToMoto {
    fn start(&self, endpoint: &str, request: Request) -> Result<Box<dyn Exchange>, Error> {
        let mut stream = TcpStream::connect(self.0).unwrap();
        let body = request.body.unwrap_or_default();
        // The region and the service are all that is read of it.
        let mut head = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/{endpoint}/aws4_request, SignedHeaders=host, Signature=0\r\n",
            self.0,
            body.len()
        );
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        Ok(Box::new(Answered {
            stream: BufReader::new(stream),
            body: None,
        }))
    }
}

struct Answered {
    stream: BufReader<TcpStream>,
    /// The rest of the body, once the head was read.
    body: Option<Vec<u8>>,
}

impl Exchange for Answered {
    fn head(&mut self) -> Result<ResponseHead, Error> {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
                None => break,
            }
        }
        let mut body = Vec::new();
        self.stream.read_to_end(&mut body).unwrap();
        self.body = Some(body);
        Ok(ResponseHead { status, headers })
    }

    fn read(&mut self, _: u32) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.body.take().filter(|body| !body.is_empty()))
    }
}
