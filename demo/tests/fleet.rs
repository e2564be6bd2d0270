//! The fleet over its real doors: TLS, tokens and certificates from the kubeconfig, both protocols, faults of the
//! connection and of the body, counters, files that go.
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests may panic and print as tests may"
)]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Certificate, Client, Identity, Response};
use serde_json::Value;
use trawl_demo::{Fault, Fleet, FleetOptions, RecordedApi, Recording};

fn client_builder() -> reqwest::ClientBuilder {
    // Another test may have been first; there is one provider a process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Bodies are looked at as they come.
    Client::builder().no_gzip()
}

/// A client as the kubeconfig's context describes it.
struct Access {
    client: Client,
    server: String,
    token: Option<String>,
}

impl Access {
    fn of(kubeconfig: &std::path::Path, context: &str) -> Access {
        let config: Value = serde_json::from_slice(&std::fs::read(kubeconfig).unwrap()).unwrap();
        let entry = |list: &str, member: &str| -> Value {
            let entries = config[list].as_array().unwrap();
            entries
                .iter()
                .find(|entry| entry["name"] == context)
                .unwrap()[member]
                .clone()
        };
        let (cluster, user) = (entry("clusters", "cluster"), entry("users", "user"));
        let decode = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
        let ca = Certificate::from_pem(&decode(&cluster["certificate-authority-data"])).unwrap();
        let mut builder = client_builder().tls_certs_only([ca]);
        if user["client-key-data"].is_string() {
            let pem = [
                decode(&user["client-certificate-data"]),
                decode(&user["client-key-data"]),
            ]
            .concat();
            builder = builder.identity(Identity::from_pem(&pem).unwrap());
        }
        Access {
            client: builder.build().unwrap(),
            server: cluster["server"].as_str().unwrap().to_owned(),
            token: user["token"].as_str().map(str::to_owned),
        }
    }

    async fn send(&self, target: &str) -> Result<Response, reqwest::Error> {
        let mut request = self.client.get(format!("{}{target}", self.server));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request.send().await
    }

    async fn json(&self, target: &str) -> Value {
        self.send(target).await.unwrap().json().await.unwrap()
    }
}

