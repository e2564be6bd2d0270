//! Remotes that are not there, not trusted, slow, or break off: each ends in a typed error that says the
//! cause in words.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::{Authority, Server, at, endpoint, get, ok, raw, read_head, request, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use trawl_connect::{Circuits, Endpoint, EndpointOptions, Error, ErrorKind, Method};
use trawl_fleet::{EndpointSpec, HttpSpec, Limits, Tls};

/// 100,000 zeros, gzipped: what a bomb is made of.
const GZIP_OF_100_KB_OF_ZEROS: &[u8] = include_bytes!("support/zeros.gz");

async fn failure(url: String) -> Error {
    at(url).send(get("/api/x")).await.unwrap_err()
}

#[tokio::test]
async fn nobody_there_is_refused_with_the_url_and_without_its_credentials() {
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let mut asked = get("/api/x");
    asked.query = vec![("token".into(), "hunter2".into())];
    let error = at(format!("http://me:hunter2@{address}/base?key=hunter2"))
        .send(asked)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(
        error.message,
        format!("GET http://{address}/base/api/x: connection refused")
    );
    assert!(error.hint.is_some());
}

#[tokio::test]
async fn who_could_not_be_reached_is_not_tried_again_for_a_moment() {
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let circuits = Circuits::default();
    // Another query's endpoint is another one.
    let endpoint = || {
        let spec = HttpSpec {
            url: format!("http://{address}"),
            ..HttpSpec::default()
        };
        let options = EndpointOptions {
            circuits: Some(circuits.clone()),
            ..EndpointOptions::default()
        };
        Endpoint::with(EndpointSpec::Http(spec), support::approval(), options)
    };
    for _ in 0..3 {
        let error = endpoint().send(get("/api/x")).await.unwrap_err();
        assert!(error.message.ends_with("connection refused"), "{error}");
    }
    let listener = TcpListener::bind(address).await.unwrap();
    let error = endpoint().send(get("/api/x")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(
        error.message.starts_with(&format!(
            "GET http://{address}/api/x: connection refused; it was not asked, since 3 requests in a row"
        )),
        "{error}"
    );
    assert!(error.hint.is_some());
    // It came back, and answers that it is ill: it was reached.
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = read_head(&mut stream).await;
            let answer = b"HTTP/1.1 500 Ill\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    let answered = async {
        loop {
            if let Ok(answer) = endpoint().send(get("/api/x")).await {
                break answer.status;
            }
        }
    };
    // Only there so that the test ends.
    let status = tokio::time::timeout(Duration::from_secs(60), answered).await;
    assert_eq!(status.unwrap(), 500);
    for _ in 0..5 {
        assert_eq!(endpoint().send(get("/api/x")).await.unwrap().status, 500);
    }
}

#[tokio::test]
async fn an_unknown_name_is_said_to_be_one() {
    let error = failure("http://no-such-host.invalid:9090".to_owned()).await;
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.ends_with("name not resolved"), "{error}");
}

