//! What a kubeconfig says of a context: files that are merged, trust, proxies, and what is said of mistakes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::cluster::{Cluster, base64, context};
use support::{Authority, Server, approval, get, ok, request, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use trawl_connect::{Endpoint, ErrorKind, Method};
use trawl_fleet::{EndpointSpec, KubernetesSpec};

#[tokio::test]
async fn an_unknown_context_lists_those_there_are() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let config = cluster.kubeconfig("{token: hunter2}");
    let error = context(&config, Some("tets"))
        .send(get("/api/v1/pods"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidConfig);
    assert!(
        error.message.contains("there is no context `tets`"),
        "{error}"
    );
    let hint = error.hint.unwrap();
    assert!(
        hint.contains("did you mean `test`?") && hint.contains("`other`"),
        "{hint}"
    );
}

#[tokio::test]
async fn broken_kubeconfigs_are_named_and_not_quoted() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let good = format!("{{server: '{}'}}", cluster.server.tls_url());
    let plain = "{server: 'http://127.0.0.1:1'}";
    for (entry, user, words) in [
        ("{}", "{token: hunter2}", "no `server`"),
        ("{server: 'not a url hunter2'}", "{}", "no URL"),
        ("{server: ''}", "{}", "no `server`"),
        ("{server: 'hunter2:6443'}", "{}", "no URL"),
        ("{server: 'ftp://hunter2'}", "{}", "no URL"),
        (
            "{server: 'https://x', certificate-authority: /nonexistent/ca}",
            "{}",
            "its CA",
        ),
        (
            "{server: 'https://x', certificate-authority-data: hunter2}",
            "{}",
            "its CA",
        ),
        (
            good.as_str(),
            "{client-certificate-data: aHVudGVyMg==, client-key-data: aHVudGVyMg==}",
            "certificates",
        ),
        (
            plain,
            "{tokenFile: /nonexistent/token}",
            "/nonexistent/token",
        ),
        (plain, "{auth-provider: {name: gcp}}", "auth-provider `gcp`"),
        ("[hunter2", "{}", "no valid kubeconfig"),
    ] {
        let config = cluster.write("broken", entry, user);
        let error = context(&config, Some("test"))
            .send(get("/api/v1/pods"))
            .await
            .unwrap_err();
        assert!(error.message.contains(words), "{entry} {user}: {error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn kubeconfig_files_are_merged_and_missing_ones_passed_over() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let config = cluster.kubeconfig("{token: t}");
    let second = cluster.path("second");
    std::fs::write(
        &second,
        "contexts: [{name: more, context: {cluster: c, user: u}}]\n",
    )
    .unwrap();
    let spec = KubernetesSpec {
        kubeconfig: vec![cluster.path("missing"), second, config],
        context: Some("more".to_owned()),
        ..KubernetesSpec::default()
    };
    let endpoint = Endpoint::new(EndpointSpec::Kubernetes(spec), approval());
    assert_eq!(
        endpoint.send(get("/api/v1/pods")).await.unwrap().status,
        200
    );
}

#[tokio::test]
async fn the_proxy_of_the_kubeconfig_is_used() {
    let (asked, proxied) = tokio::sync::oneshot::channel();
    let asked = Mutex::new(Some(asked));
    let proxy = support::raw(move |_, mut stream| {
        let asked = asked.lock().unwrap().take();
        async move {
            let head = support::read_head(&mut stream).await;
            asked.unwrap().send(head).unwrap();
        }
    })
    .await;
    let cluster = Cluster::start(false, |_| ok("")).await;
    let entry = format!("{{server: 'https://api.invalid:6443', proxy-url: 'http://{proxy}'}}");
    let config = cluster.write("config", &entry, "{token: hunter2}");
    let mut asked = request(Method::Post, "/api/v1/x");
    asked.timeout = Some(Duration::from_secs(2));
    assert!(context(&config, None).send(asked).await.is_err());
    let head = proxied.await.unwrap();
    assert!(
        head.starts_with("CONNECT api.invalid:6443 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(!head.contains("hunter2"), "{head}");
}

#[tokio::test]
async fn a_server_of_another_ca_is_not_trusted() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let other = Authority::new("another");
    let entry = format!(
        "{{server: '{}', certificate-authority-data: {}}}",
        cluster.server.tls_url(),
        base64(&other.pem())
    );
    let config = cluster.write("config", &entry, "{token: hunter2}");
    let error = context(&config, None)
        .send(get("/api/v1/pods"))
        .await
        .unwrap_err();
    assert!(error.message.contains("certificate not trusted"), "{error}");
    assert!(error.message.contains(&cluster.server.tls_url()), "{error}");
    assert!(cluster.server.seen().is_empty());
}

/// A proxy that lets everything through after its greeting, and what it was asked for.
async fn proxy(
    socks: bool,
    to: std::net::SocketAddr,
) -> (std::net::SocketAddr, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&asked);
    let address = support::raw(move |_, mut stream| {
        let noted = Arc::clone(&noted);
        async move {
            let target = if socks {
                socks_greeting(&mut stream).await
            } else {
                let head = support::read_head(&mut stream).await;
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                head.split(' ').nth(1).unwrap().to_owned()
            };
            noted.lock().unwrap().push(target);
            let mut server = TcpStream::connect(to).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
        }
    })
    .await;
    (address, asked)
}

/// The server's side of RFC 1928 without authentication; the host and port that the client wants.
async fn socks_greeting(stream: &mut TcpStream) -> String {
    let mut greeting = [0; 2];
    stream.read_exact(&mut greeting).await.unwrap();
    let mut methods = vec![0; usize::from(greeting[1])];
    stream.read_exact(&mut methods).await.unwrap();
    stream.write_all(&[5, 0]).await.unwrap();
    let mut connect = [0; 5];
    stream.read_exact(&mut connect).await.unwrap();
    assert_eq!(connect[..4], [5, 1, 0, 3], "connect, by a host's name");
    let mut host = vec![0; usize::from(connect[4])];
    stream.read_exact(&mut host).await.unwrap();
    let port = stream.read_u16().await.unwrap();
    stream
        .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .unwrap();
    format!("{}:{port}", String::from_utf8(host).unwrap())
}

#[tokio::test]
async fn requests_go_through_http_and_socks_proxies() {
    let cluster = Cluster::start(false, |_| ok("behind")).await;
    let ca = base64(&cluster.authority.pem());
    for (scheme, socks) in [("http", false), ("socks5", true), ("socks5h", true)] {
        let (address, asked) = proxy(socks, cluster.server.address).await;
        // The name is the proxy's to resolve: here it resolves to nothing.
        let entry = format!(
            "{{server: 'https://api.invalid:6443', tls-server-name: localhost, certificate-authority-data: {ca}, proxy-url: '{scheme}://{address}'}}"
        );
        let endpoint = context(&cluster.write("config", &entry, "{token: t}"), None);
        let response = endpoint.send(get("/api/v1/pods")).await.unwrap();
        assert_eq!(text(response).await, "behind", "{scheme}");
        assert_eq!(*asked.lock().unwrap(), ["api.invalid:6443"], "{scheme}");
        // The inventory's proxy replaces the kubeconfig's.
        let entry = entry.replace(&address.to_string(), "127.0.0.1:1");
        let spec = KubernetesSpec {
            kubeconfig: vec![cluster.write("config", &entry, "{token: t}")],
            proxy: Some(format!("{scheme}://{address}")),
            ..KubernetesSpec::default()
        };
        let endpoint = Endpoint::new(EndpointSpec::Kubernetes(spec), approval());
        assert_eq!(
            endpoint.send(get("/api/v1/pods")).await.unwrap().status,
            200
        );
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_said_and_not_quoted() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    for (url, words) in [
        ("ftp://hunter2:1", "is of a kind that is not supported"),
        ("socks4://hunter2:1", "is of a kind that is not supported"),
        ("socks5://u:hunter2@h:1", "wants a user"),
        ("hunter2", "is no URL"),
    ] {
        let entry = format!("{{server: 'https://x', proxy-url: '{url}'}}");
        let config = cluster.write("config", &entry, "{token: t}");
        let error = context(&config, Some("test"))
            .send(get("/api/v1/pods"))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidConfig, "{url}");
        assert!(
            error.message.starts_with("the context `test`: its proxy "),
            "{error}"
        );
        assert!(error.message.contains(words), "{url}: {error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn the_ca_is_a_file_beside_the_kubeconfig_and_may_hold_several() {
    let cluster = Cluster::start(false, |_| ok("trusted")).await;
    std::fs::create_dir(cluster.path("pki")).unwrap();
    let others = [Authority::new("old").pem(), Authority::new("new").pem()];
    let bundle = format!(
        "{}# ours\n{}{}",
        others[0],
        cluster.authority.pem(),
        others[1]
    );
    std::fs::write(cluster.path("pki/ca.pem"), bundle).unwrap();
    let entry = |keys: &str| format!("{{server: '{}', {keys}}}", cluster.server.tls_url());
    let config = cluster.write("config", &entry("certificate-authority: pki/ca.pem"), "{}");
    let response = context(&config, None)
        .send(get("/api/v1/pods"))
        .await
        .unwrap();
    assert_eq!(text(response).await, "trusted");
    // Data that is empty is none.
    let empty = "certificate-authority: pki/ca.pem, certificate-authority-data: '', proxy-url: '', tls-server-name: ''";
    let config = cluster.write("config", &entry(empty), "{}");
    assert!(
        context(&config, None)
            .send(get("/api/v1/pods"))
            .await
            .is_ok()
    );
    // The data counts where both are there.
    let both = format!(
        "certificate-authority: pki/gone.pem, certificate-authority-data: {}",
        base64(&cluster.authority.pem())
    );
    let config = cluster.write("config", &entry(&both), "{}");
    assert!(
        context(&config, None)
            .send(get("/api/v1/pods"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn trust_is_loosened_by_the_kubeconfig_alone() {
    let authority = Authority::new("cluster");
    let config = authority.server_with(false, |params| {
        params.subject_alt_names =
            vec![rcgen::SanType::DnsName("api.internal".try_into().unwrap())];
    });
    let server = Server::start_tls(config, |_| ok("in")).await;
    let cluster = Cluster::start(false, |_| ok("")).await;
    let ca = format!("certificate-authority-data: {}", base64(&authority.pem()));
    for (keys, words) in [
        (ca.clone(), Some("it is for another name")),
        (format!("{ca}, tls-server-name: api.internal"), None),
        (
            format!("{ca}, tls-server-name: other.internal"),
            Some("it is for another name"),
        ),
        ("insecure-skip-tls-verify: true".to_owned(), None),
        (
            "insecure-skip-tls-verify: false".to_owned(),
            Some("certificate not trusted"),
        ),
    ] {
        let entry = format!("{{server: '{}', {keys}}}", server.tls_url());
        let config = cluster.write("config", &entry, "{}");
        let result = context(&config, None).send(get("/api/v1/pods")).await;
        match words {
            None => assert_eq!(text(result.unwrap()).await, "in", "{keys}"),
            Some(words) => {
                let error = result.unwrap_err();
                assert!(error.message.contains(words), "{keys}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn of_merged_files_the_first_to_name_something_wins() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    std::fs::write(cluster.path("ca.pem"), cluster.authority.pem()).unwrap();
    let server = cluster.server.tls_url();
    let files = [
        // An empty current context is none.
        (
            "first",
            "current-context: ''\nusers: [{name: u, user: {token: first}}]\n".to_owned(),
        ),
        (
            "sub/second",
            format!(
                "current-context: second
users: [{{name: u, user: {{token: second, as: somebody}}}}]
clusters: [{{name: c, cluster: {{server: '{server}', certificate-authority: ../ca.pem}}}}]
contexts: [{{name: second, context: {{cluster: c, user: u}}}}]
"
            ),
        ),
        (
            "third",
            "current-context: third\nclusters: [{name: c, cluster: {server: 'https://third.invalid'}}]\ncontexts: [{name: third, context: {cluster: c, user: u}}]\n".to_owned(),
        ),
    ];
    std::fs::create_dir(cluster.path("sub")).unwrap();
    let kubeconfig: Vec<PathBuf> = files
        .iter()
        .map(|(name, text)| {
            std::fs::write(cluster.path(name), text).unwrap();
            cluster.path(name)
        })
        .collect();
    for wanted in [None, Some("third".to_owned())] {
        let spec = KubernetesSpec {
            kubeconfig: kubeconfig.clone(),
            context: wanted,
            ..KubernetesSpec::default()
        };
        let endpoint = Endpoint::new(EndpointSpec::Kubernetes(spec), approval());
        endpoint.send(get("/api/v1/pods")).await.unwrap();
        let seen = cluster.server.seen().pop().unwrap();
        assert_eq!(seen.header("authorization"), Some("Bearer first"));
        assert_eq!(
            seen.header("impersonate-user"),
            None,
            "entries of one name are not mixed"
        );
    }
}

#[tokio::test]
async fn contexts_are_listed_with_the_nearest_first() {
    let cluster = Cluster::start(false, |_| ok("")).await;
    let names: Vec<String> = (0..12).map(|n| format!("zone-{n}")).collect();
    let contexts: Vec<String> = names
        .iter()
        .map(String::as_str)
        .chain(["staging-eu", "prod-eu"])
        .map(|name| format!("{{name: {name}}}"))
        .collect();
    let config = cluster.path("config");
    std::fs::write(&config, format!("contexts: [{}]\n", contexts.join(", "))).unwrap();
    for (wanted, begins) in [
        (
            Some("prod-ue"),
            "did you mean `prod-eu`? It has `prod-eu`, ",
        ),
        (
            Some("ZONE-11"),
            "did you mean `zone-11`? It has `zone-11`, `zone-1`, ",
        ),
        (Some("%%"), "it has `zone-0`, `zone-1`, "),
        (None, "name one with `kube_context`: `zone-0`, "),
    ] {
        let error = context(&config, wanted)
            .send(get("/api/v1/pods"))
            .await
            .unwrap_err();
        let hint = error.hint.unwrap();
        assert!(hint.starts_with(begins), "{wanted:?}: {hint}");
        assert!(hint.ends_with(" and 4 more"), "{hint}");
    }
}