async fn small_fleet(faults: &[(&str, &str)]) -> Fleet {
    let faults = faults
        .iter()
        .map(|(cluster, fault)| ((*cluster).to_owned(), fault.parse().unwrap()))
        .collect();
    Fleet::start(FleetOptions {
        pods: 30,
        faults,
        ..FleetOptions::default()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn every_context_reaches_its_cluster_and_requests_are_counted() {
    let fleet = small_fleet(&[]).await;
    for cluster in ["prod-ap", "prod-us", "staging"] {
        let access = Access::of(fleet.kubeconfig(), cluster);
        assert_eq!(
            access.token.is_none(),
            cluster == "staging",
            "staging takes the client certificate"
        );
        let list = access.json("/api/v1/pods").await;
        assert_eq!(
            list["items"].as_array().unwrap(),
            &fleet.objects(cluster, "pods")
        );
        let head = access.send("/api/v1/pods?limit=1").await.unwrap();
        assert_eq!(head.version(), reqwest::Version::HTTP_2);
        assert_eq!(head.headers()["content-type"], "application/json");
        assert_eq!(fleet.requests(cluster), 2);
        assert_eq!(
            fleet.request_log(cluster),
            ["GET /api/v1/pods */*", "GET /api/v1/pods?limit=1 */*"]
        );
    }
    assert_eq!(fleet.requests("nowhere"), 0);
    fleet.shutdown().await;
}

#[tokio::test]
async fn large_answers_are_compressed_and_say_the_same() {
    let fleet = small_fleet(&[]).await;
    let access = Access::of(fleet.kubeconfig(), "prod-ap");
    let plain = access.send("/api/v1/pods").await.unwrap();
    let plain = plain.bytes().await.unwrap();
    for _ in 0..2 {
        let mut request = access
            .client
            .get(format!("{}/api/v1/pods", access.server))
            .header("accept-encoding", "gzip");
        if let Some(token) = &access.token {
            request = request.bearer_auth(token);
        }
        let reply = request.send().await.unwrap();
        assert_eq!(reply.headers()["content-encoding"], "gzip");
        assert_eq!(reply.headers()["vary"], "Accept-Encoding");
        let packed = reply.bytes().await.unwrap();
        assert!(packed.len() * 4 < plain.len());
        let mut text = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&packed[..]);
        std::io::Read::read_to_end(&mut decoder, &mut text).unwrap();
        assert_eq!(text, plain);
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_missing_or_foreign_token_is_refused() {
    let fleet = small_fleet(&[]).await;
    let mut access = Access::of(fleet.kubeconfig(), "prod-ap");
    access.token = Access::of(fleet.kubeconfig(), "prod-us").token;
    assert_eq!(access.send("/api/v1/pods").await.unwrap().status(), 401);
    access.token = None;
    assert_eq!(access.send("/api/v1/pods").await.unwrap().status(), 401);
    assert_eq!(access.send("/livez").await.unwrap().status(), 200);
}

#[tokio::test]
async fn faults_of_the_connection_break_it() {
    let fleet = small_fleet(&[
        ("prod-ap", "refused"),
        ("prod-us", "untrusted"),
        ("staging", "expired-certificate"),
    ])
    .await;
    for cluster in ["prod-ap", "prod-us", "staging"] {
        let access = Access::of(fleet.kubeconfig(), cluster);
        assert!(
            access.send("/api/v1/pods").await.unwrap_err().is_connect(),
            "{cluster}"
        );
        fleet.set_fault(cluster, None);
        assert_eq!(
            access.send("/api/v1/pods").await.unwrap().status(),
            200,
            "{cluster}, healed"
        );
        fleet.set_fault(cluster, Some(Fault::Refused));
        // A client of its own has no connection from before.
        let another = Access::of(fleet.kubeconfig(), cluster);
        assert!(
            another.send("/api/v1/pods").await.unwrap_err().is_connect(),
            "{cluster}, again"
        );
    }
}

#[tokio::test]
async fn faults_of_the_body_break_it_in_the_middle() {
    let fleet = small_fleet(&[]).await;
    let access = Access::of(fleet.kubeconfig(), "prod-ap");
    let whole = access
        .send("/api/v1/pods")
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();

    fleet.set_fault("prod-ap", Some(Fault::Truncated));
    let half = access
        .send("/api/v1/pods")
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(
        half,
        whole.slice(..whole.len().div_ceil(2)),
        "the HTTP answer itself is whole"
    );

    fleet.set_fault("prod-ap", Some(Fault::Reset));
    let broken = access.send("/api/v1/pods").await.unwrap();
    assert_eq!(broken.status(), 200, "the head of the answer arrives");
    assert!(broken.bytes().await.is_err());

    fleet.set_fault("prod-ap", Some(Fault::WrongContentType));
    let page = access.send("/api/v1/pods").await.unwrap();
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );

    fleet.set_fault("prod-ap", Some(Fault::Huge));
    let mut huge = access.send("/api/v1/pods").await.unwrap();
    let mut received = 0;
    while received < 8 << 20 {
        received += huge.chunk().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn a_stalled_request_waits_until_the_fault_is_lifted() {
    let fleet = small_fleet(&[("prod-us", "stalled"), ("prod-ap", "slow:1ms")]).await;
    let access = Access::of(fleet.kubeconfig(), "prod-us");
    let waiting = tokio::spawn(async move {
        access
            .send("/api/v1/nodes")
            .await
            .map(|response| response.status())
    });
    // The request has arrived when it is in the log; only then is the fault lifted.
    while fleet.requests("prod-us") == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    fleet.set_fault("prod-us", None);
    assert_eq!(waiting.await.unwrap().unwrap(), 200);
    let slow = Access::of(fleet.kubeconfig(), "prod-ap");
    assert_eq!(slow.send("/api/v1/nodes").await.unwrap().status(), 200);
}

#[tokio::test]
async fn counted_faults_meet_the_request_they_should() {
    let fleet = small_fleet(&[("prod-ap", "once:401"), ("prod-us", "after:2:503")]).await;
    let mut met = Vec::new();
    for cluster in ["prod-ap", "prod-us"] {
        let access = Access::of(fleet.kubeconfig(), cluster);
        for _ in 0..3 {
            met.push(
                access
                    .send("/api/v1/nodes")
                    .await
                    .unwrap()
                    .status()
                    .as_u16(),
            );
        }
    }
    assert_eq!(met, [401, 200, 200, 200, 200, 503]);
}

#[tokio::test]
async fn prometheus_answers_and_has_faults_of_its_own() {
    let fleet = small_fleet(&[("staging", "prometheus:503")]).await;
    let client = client_builder().tls_certs_only([]).build().unwrap();
    let query = async |cluster: &str| {
        let url = format!(
            "{}/api/v1/query?query=up",
            fleet.prometheus_url(cluster).unwrap()
        );
        let response = client.get(url).send().await.unwrap();
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap(),
        )
    };
    let (status, up) = query("prod-us").await;
    assert_eq!((status, &up["status"]), (200, &Value::from("success")));
    assert!(!up["data"]["result"].as_array().unwrap().is_empty());
    let (status, failed) = query("staging").await;
    assert_eq!(
        (status, &failed["errorType"]),
        (503, &Value::from("timeout"))
    );
    let kubernetes = Access::of(fleet.kubeconfig(), "staging");
    assert_eq!(
        kubernetes.send("/api/v1/nodes").await.unwrap().status(),
        200,
        "the Kubernetes API is left alone"
    );
    fleet.set_fault("staging", None);
    assert_eq!(query("staging").await.0, 200);
}

#[tokio::test]
async fn files_are_private_and_go_with_the_fleet() {
    use std::os::unix::fs::PermissionsExt;
    let fleet = small_fleet(&[]).await;
    let (config, inventory) = (
        fleet.kubeconfig().to_owned(),
        fleet.clusters_yaml().to_owned(),
    );
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&config), mode(&inventory)), (0o600, 0o600));
    assert_eq!(mode(config.parent().unwrap()), 0o700);
    let address = fleet.kubernetes_address("prod-ap").unwrap();
    fleet.shutdown().await;
    assert!(!config.exists() && !inventory.exists());
    assert!(
        std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err(),
        "the port is closed"
    );
}

#[tokio::test]
async fn a_fault_for_a_cluster_that_does_not_exist_is_an_error_at_start() {
    let options = FleetOptions {
        faults: vec![("prod-eu".into(), Fault::Refused)],
        ..FleetOptions::default()
    };
    let message = Fleet::start(options).await.unwrap_err().to_string();
    assert!(
        message.contains("prod-eu") && message.contains("prod-ap, prod-us, staging"),
        "{message}"
    );
}

fn recorded(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/../tests/recordings/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

#[tokio::test]
async fn recorded_pages_are_served_byte_for_byte_to_the_end() {
    let pages = vec![recorded("pods-page-1.json"), recorded("pods-page-2.json")];
    let api = RecordedApi::start(Recording::pages("/api/v1/pods", pages.clone()).unwrap())
        .await
        .unwrap();
    let access = Access::of(api.kubeconfig(), "recorded");
    let (mut bodies, mut next) = (Vec::new(), String::new());
    loop {
        let body = access
            .send(&format!("/api/v1/pods?limit=50{next}"))
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let page: Value = serde_json::from_slice(&body).unwrap();
        bodies.push(body);
        match page["metadata"]["continue"].as_str() {
            Some(token) => next = format!("&continue={token}"),
            None => break,
        }
    }
    assert_eq!(bodies.len(), 3);
    assert_eq!(
        (&bodies[0][..], &bodies[1][..]),
        (&pages[0][..], &pages[1][..])
    );
    let last: Value = serde_json::from_slice(&bodies[2]).unwrap();
    assert_eq!(
        (&last["kind"], last["items"].as_array().unwrap().len()),
        (&Value::from("PodList"), 0)
    );
    assert_eq!(access.send("/api/v1/nodes").await.unwrap().status(), 404);
    assert_eq!(api.requests(), 4);
    api.shutdown().await;
}

#[test]
fn pages_that_do_not_follow_each_other_are_refused() {
    let pages = vec![recorded("namespaces.json"), recorded("pods-page-2.json")];
    let message = Recording::pages("/api/v1/namespaces", pages)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("page 0") && message.contains("metadata.continue"),
        "{message}"
    );
    assert!(Recording::pages("/x", vec![b"{".to_vec()]).is_err());
}