#[tokio::test]
async fn certificates_are_trusted_by_ca_name_and_time() {
    let ours = Authority::new("ours");
    let unknown = Authority::new("theirs").server(false);
    let renewed = Authority::new("ours").server(false);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, ours.pem()).unwrap();
    let good = ours.server(false);
    let expired = ours.server_with(false, |params| {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1)
    });
    let other_name = ours.server_with(false, |params| {
        params.subject_alt_names =
            vec![rcgen::SanType::DnsName("other.example".try_into().unwrap())];
    });
    for (config, words) in [
        (good, None),
        (
            unknown,
            Some("certificate not trusted: it is signed by an unknown authority"),
        ),
        (
            renewed,
            Some("certificate not trusted: it is signed by another CA of the same name"),
        ),
        (expired, Some("certificate not trusted: it has expired")),
        (
            other_name,
            Some("certificate not trusted: it is for another name"),
        ),
    ] {
        let server = Server::start_tls(config, |_| ok("trusted")).await;
        let tls = Tls {
            ca_file: Some(file.clone()),
            ..Tls::default()
        };
        let spec = HttpSpec {
            url: server.tls_url(),
            tls,
            ..HttpSpec::default()
        };
        let result = endpoint(spec).send(get("/api/x")).await;
        match words {
            None => assert_eq!(text(result.unwrap()).await, "trusted"),
            Some(words) => {
                let error = result.unwrap_err();
                assert!(error.message.ends_with(words), "{error}");
                assert!(error.hint.is_some());
                assert!(server.seen().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn without_a_ca_file_the_systems_roots_count() {
    let server = Server::start_tls(Authority::new("test").server(false), |_| ok("")).await;
    let error = failure(server.tls_url()).await;
    assert!(error.message.contains("certificate not trusted"), "{error}");
}

#[tokio::test]
async fn a_client_certificate_is_presented_where_it_is_wanted() {
    let authority = Authority::new("test");
    let server = Server::start_tls(authority.server(true), |_| ok("known")).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (certificate, key) = authority.issue(|_| {});
    std::fs::write(path("ca"), authority.pem()).unwrap();
    std::fs::write(path("cert"), certificate).unwrap();
    std::fs::write(path("key"), key).unwrap();
    let spec = |tls| HttpSpec {
        url: server.tls_url(),
        tls,
        ..HttpSpec::default()
    };
    let with = Tls {
        ca_file: Some(path("ca")),
        cert_file: Some(path("cert")),
        key_file: Some(path("key")),
        ..Tls::default()
    };
    let without = Tls {
        ca_file: Some(path("ca")),
        ..Tls::default()
    };
    assert_eq!(
        text(endpoint(spec(with)).send(get("/api/x")).await.unwrap()).await,
        "known"
    );
    let error = endpoint(spec(without))
        .send(get("/api/x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthenticated, "{error}");
    assert!(error.message.contains("client certificate"), "{error}");
}

#[tokio::test]
async fn files_of_tls_that_are_wrong_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no pem").unwrap();
    for path in [empty, folder.path().join("gone.pem")] {
        let tls = Tls {
            ca_file: Some(path.clone()),
            ..Tls::default()
        };
        let spec = HttpSpec {
            url: "https://localhost:1".into(),
            tls,
            ..HttpSpec::default()
        };
        let error = endpoint(spec).send(get("/api/x")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidConfig);
        assert!(error.message.contains(path.to_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn the_wrong_scheme_is_recognised() {
    let plain = Server::start(|_| ok("")).await;
    let error = failure(plain.tls_url()).await;
    assert!(error.message.contains("does not speak TLS"), "{error}");
    assert!(error.hint.unwrap().contains("http://"));
    let secure = Server::start_tls(Authority::new("test").server(false), |_| ok("")).await;
    let error = failure(secure.url()).await;
    assert!(
        matches!(error.kind, ErrorKind::Protocol | ErrorKind::Unavailable),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_that_is_closed_before_an_answer_is_tried_again_for_reads() {
    let flaky = || {
        raw(|number, mut stream| async move {
            read_head(&mut stream).await;
            if number > 0 {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                stream.write_all(answer).await.unwrap();
            }
        })
    };
    let response = at(format!("http://{}", flaky().await))
        .send(get("/api/x"))
        .await
        .unwrap();
    assert_eq!(text(response).await, "ok");
    let posted = at(format!("http://{}", flaky().await))
        .send(request(Method::Post, "/api/x"))
        .await;
    assert_eq!(posted.unwrap_err().kind, ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_gave_up_meanwhile_is_replaced() {
    let address = raw(|_, mut stream| async move {
        // One answer each, although the connection is said to stay.
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        stream.write_all(answer).await.unwrap();
    })
    .await;
    let endpoint = at(format!("http://{address}"));
    for _ in 0..5 {
        let response = endpoint.send(get("/api/x")).await.unwrap();
        assert_eq!(text(response).await, "ok");
    }
}

#[tokio::test]
async fn one_fault_of_each_kind_is_survived_by_one_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "old").unwrap();
    let rotated = file.clone();
    let address = raw(move |number, mut stream| {
        let rotated = rotated.clone();
        async move {
            let head = read_head(&mut stream).await;
            let answer = match number {
                0 => return,
                1 => "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\n",
                2 => {
                    std::fs::write(rotated, "new").unwrap();
                    "HTTP/1.1 401 Unauthorized\r\n"
                }
                3 => "HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\n",
                4 => return,
                _ if head.contains("Bearer new") => "HTTP/1.1 200 OK\r\n",
                _ => "HTTP/1.1 418 I am a teapot\r\n",
            };
            let answer = format!("{answer}content-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await;
    let endpoint = endpoint(HttpSpec {
        url: format!("http://{address}"),
        auth: trawl_fleet::Auth::Bearer(trawl_fleet::SecretRef::File(file)),
        ..HttpSpec::default()
    });
    assert_eq!(endpoint.send(get("/api/x")).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_connection_that_is_always_closed_is_given_up() {
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let address = raw(move |_, mut stream| {
        *counted.lock().unwrap() += 1;
        async move { drop(read_head(&mut stream).await) }
    })
    .await;
    let error = failure(format!("http://{address}")).await;
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains("connection"), "{error}");
    assert_eq!(*count.lock().unwrap(), 3, "one try and two more");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error_and_not_an_end() {
    let address = raw(|_, mut stream| async move {
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nten bytes!";
        stream.write_all(answer).await.unwrap();
    })
    .await;
    let mut response = at(format!("http://{address}"))
        .send(get("/api/x"))
        .await
        .unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "ten bytes!");
    let error = response.chunk().await.unwrap_err();
    assert_eq!(
        (error.kind, error.http_status),
        (ErrorKind::Unavailable, Some(200))
    );
    assert!(
        error.message.contains("after 10 bytes of the body"),
        "{error}"
    );
    assert_eq!(
        response.chunk().await.unwrap(),
        None,
        "there is nothing after an error"
    );
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_a_protocol_error() {
    let address = raw(|_, mut stream| async move {
        read_head(&mut stream).await;
        stream
            .write_all(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
            .await
            .unwrap();
    })
    .await;
    let error = failure(format!("http://{address}")).await;
    assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
}

#[tokio::test]
async fn a_stalled_remote_ends_at_the_deadline() {
    let address = raw(|_, mut stream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut asked = get("/api/x");
    asked.timeout = Some(Duration::from_millis(100));
    let error = at(format!("http://{address}"))
        .send(asked)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert_eq!(
        error.message,
        format!("GET http://{address}/api/x: no answer within 100 ms")
    );
}

#[tokio::test]
async fn requests_above_the_limit_wait_for_their_turn() {
    let address = raw(|_, mut stream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let limits = Limits {
        requests_in_flight: Some(1),
        ..Limits::default()
    };
    let endpoint = endpoint(HttpSpec {
        url: format!("http://{address}"),
        limits,
        ..HttpSpec::default()
    });
    let first = tokio::spawn({
        let endpoint = endpoint.clone();
        async move { endpoint.send(get("/api/first")).await.map(|_| ()) }
    });
    tokio::task::yield_now().await;
    let mut asked = get("/api/second");
    asked.timeout = Some(Duration::from_millis(50));
    let error = endpoint.send(asked).await.unwrap_err();
    first.abort();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("not sent within 50 ms"), "{error}");
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection() {
    let (gone, noticed) = tokio::sync::oneshot::channel();
    let (asked, waiting) = tokio::sync::oneshot::channel();
    let channels = Mutex::new(Some((asked, gone)));
    let address = raw(move |_, mut stream| {
        let channels = channels.lock().unwrap().take();
        async move {
            let (asked, gone) = channels.unwrap();
            read_head(&mut stream).await;
            asked.send(()).unwrap();
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            gone.send(()).unwrap();
        }
    })
    .await;
    let endpoint = at(format!("http://{address}"));
    let task = tokio::spawn(async move { endpoint.send(get("/api/x")).await.map(|_| ()) });
    waiting.await.unwrap();
    task.abort();
    noticed.await.unwrap();
}

#[tokio::test]
async fn a_body_above_the_limit_is_cut_decoded_bytes_counted() {
    let plain = Server::start(|_| ok(vec![b'x'; 5_000])).await;
    let packed =
        Server::start(|_| ok(GZIP_OF_100_KB_OF_ZEROS).with("content-encoding", "gzip")).await;
    assert!(
        GZIP_OF_100_KB_OF_ZEROS.len() < 1_000,
        "what comes over the wire is below the limit"
    );
    for server in [plain, packed] {
        let limits = Limits {
            max_body_bytes: Some(1_000),
            ..Limits::default()
        };
        let endpoint = endpoint(HttpSpec {
            url: server.url(),
            limits,
            ..HttpSpec::default()
        });
        let mut response = endpoint.send(get("/api/x")).await.unwrap();
        let error = loop {
            match response.chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the body was cut without a word"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind, ErrorKind::Protocol);
        assert!(error.message.contains("limit of 1000 bytes"), "{error}");
        assert!(error.hint.unwrap().contains("max_body_bytes"));
    }
}
