//! CloudWatch over its real door: signatures, one port for a region, faults that are counted, and the record of requests.
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests may panic and print as tests may"
)]

use hmac::{Hmac, Mac};
use reqwest::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use trawl_demo::{Fault, Fleet, FleetOptions};

const GROUP: &str = "/aws/containerinsights/prod/application";

async fn small_fleet(faults: &[(&str, &str)]) -> Fleet {
    // Another test may have been first; there is one provider a process.
    let _ = rustls::crypto::ring::default_provider().install_default();
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

/// Sends a signed request about a cluster's region: status and answer.
async fn ask(fleet: &Fleet, cluster: &str, target: &str, body: &Value) -> (u16, Value) {
    let url = fleet.cloudwatch_url(cluster).unwrap();
    let region = &fleet
        .clusters()
        .find(|known| known.name == cluster)
        .unwrap()
        .region;
    let service = if target.starts_with("Logs") {
        "logs"
    } else {
        "monitoring"
    };
    let host = url.strip_prefix("http://").unwrap();
    let body = body.to_string();
    let now = OffsetDateTime::now_utc();
    let day = format!(
        "{:04}{:02}{:02}",
        now.year(),
        u8::from(now.month()),
        now.day()
    );
    let date = format!(
        "{day}T{:02}{:02}{:02}Z",
        now.hour(),
        now.minute(),
        now.second()
    );
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let signed = "host;x-amz-date;x-amz-target";
    let payload = hex(&Sha256::digest(&body));
    let canonical = format!(
        "POST\n/\n\nhost:{host}\nx-amz-date:{date}\nx-amz-target:{target}\n\n{signed}\n{payload}"
    );
    let digest = hex(&Sha256::digest(&canonical));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}");
    let (id, secret) = fleet.aws_credentials();
    let key = [&day, region, service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            hmac(&key, part)
        });
    let signature = hex(&hmac(&key, &to_sign));
    let response = Client::new()
        .post(&url)
        .header("x-amz-date", date)
        .header("x-amz-target", target)
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}"),
        )
        .body(body)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn clusters_of_a_region_share_its_door_and_its_record() {
    let fleet = small_fleet(&[]).await;
    assert_eq!(
        fleet.cloudwatch_url("prod-ap"),
        fleet.cloudwatch_url("staging")
    );
    assert_ne!(
        fleet.cloudwatch_url("prod-ap"),
        fleet.cloudwatch_url("prod-us")
    );
    assert_eq!(fleet.cloudwatch_url("nowhere"), None);
    for cluster in ["prod-ap", "prod-us"] {
        assert_eq!(fleet.log_group(cluster).as_deref(), Some(GROUP));
        let body = json!({"logGroupName": GROUP, "filterPattern": "timeout", "limit": 1});
        let (status, answer) = ask(&fleet, cluster, "Logs_20140328.FilterLogEvents", &body).await;
        assert_eq!(status, 200, "{answer}");
        assert!(
            answer["events"][0]["message"]
                .as_str()
                .unwrap()
                .contains("timeout")
        );
    }
    let (status, answer) = ask(
        &fleet,
        "prod-us",
        "GraniteServiceVersion20100801.DescribeAlarms",
        &json!({}),
    )
    .await;
    assert_eq!(status, 200);
    assert!(!answer["MetricAlarms"].as_array().unwrap().is_empty());
    let log = fleet.cloudwatch_log("staging");
    let (asked, body) = log[0].split_once(" {").unwrap();
    assert_eq!(
        (log.len(), asked),
        (1, "POST Logs_20140328.FilterLogEvents */*")
    );
    let body: Value = serde_json::from_str(&format!("{{{body}")).unwrap();
    assert_eq!(body["logGroupName"], GROUP);
    assert_eq!(
        (
            fleet.cloudwatch_requests("prod-us"),
            fleet.requests("prod-us")
        ),
        (2, 0)
    );
    fleet.shutdown().await;
}

#[tokio::test]
async fn who_does_not_sign_is_refused() {
    let fleet = small_fleet(&[]).await;
    let reply = Client::new()
        .post(fleet.cloudwatch_url("prod-us").unwrap())
        .header("x-amz-target", "Logs_20140328.DescribeLogGroups")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 403);
    assert_eq!(
        reply.headers()["content-type"],
        "application/x-amz-json-1.1"
    );
    let body: Value = reply.json().await.unwrap();
    assert_eq!(body["__type"], "MissingAuthenticationTokenException");
    assert_eq!(body["message"], "Missing Authentication Token");
}

#[tokio::test]
async fn faults_of_cloudwatch_leave_the_other_apis_alone() {
    let fleet = small_fleet(&[("prod-us", "cloudwatch:times:2:429")]).await;
    let groups = "Logs_20140328.DescribeLogGroups";
    let mut met = Vec::new();
    for _ in 0..3 {
        let (status, answer) = ask(&fleet, "prod-us", groups, &json!({})).await;
        met.push((
            status,
            answer["__type"].as_str().unwrap_or_default().to_owned(),
        ));
    }
    let throttled = (400, "ThrottlingException".to_owned());
    assert_eq!(met, [throttled.clone(), throttled, (200, String::new())]);
    for (fault, status, kind) in [
        ("cloudwatch:429", 400, "ThrottlingException"),
        ("cloudwatch:expired", 403, "ExpiredTokenException"),
        ("cloudwatch:401", 403, "UnrecognizedClientException"),
        ("cloudwatch:403", 400, "AccessDeniedException"),
        ("cloudwatch:404", 400, "ResourceNotFoundException"),
        ("cloudwatch:503", 503, "ServiceUnavailableException"),
        ("cloudwatch:500", 500, "InternalFailure"),
    ] {
        fleet.set_fault("prod-us", Some(fault.parse::<Fault>().unwrap()));
        let (found, answer) = ask(&fleet, "prod-us", groups, &json!({})).await;
        assert_eq!(
            (found, &answer["__type"]),
            (status, &json!(kind)),
            "{fault}"
        );
        assert_eq!(
            ask(&fleet, "prod-ap", groups, &json!({})).await.0,
            200,
            "another region"
        );
    }
    let url = format!(
        "{}/api/v1/query?query=up",
        fleet.prometheus_url("prod-us").unwrap()
    );
    assert_eq!(Client::new().get(url).send().await.unwrap().status(), 200);
    fleet.set_fault("prod-us", None);
    assert_eq!(ask(&fleet, "prod-us", groups, &json!({})).await.0, 200);
}
