//! Owns a real Prometheus of this machine on a free port of loopback, and requests to it over a socket. Without the program the tests
//! say so and pass, except under CI. Refuses other servers.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::Value;
use trawl_sdk::types::{Error, Method, Request, ResponseHead};
use trawl_sdk::{Exchange, Transport};

/// How long a test waits for the server; only so that it ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at it.
const BETWEEN: Duration = Duration::from_millis(50);

/// Whether Prometheus and its tool are installed.
pub fn is_here() -> bool {
    let runs = |program: &str| {
        let output = Command::new(program).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    };
    let found = runs("prometheus") && runs("promtool");
    if !found {
        assert!(
            std::env::var_os("CI").is_none(),
            "prometheus is missing; under CI that is a failure: install it"
        );
        println!("skipped: prometheus is not installed");
    }
    found
}

/// A Prometheus with backfilled samples; ended when dropped.
pub struct Live {
    _process: Ended,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether it comes to answer; false when it ends before.
fn is_ready(process: &mut Child, address: SocketAddr) -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ready = get(address, "/-/ready").is_some_and(|(status, _, _)| status == 200);
        // Somebody else may answer at that port.
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        if ready {
            return true;
        }
        assert!(Instant::now() < deadline, "Prometheus is not ready in time");
        std::thread::sleep(BETWEEN);
    }
}

impl Live {
    /// Starts one with the samples of an OpenMetrics text, and the sections of a configuration; `@` in them is its address.
    /// Waits until it answers.
    pub fn start(samples: &str, config: &str, rules: &str) -> Self {
        Self::start_with("exemplar-storage", samples, config, rules)
    }

    /// The same with features of that name switched on.
    pub fn start_with(features: &str, samples: &str, config: &str, rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("samples.txt"), samples).unwrap();
        let backfilled = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([path("samples.txt"), path("data")])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&backfilled.stderr);
        assert!(backfilled.status.success(), "{errors}");
        fs::write(path("rules.yml"), rules).unwrap();
        // A port that is free now may be taken before Prometheus takes it; then Prometheus ends, and another port will do.
        for _ in 0..5 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            drop(listener);
            let config = config.replace('@', &address.to_string());
            fs::write(path("prometheus.yml"), config).unwrap();
            let process = Command::new("prometheus")
                .arg(format!(
                    "--config.file={}",
                    path("prometheus.yml").display()
                ))
                .arg(format!("--storage.tsdb.path={}", path("data").display()))
                .arg("--storage.tsdb.retention.time=100y")
                .arg(format!("--enable-feature={features}"))
                .arg(format!("--web.listen-address={address}"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut process = Ended(process);
            if is_ready(&mut process.0, address) {
                return Self {
                    _process: process,
                    address,
                    _folder: folder,
                };
            }
        }
        panic!("Prometheus ended five times before it was ready");
    }

    /// Asks until the answer is as it should be.
    pub fn wait_for(&self, path: &str, is_right: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let body = get(self.address, path).map(|(_, _, body)| body);
            if body.is_some_and(|body| is_right(&String::from_utf8_lossy(&body))) {
                return;
            }
            assert!(Instant::now() < deadline, "{path} is not right in time");
            std::thread::sleep(BETWEEN);
        }
    }

    /// `data` of an answer of the API, asked for without the plugin.
    pub fn api(&self, function: &str, pairs: &[(&str, &str)]) -> Value {
        let answered = self.try_api(function, pairs);
        answered.unwrap_or_else(|words| panic!("{function} {pairs:?}: {words}"))
    }

    /// The same, or the server's words.
    pub fn try_api(&self, function: &str, pairs: &[(&str, &str)]) -> Result<Value, String> {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(k, v)| format!("{}={}", encoded(k), encoded(v)))
            .collect();
        let path = format!("/api/v1/{function}?{}", pairs.join("&"));
        let (_, _, body) = get(self.address, &path).unwrap();
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        match body["status"].as_str() {
            Some("success") => Ok(body["data"].take()),
            _ => Err(body["error"].as_str().unwrap().to_owned()),
        }
    }

    /// What the plugin asks through.
    pub fn transport(&self) -> Rc<dyn Transport> {
        Rc::new(Socket(self.address))
    }

    /// Its address.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

type Answered = (u16, Vec<(String, String)>, Vec<u8>);

fn get(address: SocketAddr, path: &str) -> Option<Answered> {
    send(address, "GET", path, &[], &[])
}

/// One request of HTTP/1.0, whose answers come without chunks and end with the connection.
fn send(
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

struct Socket(SocketAddr);

impl Transport for Socket {
    fn start(&self, _: &str, request: Request) -> Result<Box<dyn Exchange>, Error> {
        let path: Vec<String> = request.path.iter().map(|part| encoded(part)).collect();
        let query: Vec<String> = request
            .query
            .iter()
            .map(|(k, v)| format!("{}={}", encoded(k), encoded(v)))
            .collect();
        let method = match request.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
        };
        let path = format!("/{}?{}", path.join("/"), query.join("&"));
        let body = request.body.unwrap_or_default();
        let answered = send(self.0, method, &path, &request.headers, &body);
        let (status, headers, body) =
            answered.ok_or_else(|| Error::internal(format!("{path} got no answer")))?;
        Ok(Box::new(Whole {
            head: ResponseHead { status, headers },
            body,
            at: 0,
        }))
    }
}

struct Whole {
    head: ResponseHead,
    body: Vec<u8>,
    at: usize,
}

impl Exchange for Whole {
    fn head(&mut self) -> Result<ResponseHead, Error> {
        Ok(self.head.clone())
    }

    fn read(&mut self, max: u32) -> Result<Option<Vec<u8>>, Error> {
        let rest = &self.body[self.at..];
        let count = rest.len().min(usize::try_from(max).unwrap());
        self.at += count;
        Ok((count > 0).then(|| rest[..count].to_vec()))
    }
}
