//! The host keys of AWS connections: what they mean, what is inherited, and what is said about wrong ones.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;

use trawl_fleet::{
    AwsAuth, AwsRole, AwsSpec, EndpointSpec, Error, Inventory, LoadOptions, SecretRef,
};

fn load(text: &str) -> Result<Inventory, Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.yaml"), text).unwrap();
    Inventory::load(LoadOptions {
        config: Some(PathBuf::from("c.yaml")),
        plugins: &["kube", "prometheus", "other"],
        variable: &|_| None,
        folder: folder.path().to_owned(),
    })
}

fn inventory(text: &str) -> Inventory {
    load(text).unwrap_or_else(|error| panic!("{error}"))
}

fn aws(endpoint: &EndpointSpec) -> &AwsSpec {
    let EndpointSpec::Aws(spec) = endpoint else {
        panic!("expected AWS, found {endpoint:?}")
    };
    spec
}

/// The connection of a cluster in `eu-central-1` to CloudWatch.
fn cloudwatch(keys: &str) -> AwsSpec {
    let inventory = inventory(&format!(
        "clusters:\n- name: a\n  cloudwatch: {keys}\n  region: eu-central-1\n"
    ));
    aws(&inventory.connections[0].endpoint).clone()
}

#[test]
fn the_region_is_the_connections_or_the_clusters() {
    for (text, expected) in [
        (
            "clusters: [{name: a, region: eu-central-1, cloudwatch_group: /g}]",
            Some("eu-central-1"),
        ),
        (
            "clusters: [{name: a, cloudwatch_group: /g, region: eu-central-1}]",
            Some("eu-central-1"),
        ),
        (
            "clusters: [{name: a, region: eu-central-1, cloudwatch: {region: us-east-1}}]",
            Some("us-east-1"),
        ),
        ("clusters: [{name: a, cloudwatch_group: /g}]", None),
        (
            "clusters: [{name: a, region: r-1}, {name: b, region: r-1}]\nconnections: [{name: s, cloudwatch: {}, serves: [a, b]}]",
            Some("r-1"),
        ),
        (
            "clusters: [{name: a, region: r-1}, {name: b, region: r-2}]\nconnections: [{name: s, cloudwatch: {}, serves: [a, b]}]",
            None,
        ),
        (
            "clusters: [{name: a, region: r-1}, {name: b}]\nconnections: [{name: s, cloudwatch: {}, serves: [a, b]}]",
            None,
        ),
    ] {
        let inventory = inventory(text);
        assert_eq!(
            aws(&inventory.connections[0].endpoint).region.as_deref(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn equal_entries_in_two_regions_are_two_connections() {
    for keys in ["{log_group: /g}", "{log_group: /g, url: 'http://h:1'}"] {
        for (second, connections) in [("eu-central-1", 1), ("us-east-1", 2)] {
            let inventory = inventory(&format!(
                "clusters:\n- {{name: a, region: eu-central-1, cloudwatch: {keys}}}\n- {{name: b, region: {second}, cloudwatch: {keys}}}\n"
            ));
            assert_eq!(inventory.connections.len(), connections, "{keys} {second}");
        }
    }
}

#[test]
fn auth_has_these_forms() {
    let keys = |token| AwsAuth::Keys {
        access_key_id: "AKIA".to_owned(),
        secret_access_key: SecretRef::Env("S".to_owned()),
        session_token: token,
    };
    let role = |external_id: Option<&str>| {
        Some(AwsRole {
            arn: "arn:aws:iam::1:role/r".to_owned(),
            external_id: external_id.map(str::to_owned),
        })
    };
    for (written, auth, assumed) in [
        ("{}", AwsAuth::Chain, None),
        ("{auth: none}", AwsAuth::None, None),
        (
            "{auth: {profile: p}}",
            AwsAuth::Profile("p".to_owned()),
            None,
        ),
        (
            "{auth: {access_key_id: AKIA, secret_access_key: {env: S}}}",
            keys(None),
            None,
        ),
        (
            "{auth: {access_key_id: AKIA, secret_access_key: {env: S}, session_token: {env: T}}}",
            keys(Some(SecretRef::Env("T".to_owned()))),
            None,
        ),
        (
            "{auth: {role_arn: 'arn:aws:iam::1:role/r'}}",
            AwsAuth::Chain,
            role(None),
        ),
        (
            "{auth: {profile: p, role_arn: 'arn:aws:iam::1:role/r', external_id: x}}",
            AwsAuth::Profile("p".to_owned()),
            role(Some("x")),
        ),
    ] {
        let spec = cloudwatch(written);
        assert_eq!((spec.auth, spec.role), (auth, assumed), "{written}");
    }
}

#[test]
fn the_endpoints_of_a_connection_share_what_they_do_not_say() {
    let inventory = inventory(
        "clusters:
- name: a
  region: eu-central-1
  cloudwatch:
    url: http://all:1
    auth: {profile: p}
    endpoints:
      logs: {url: 'http://logs:2'}
      sts: {url: 'http://sts:3'}
    log_group: /g
",
    );
    let connection = &inventory.connections[0];
    let own = aws(&connection.endpoint);
    assert_eq!(own.url.as_deref(), Some("http://all:1/"));
    assert_eq!(own.sts_url.as_deref(), Some("http://sts:3/"));
    let logs = aws(&connection.endpoints["logs"]);
    let expected = AwsSpec {
        url: Some("http://logs:2/".to_owned()),
        ..own.clone()
    };
    assert_eq!(logs, &expected);
    assert_eq!(
        connection.endpoints.len(),
        1,
        "roles are assumed by the host alone"
    );
    assert_eq!(connection.config.len(), 1, "{:?}", connection.config);
    assert_eq!(
        logs.clone().of_service("logs").service.as_deref(),
        Some("logs")
    );
}

#[test]
fn roles_are_assumed_where_all_services_are() {
    let spec = cloudwatch("{url: 'http://all:1'}");
    assert_eq!(spec.sts_url.as_deref(), Some("http://all:1/"));
    assert_eq!(cloudwatch("{}").sts_url, None);
}

#[test]
fn any_plugin_is_of_aws_where_its_keys_say_so() {
    for (keys, is_aws) in [
        ("{region: eu-central-1}", true),
        ("{url: 'http://h', auth: {profile: p}}", true),
        ("{auth: {role_arn: 'arn:aws:iam::1:role/r'}}", true),
        ("{url: 'http://h'}", false),
        ("{url: 'http://h', auth: {bearer: {env: T}}}", false),
        ("{x: 1}", false),
    ] {
        let inventory = inventory(&format!("clusters: [{{name: a, other: {keys}}}]"));
        let found = matches!(inventory.connections[0].endpoint, EndpointSpec::Aws(_));
        assert_eq!(found, is_aws, "{keys}");
    }
}

#[test]
fn what_a_plugin_declares_meets_what_the_inventory_says() {
    for (keys, kind, expected) in [
        ("{region: eu-central-1}", "aws", Ok("eu-central-1")),
        (
            "{region: eu-central-1, url: 'http://h'}",
            "aws",
            Ok("eu-central-1"),
        ),
        (
            "{url: 'http://h'}",
            "aws",
            Err(
                "connection a/other: the endpoint `logs` of other is an API of AWS: expected `region: NAME`",
            ),
        ),
        (
            "{}",
            "aws",
            Err("is an API of AWS: expected `region: NAME`"),
        ),
        ("{context: c}", "aws", Err("is an API of AWS")),
        (
            "{region: eu-central-1}",
            "http",
            Err("is no API of AWS: expected no `region`"),
        ),
        (
            "{region: eu-central-1}",
            "kubernetes",
            Err("is a Kubernetes API, reached by `context: NAME`"),
        ),
        (
            "{url: 'http://h'}",
            "kubernetes",
            Err("is a Kubernetes API, reached by `context: NAME`"),
        ),
        ("{url: 'http://h'}", "http", Ok("")),
        ("{}", "http", Ok("")),
        ("{context: c}", "kubernetes", Ok("")),
    ] {
        let inventory = inventory(&format!("clusters: [{{name: a, other: {keys}}}]"));
        let found = inventory.connections[0].endpoint_of("logs", kind);
        match (found, expected) {
            (Ok(EndpointSpec::Aws(spec)), Ok(region)) => {
                assert_eq!(spec.region.as_deref(), Some(region), "{keys} {kind}");
                assert_eq!(spec.service.as_deref(), Some("logs"));
            }
            (Ok(_), Ok(region)) => assert_eq!(region, "", "{keys} {kind}"),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
            (found, _) => panic!("{keys} {kind}: {found:?}"),
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_quotes_no_secret() {
    for (keys, complaints) in [
        (
            "{region: 'us-east-1.evil.example'}",
            vec![":3:24: `region`: expected a region of AWS such as `ap-southeast-1`"],
        ),
        (
            "{auth: {profil: p}}",
            vec![
                ":3:23: unknown key `profil` in `auth`",
                "did you mean `profile`?",
            ],
        ),
        (
            "{auth: {bearer: {env: T}}}",
            vec![":3:23: unknown key `bearer` in `auth` of an AWS connection"],
        ),
        (
            "{auth: {access_key_id: AKIA, secret_access_key: hunter2}}",
            vec![
                "`secret_access_key`: expected a reference",
                "does not belong into this file",
            ],
        ),
        (
            "{auth: {access_key_id: AKIA}}",
            vec![":3:22: `auth`: expected `access_key_id` and `secret_access_key` together"],
        ),
        ("{auth: {session_token: {env: T}}}", vec!["together"]),
        (
            "{auth: {profile: p, access_key_id: AKIA, secret_access_key: {env: S}}}",
            vec!["found both"],
        ),
        (
            "{auth: {external_id: x}}",
            vec!["expected `role_arn` beside it"],
        ),
        (
            "{auth: {role_arn: admin}}",
            vec![":3:33: `role_arn`: expected `arn:aws:iam::ACCOUNT:role/NAME`, found `admin`"],
        ),
        (
            "{role_arn: 'arn:aws:iam::1:role/r'}",
            vec!["expected `role_arn` below `auth`"],
        ),
        (
            "{auth: 5}",
            vec![
                "`auth`: expected `none`, `{profile: NAME}`",
                "found a number",
            ],
        ),
        ("{auth: {}}", vec!["`auth`: expected `none`"]),
        (
            "{url: 'http://me:hunter2@h'}",
            vec![":3:21: `url`: expected no user in it"],
        ),
        (
            "{grants: [secrets]}",
            vec!["is about a Kubernetes API: expected it beside a `context`"],
        ),
        ("{limits: {timeout: 5}}", vec!["`timeout`: expected a time"]),
        (
            "{context: c, region: eu-central-1}",
            vec!["`region` does not go with a kubeconfig context"],
        ),
    ] {
        let error = load(&format!("clusters:\n- name: a\n  cloudwatch: {keys}\n"))
            .expect_err(keys)
            .to_string();
        for complaint in complaints {
            assert!(error.contains(complaint), "{keys}: {error}");
        }
        assert!(!error.contains("hunter2"), "{error}");
    }
}
