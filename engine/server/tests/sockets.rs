//! The server on real sockets: what a connection may use, each limit once, TLS with certificates that change, and the end.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use trawl_exec::{Engine, EngineOptions};
use trawl_fleet::{Inventory, Origin};
use trawl_server::{AppState, Limits, Options, Tls, run};

/// Only there so that a test ends.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

/// Limits that no test reaches.
fn wide() -> Limits {
    Limits {
        connections: 100,
        per_address: 100,
        head_time: LONG,
        handshake_time: LONG,
        write_time: LONG,
        read_time: LONG,
        drain_time: LONG,
    }
}

struct Server {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(limits: Limits, tls: Option<Tls>) -> Self {
        let inventory = Inventory::of(vec![], vec![], Origin::Kubeconfig(vec![]));
        let engine = Engine::new(EngineOptions {
            inventory,
            plugins: vec![],
            declared: vec![],
            cache_dir: None,
        });
        let state = AppState::new(Arc::new(engine.unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, asked) = oneshot::channel();
        let options = Options { tls, limits };
        let ended = tokio::spawn(run(listener, state, options, async {
            let _ = asked.await;
        }));
        Self {
            address,
            end,
            ended,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn finish(self) {
        let _ = self.end.send(());
        self.ended.await.unwrap().unwrap();
    }
}

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// What comes back until it is an answer, or the connection is closed.
async fn answer<S: tokio::io::AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut all = Vec::new();
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut part).await {
        all.extend_from_slice(&part[..length]);
        if all.ends_with(b"ok\n") {
            break;
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// Whether the server says on this connection that it lives.
async fn is_well<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(stream: &mut S) -> bool {
    // Where it is closed, no answer comes.
    let _ = stream.write_all(HEALTH).await;
    answer(stream).await.starts_with("HTTP/1.1 200")
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let limits = Limits {
        head_time: SHORT,
        ..wide()
    };
    let server = Server::start(limits, None).await;
    for begun in [&b""[..], b"GET /healthz HTTP/1.1\r\nHost: loc"] {
        let mut stream = server.connect().await;
        stream.write_all(begun).await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(!String::from_utf8_lossy(&rest).contains("200"));
    }
    // Neither may a connection idle between requests.
    let mut stream = server.connect().await;
    assert!(is_well(&mut stream).await);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    server.finish().await;
}

#[tokio::test]
async fn heads_have_a_size_and_a_number_of_headers() {
    let server = Server::start(wide(), None).await;
    let large = format!("X-A: {}\r\n", "a".repeat(64 << 10));
    let many = "X-A: a\r\n".repeat(200);
    for (headers, status) in [(large, "431"), (many, "431"), (String::new(), "200")] {
        let mut stream = server.connect().await;
        let head = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        // It may be closed before all was sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let said = answer(&mut stream).await;
        let refused = said.is_empty() && status != "200";
        assert!(refused || said.contains(status), "{status}: {said}");
    }
    server.finish().await;
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let limits = Limits {
        per_address: 1,
        ..wide()
    };
    let server = Server::start(limits, None).await;
    let mut first = server.connect().await;
    assert!(is_well(&mut first).await);
    let mut second = server.connect().await;
    let _ = second.write_all(HEALTH).await;
    assert_eq!(answer(&mut second).await, "");
    drop(first);
    // Its place is free as soon as the server has seen that.
    let again = async {
        loop {
            let mut stream = server.connect().await;
            if is_well(&mut stream).await {
                break;
            }
        }
    };
    tokio::time::timeout(LONG, again).await.unwrap();
    server.finish().await;
}

#[tokio::test]
async fn connections_beyond_their_number_wait() {
    let limits = Limits {
        connections: 1,
        ..wide()
    };
    let server = Server::start(limits, None).await;
    let mut first = server.connect().await;
    assert!(is_well(&mut first).await);
    let mut second = server.connect().await;
    second.write_all(HEALTH).await.unwrap();
    let waiting = tokio::time::timeout(SHORT, answer(&mut second)).await;
    assert!(waiting.is_err(), "{waiting:?}");
    drop(first);
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200"));
    drop(second);
    server.finish().await;
}

#[tokio::test]
async fn who_does_not_read_is_closed() {
    let limits = Limits {
        write_time: SHORT,
        ..wide()
    };
    let server = Server::start(limits, None).await;
    let stream = server.connect().await;
    // More than the buffers of both ends hold is asked for; nobody reads it until the server has given up.
    let asked = 1_000;
    let requests = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(asked);
    let (mut reader, mut writer) = stream.into_split();
    let writing = tokio::spawn(async move {
        // It ends where the server closes.
        let _ = writer.write_all(&requests).await;
        writer
    });
    tokio::time::sleep(SHORT * 20).await;
    let mut all = Vec::new();
    let _ = reader.read_to_end(&mut all).await;
    let all = String::from_utf8_lossy(&all);
    let answers = all.matches("HTTP/1.1 200").count();
    assert!((1..asked).contains(&answers), "{answers}");
    drop(writing.await);
    server.finish().await;
}

#[tokio::test]
async fn a_client_of_http_2_that_takes_nothing_is_closed() {
    let limits = Limits {
        read_time: SHORT,
        ..wide()
    };
    // As long as nobody else looks, pings are answered and nothing waits to be written.
    for (path, window) in [("/openapi.json", 0), ("/openapi.json", 10_000)] {
        let server = Server::start(limits, None).await;
        let stream = TokioIo::new(server.connect().await);
        let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(window)
            .handshake(stream)
            .await
            .unwrap();
        let closed = tokio::spawn(connection);
        let request = hyper::Request::get(format!("http://localhost{path}"));
        let answer = sender.send_request(request.body(Full::<Bytes>::default()).unwrap());
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 200);
        let closed = tokio::time::timeout(LONG, closed).await;
        assert!(closed.is_ok(), "the connection is still there");
        assert!(answer.into_body().collect().await.is_err());
        server.finish().await;
    }
}

#[tokio::test]
async fn requests_end_before_the_server_does_or_after_a_time_not_at_all() {
    // An idle connection ends at once.
    let server = Server::start(wide(), None).await;
    let mut idle = server.connect().await;
    assert!(is_well(&mut idle).await);
    server.finish().await;
    // One whose request never ends has the drain time.
    let limits = Limits {
        drain_time: SHORT,
        ..wide()
    };
    let server = Server::start(limits, None).await;
    let mut half = server.connect().await;
    half.write_all(b"POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        .await
        .unwrap();
    // It is being served once a second connection was.
    let mut other = server.connect().await;
    assert!(is_well(&mut other).await);
    server.finish().await;
    assert_eq!(answer(&mut half).await, "");
}

/// A certificate for localhost in a folder; each is another.
fn certificate(folder: &Path) -> Tls {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let tls = Tls {
        cert: folder.join("cert.pem"),
        key: folder.join("key.pem"),
    };
    std::fs::write(&tls.cert, certificate.pem()).unwrap();
    std::fs::write(&tls.key, key.serialize_pem()).unwrap();
    tls
}

/// A client that trusts just this certificate.
fn client(certificate: &Path, protocol: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(certificate).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn tls_speaks_both_versions_and_takes_a_renewed_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let tls = certificate(folder.path());
    let server = Server::start(wide(), Some(tls.clone())).await;
    let name = || ServerName::try_from("localhost").unwrap();
    for protocol in [&b"http/1.1"[..], b"h2"] {
        let connector = client(&tls.cert, protocol);
        let mut stream = connector
            .connect(name(), server.connect().await)
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
        if protocol == b"http/1.1" {
            assert!(is_well(&mut stream).await);
        }
    }
    // Plain HTTP is no handshake.
    let mut plain = server.connect().await;
    plain.write_all(HEALTH).await.unwrap();
    assert!(!answer(&mut plain).await.contains("200"));

    // A wrong file changes nothing, a renewed certificate serves the next connections.
    std::fs::write(&tls.key, "no key").unwrap();
    assert!(tls.check().unwrap_err().contains("expected a private key"));
    let renewed = certificate(folder.path());
    let connector = client(&renewed.cert, b"http/1.1");
    let taken = async {
        while connector
            .connect(name(), server.connect().await)
            .await
            .is_err()
        {
            tokio::time::sleep(SHORT).await;
        }
    };
    tokio::time::timeout(LONG, taken).await.unwrap();
    server.finish().await;
}

#[tokio::test]
async fn a_handshake_has_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        handshake_time: SHORT,
        ..wide()
    };
    let server = Server::start(limits, Some(certificate(folder.path()))).await;
    let mut stream = server.connect().await;
    assert_eq!(answer(&mut stream).await, "");
    server.finish().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_starts_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let tls = certificate(folder.path());
    let other = tempfile::tempdir().unwrap();
    let wrong = [
        (folder.path().join("none.pem"), tls.key.clone()),
        (tls.key.clone(), tls.key.clone()),
        (tls.cert.clone(), certificate(other.path()).key),
    ];
    for (cert, key) in wrong {
        let server = Server::start(wide(), Some(Tls { cert, key })).await;
        assert!(server.ended.await.unwrap().is_err());
    }
}
