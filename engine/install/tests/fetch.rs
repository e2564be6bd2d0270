//! Components over the network: from an address and from a registry, and everything that a server can do wrong about it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod registry;

use registry::{Reply, Server, digest};
use trawl_install::{Digest, Source, fetch};

const WASM: &[u8] = b"\0asm\x0d\0\x01\0 as good as a component";
const LAYER: &str = "application/wasm";

async fn got(source: &str, digest: Option<&str>) -> Result<Vec<u8>, String> {
    let source: Source = source.parse().map_err(|error| format!("{error}"))?;
    let digest: Option<Digest> = digest.map(|it| it.parse().unwrap());
    let fetched = fetch(&source, digest.as_ref()).await;
    fetched.map(|it| it.wasm).map_err(|error| error.to_string())
}

#[tokio::test]
async fn an_address_gives_what_has_the_digest_and_nothing_else() {
    let server = Server::start();
    server.set("/a.wasm?sig=s3cr3t", Reply::ok(WASM));
    let address = format!("http://{}/a.wasm?sig=s3cr3t", server.host);
    let right = digest(WASM);
    assert_eq!(got(&address, Some(&right)).await.unwrap(), WASM);

    let wrong = digest(b"another");
    let error = got(&address, Some(&wrong)).await.unwrap_err();
    assert!(error.contains(&right) && error.contains(&wrong), "{error}");
    assert!(!error.contains("s3cr3t"), "{error}");

    server.asked();
    let error = got(&address, None).await.unwrap_err();
    assert!(error.contains("--digest sha256:…"), "{error}");
    assert_eq!(server.asked(), [""; 0], "nothing is asked without a digest");

    let gone = format!("http://{}/gone.wasm", server.host);
    let error = got(&gone, Some(&right)).await.unwrap_err();
    assert!(error.contains("HTTP 404: nothing here"), "{error}");
    for refused in [
        "http://plugins.example/a.wasm",
        "https://me:pw@host.example/a",
    ] {
        let error = got(refused, Some(&right)).await.unwrap_err();
        assert!(error.contains("expected"), "{error}");
        assert!(!error.contains("pw"), "{error}");
    }
}

#[tokio::test]
async fn redirects_are_followed_a_few_times_and_never_in_circles() {
    let server = Server::start();
    let to = |to: &str| Reply::status(302, "").header("Location", to);
    server.set("/latest", to("/v1/a.wasm"));
    server.set("/v1/a.wasm", to("/files/a.wasm"));
    server.set("/files/a.wasm", Reply::ok(WASM));
    server.set("/circle", to("/circle"));
    server.set("/away", to("ftp://host.example/a.wasm"));
    server.set("/plain", to("http://host.example/a.wasm"));
    let at = |path: &str| format!("http://{}{path}", server.host);
    let right = digest(WASM);
    assert_eq!(got(&at("/latest"), Some(&right)).await.unwrap(), WASM);
    for (path, part) in [
        ("/circle", "more than 5 redirects"),
        ("/away", "expected https://"),
        ("/plain", "expected https://"),
    ] {
        let error = got(&at(path), Some(&right)).await.unwrap_err();
        assert!(error.contains(part), "{error}");
    }
    let circle = server.asked().into_iter().filter(|it| it == "/circle");
    assert_eq!(circle.count(), 6);
}

#[tokio::test]
async fn a_registry_gives_the_layer_of_the_manifest_that_was_named() {
    let server = Server::start();
    let reference = server.push("org/loki", WASM, LAYER);
    assert_eq!(got(&reference, None).await.unwrap(), WASM);
    assert_eq!(got(&reference, Some(&digest(WASM))).await.unwrap(), WASM);
    // `--digest` is the component's own, whatever the source.
    let error = got(&reference, Some(&digest(b"other"))).await.unwrap_err();
    assert!(error.contains("nothing was installed"), "{error}");
}

#[tokio::test]
async fn a_token_for_anybody_is_fetched_and_stays_with_the_registry() {
    let server = Server::start();
    let storage = Server::start();
    server.want_token("t0k3n");
    let reference = server.push("loki", WASM, LAYER);
    // Blobs usually lie with somebody else, who must not see the token.
    storage.set("/blob", Reply::ok(WASM));
    let elsewhere = format!("http://{}/blob", storage.host);
    server.set(
        &format!("/v2/loki/blobs/{}", digest(WASM)),
        Reply::status(302, "").header("Location", elsewhere),
    );
    assert_eq!(got(&reference, None).await.unwrap(), WASM);
    let manifest = reference.rsplit_once('@').unwrap().1;
    assert_eq!(
        server.asked(),
        [
            format!("/v2/loki/manifests/{manifest}"),
            "/token?service=here&scope=repository%3Ax%3Apull".to_owned(),
            format!("/v2/loki/manifests/{manifest} Bearer t0k3n"),
            format!("/v2/loki/blobs/{} Bearer t0k3n", digest(WASM)),
        ]
    );
    assert_eq!(storage.asked(), ["/blob"]);
}

#[tokio::test]
async fn what_a_registry_gets_wrong_is_told() {
    let server = Server::start();
    let reference = server.push("loki", WASM, LAYER);
    let manifest = reference.rsplit_once('@').unwrap().1.to_owned();
    let manifest_path = format!("/v2/loki/manifests/{manifest}");
    let blob_path = format!("/v2/loki/blobs/{}", digest(WASM));
    let login = |challenge: &str| Reply::status(401, "").header("WWW-Authenticate", challenge);
    let at = |path: &str| format!("Bearer realm=\"http://{}{path}\"", server.host);
    for (path, reply, part) in [
        (
            &manifest_path,
            Reply::ok("{}"),
            "the manifest has the digest",
        ),
        (&manifest_path, Reply::status(404, ""), "HTTP 404"),
        (
            &manifest_path,
            Reply::status(429, "slow\x1b[2Jdown"),
            "HTTP 429: slow [2Jdown",
        ),
        (
            &manifest_path,
            Reply::ok(vec![b'x'; 5 << 20]),
            "more than 4194304 bytes",
        ),
        (
            &manifest_path,
            login("Basic realm=\"x\""),
            "no token to anonymous callers",
        ),
        (
            &manifest_path,
            login("Bearer service=\"x\""),
            "where a token is to be had",
        ),
        (
            &manifest_path,
            login(&at("/none")),
            "no token to anonymous callers (HTTP 404)",
        ),
        (
            &manifest_path,
            login(&at("/odd")),
            "what it gave is no token",
        ),
        (&blob_path, Reply::ok("evil"), "its layer has the digest"),
        (
            &blob_path,
            Reply::ok(vec![0; 100_000]),
            "more than 65536 bytes",
        ),
        (
            &blob_path,
            Reply::status(403, "no"),
            "its layer: answered with HTTP 403: no",
        ),
    ] {
        server.set("/odd", Reply::ok("[]"));
        server.push("loki", WASM, LAYER);
        server.set(path, reply);
        let error = got(&reference, None).await.unwrap_err();
        assert!(error.contains(part), "{part}: {error}");
        assert!(!error.contains('\u{1b}'), "{error}");
    }
    for (media_type, wasm) in [("application/vnd.oci.image.layer.v1.tar", WASM)] {
        let reference = server.push("other", wasm, media_type);
        let error = got(&reference, None).await.unwrap_err();
        assert!(
            error.contains("expected one layer of the type application/wasm"),
            "{error}"
        );
    }
}
