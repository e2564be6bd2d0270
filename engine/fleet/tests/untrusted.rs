//! What came over HTTP: every field that is refused, by its name, and what is left of one that is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use trawl_fleet::{
    Accepted, Auth, Credentials, EndpointSpec, Guard, Inventory, Origin, Registered,
    RegisteredCluster, Request, SecretRef,
};

const PLUGINS: &[&str] = &["kube", "prometheus", "cloudwatch", "loki"];
/// `-----BEGIN CERTIFICATE-----\nPLANTED\n-----END CERTIFICATE-----\n`
const CERTIFICATE: &str =
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClBMQU5URUQKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=";
/// `-----BEGIN PRIVATE KEY-----\nPLANTED\n-----END PRIVATE KEY-----\n`
const KEY: &str =
    "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tClBMQU5URUQKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo=";

fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: admin@a
contexts:
- {{name: other, context: {{cluster: b, user: exec}}}}
- {{name: admin@a, context: {{cluster: a, user: admin, namespace: x}}}}
clusters:
- {{name: b, cluster: {{server: 'http://b', insecure-skip-tls-verify: true}}}}
- {{name: a, cluster: {{server: 'https://a.example:6443', {cluster}}}}}
users:
- {{name: exec, user: {{exec: {{command: evil}}}}}}
- {{name: admin, user: {{{user}}}}}
"
    )
}

fn check(
    kubeconfig: &str,
    context: Option<&str>,
    connections: &Json,
) -> Result<Accepted, Vec<String>> {
    let tags = BTreeMap::from([("team".to_owned(), "payments".to_owned())]);
    let request = Request {
        name: "a",
        region: Some("eu-west-1"),
        environment: Some("prod"),
        account: None,
        tags: &tags,
        kubeconfig,
        context,
        connections: connections.as_object().unwrap(),
    };
    let refused = |wrong: Vec<trawl_fleet::Refusal>| {
        wrong.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    Accepted::of(&request, PLUGINS).map_err(refused)
}

#[test]
fn fields_of_a_kubeconfig_that_could_do_more_are_refused_by_name() {
    let token = "token: PLANTED";
    for (cluster, user, field) in [
        (
            "certificate-authority: /etc/passwd",
            token,
            "kubeconfig.clusters[a].certificate-authority: it names a file",
        ),
        (
            "insecure-skip-tls-verify: true",
            token,
            "kubeconfig.clusters[a].insecure-skip-tls-verify: whoever is on the way",
        ),
        (
            "proxy-url: 'http://PLANTED'",
            token,
            "kubeconfig.clusters[a].proxy-url: ",
        ),
        (
            "tls-server-name: PLANTED",
            token,
            "kubeconfig.clusters[a].tls-server-name: it is not supported",
        ),
        (
            "new-field: PLANTED",
            token,
            "kubeconfig.clusters[a].new-field: it is not known",
        ),
        (
            "certificate-authority-data: PLANTED",
            token,
            "kubeconfig.clusters[a].certificate-authority-data: expected base64 of PEM with a CERTIFICATE",
        ),
        ("server: 'https://u:PLANTED@a'", token, "duplicate"),
        (
            "",
            "exec: {command: PLANTED}",
            "kubeconfig.users[admin].exec: it runs a program",
        ),
        (
            "",
            "auth-provider: {name: PLANTED}",
            "kubeconfig.users[admin].auth-provider: it uses an identity",
        ),
        (
            "",
            "tokenFile: /PLANTED",
            "kubeconfig.users[admin].tokenFile: it names a file",
        ),
        (
            "",
            "client-certificate: /PLANTED",
            "kubeconfig.users[admin].client-certificate: it names a file",
        ),
        (
            "",
            "client-key: /PLANTED",
            "kubeconfig.users[admin].client-key: it names a file",
        ),
        (
            "",
            "username: PLANTED, password: PLANTED",
            "kubeconfig.users[admin].password: passwords are not taken",
        ),
        (
            "",
            "as: PLANTED",
            "kubeconfig.users[admin].as: impersonation",
        ),
        (
            "",
            "as-groups: [PLANTED]",
            "kubeconfig.users[admin].as-groups: impersonation",
        ),
        (
            "",
            "later: PLANTED",
            "kubeconfig.users[admin].later: it is not known",
        ),
        (
            "",
            "token: {env: PLANTED}",
            "kubeconfig.users[admin].token: expected text, got a mapping",
        ),
        (
            "",
            "token: \"PLANTED\\nX: y\"",
            "kubeconfig.users[admin].token: it holds a character",
        ),
        (
            "",
            &format!("client-certificate-data: {CERTIFICATE}"),
            "kubeconfig.users[admin]: expected `client-certificate-data` and `client-key-data` together",
        ),
        (
            "",
            &format!("client-certificate-data: {KEY}, client-key-data: {KEY}"),
            "client-certificate-data: expected base64 of PEM with a CERTIFICATE",
        ),
    ] {
        let wrong = check(&kubeconfig(cluster, user), None, &json!({})).unwrap_err();
        let said = wrong.join("\n");
        let field = if field == "duplicate" {
            "kubeconfig: no valid YAML (line "
        } else {
            field
        };
        assert!(said.contains(field), "{cluster} {user}: {said}");
        assert!(!said.contains("PLANTED"), "{said}");
    }
}

#[test]
fn addresses_of_api_servers_are_https_without_a_user() {
    for server in [
        "http://a",
        "https://u:PLANTED@a",
        "https://",
        "file:///etc/passwd",
        "a:6443",
        "https://a?PLANTED=1",
    ] {
        let text = kubeconfig("", "token: t").replace("https://a.example:6443", server);
        let said = check(&text, None, &json!({})).unwrap_err().join("\n");
        assert!(
            said.contains("kubeconfig.clusters[a].server: expected `https://HOST"),
            "{server}: {said}"
        );
        assert!(!said.contains("PLANTED"), "{said}");
    }
}

#[test]
fn what_is_no_kubeconfig_is_told_without_quoting_it() {
    for (text, said) in [
        ("PLANTED: [", "kubeconfig: no valid YAML"),
        ("a: 1\na: 2", "kubeconfig: no valid YAML (line 2, column 1)"),
        ("PLANTED", "context: it has no `current-context`"),
        ("", "context: it has no `current-context`"),
        (
            "current-context: x",
            "context: the kubeconfig has no context `x`",
        ),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]",
            "kubeconfig.contexts[x].cluster: its cluster `c` is not in",
        ),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {}}]",
            "kubeconfig.contexts[x].user: its user `u` is not in",
        ),
        (
            "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {}}]\nusers: [{name: u, user: {}}]",
            "kubeconfig.clusters[c].server: expected the address",
        ),
    ] {
        let wrong = check(text, None, &json!({})).unwrap_err().join("\n");
        assert!(wrong.contains(said), "{text}: {wrong}");
        assert!(!wrong.contains("PLANTED"), "{wrong}");
    }
    let large = "x".repeat(trawl_fleet::MAX_KUBECONFIG_BYTES + 1);
    let wrong = check(&large, None, &json!({})).unwrap_err().join("\n");
    assert!(wrong.contains("--minify"), "{wrong}");
}

#[test]
fn connections_that_use_what_is_the_servers_are_refused() {
    let url = "https://p.example";
    for (connections, field) in [
        (
            json!({"kube": {"context": "x"}}),
            "connections.kube: the API server is in the `kubeconfig`",
        ),
        (
            json!({"promtheus": {"url": url}}),
            "connections.promtheus: no plugin of this name is installed",
        ),
        (
            json!({"prometheus": "x"}),
            "connections.prometheus: expected an object",
        ),
        (
            json!({"prometheus": {}}),
            "connections.prometheus.url: expected the address",
        ),
        (
            json!({"prometheus": {"url": "file:///etc/passwd"}}),
            "connections.prometheus: `url`: expected",
        ),
        (
            json!({"prometheus": {"url": url, "auth": {"bearer": {"env": "PLANTED"}}}}),
            "connections.prometheus.auth.bearer.env: it names a variable of the server",
        ),
        (
            json!({"prometheus": {"url": url, "auth": {"bearer": {"file": "/PLANTED"}}}}),
            "connections.prometheus.auth.bearer.file: it names a file of the server",
        ),
        (
            json!({"prometheus": {"url": url, "headers": {"x": {"file": "/PLANTED"}}}}),
            "connections.prometheus.headers.x.file: it names a file",
        ),
        (
            json!({"prometheus": {"url": url, "extra": [{"deep": {"env": "PLANTED"}}]}}),
            "connections.prometheus.extra.0.deep.env: it names a variable",
        ),
        (
            json!({"prometheus": {"url": url, "auth": {"exec": "PLANTED"}}}),
            "connections.prometheus.auth: expected `\"none\"`",
        ),
        (
            json!({"prometheus": {"url": url, "auth": {"role": "PLANTED"}}}),
            "connections.prometheus.auth: expected",
        ),
        (
            json!({"prometheus": {"url": url, "tls": {"ca_file": "/PLANTED"}}}),
            "connections.prometheus.tls: it names files",
        ),
        (
            json!({"prometheus": {"url": url, "proxy": "http://PLANTED"}}),
            "connections.prometheus.proxy: requests go to the address itself",
        ),
        (
            json!({"prometheus": {"url": url, "serves": ["prod"]}}),
            "connections.prometheus.serves: a registered connection serves its own cluster",
        ),
        (
            json!({"prometheus": {"context": "PLANTED"}}),
            "connections.prometheus.context: ",
        ),
        (
            json!({"prometheus": {"url": url, "endpoints": {"x": {"in_cluster": true}}}}),
            "connections.prometheus.endpoints.x.in_cluster: it uses an identity",
        ),
        (
            json!({"prometheus": {"url": url, "endpoints": {"x": {"url": url, "auth": {"bearer": {"env": "PLANTED"}}}}}}),
            "connections.prometheus.endpoints.x.auth.bearer.env",
        ),
        (
            json!({"prometheus": {"url": "https://u:PLANTED@p", "auth": {"bearer": "PLANTED"}}}),
            "connections.prometheus: `auth` and a user in `url`",
        ),
        (
            json!({"cloudwatch": {"log_group": "/x"}}),
            "connections.cloudwatch: APIs of AWS are asked with an identity of the server",
        ),
        (
            json!({"cloudwatch": {"region": "eu-west-1"}}),
            "connections.cloudwatch.region: APIs of AWS",
        ),
        (
            json!({"loki": {"url": url, "region": "eu-west-1"}}),
            "connections.loki.region: ",
        ),
    ] {
        let wrong = check(&kubeconfig("", "token: t"), None, &connections)
            .unwrap_err()
            .join("\n");
        assert!(wrong.contains(field), "{connections}: {wrong}");
        assert!(!wrong.contains("PLANTED"), "{wrong}");
    }
}

#[test]
fn wrong_names_and_labels_are_told_with_their_field() {
    let config = kubeconfig("", "token: t");
    let (empty, connections) = (BTreeMap::new(), Map::new());
    let request = |name, region, environment| Request {
        name,
        region,
        environment,
        account: None,
        tags: &empty,
        kubeconfig: &config,
        context: None,
        connections: &connections,
    };
    for (request, said) in [
        (request("a*", None, None), "name: `a*` is no valid name"),
        (request("", None, None), "name: `name`: expected text"),
        (
            request("a", Some(""), None),
            "region: `region`: expected text",
        ),
        (
            request("a", None, Some("x\ny")),
            "environment: `environment`: expected text",
        ),
    ] {
        let wrong = Accepted::of(&request, PLUGINS).unwrap_err();
        assert!(wrong[0].to_string().starts_with(said), "{}", wrong[0]);
    }
}

#[test]
fn what_is_accepted_is_an_address_and_inline_secrets_under_a_guard() {
    let user = format!(
        "token: PLANTED-1, client-certificate-data: {CERTIFICATE}, client-key-data: {KEY}, exec: null, extensions: [x]"
    );
    let config = kubeconfig(&format!("certificate-authority-data: {CERTIFICATE}"), &user);
    let connections = json!({
        "prometheus": {"url": "https://p.example/x", "auth": {"bearer": "PLANTED-2"}, "headers": {"x-scope": "a"}},
        "loki": {"url": "https://u:PLANTED-3@l.example"},
    });
    let accepted = check(&config, Some("admin@a"), &connections).unwrap();
    assert_eq!(accepted.context, "admin@a");
    assert_eq!(accepted.cluster.environment.as_deref(), Some("production"));
    assert_eq!(
        accepted.credentials.plugins(),
        ["kube", "prometheus", "loki"]
    );
    let text = accepted.credentials.to_text().unwrap();
    let again = Credentials::from_text(&text).unwrap();
    assert!(again == accepted.credentials);
    assert!(Credentials::from_text("{\"PLANTED\": 1}").is_err());

    let file = Inventory::of(vec![], vec![], Origin::Kubeconfig(vec![]));
    let registered = RegisteredCluster {
        cluster: accepted.cluster.clone(),
        credentials: Ok(again),
    };
    let sealed = RegisteredCluster {
        cluster: trawl_fleet::Cluster {
            name: "b".to_owned(),
            ..accepted.cluster.clone()
        },
        credentials: Err("its key is missing".to_owned()),
    };
    let guard = Guard::default();
    let added = file.with_registered(&[registered, sealed], Some("b"), PLUGINS, &guard);
    assert_eq!(added.problems, [""; 0]);
    let inventory = added.inventory;
    assert_eq!(inventory.default.as_deref(), Some("b"));
    assert!(
        !format!("{inventory:?}").contains("PLANTED"),
        "{inventory:?}"
    );
    assert!(
        inventory
            .connections
            .iter()
            .all(|it| it.endpoint.is_guarded())
    );
    let of = |name: &str| {
        let mut all = inventory.connections.iter();
        all.find(|it| it.name == name).unwrap().endpoint.clone()
    };
    let EndpointSpec::Kubernetes(kube) = of("a/kube") else {
        panic!()
    };
    let Some(Registered::At(server)) = kube.registered else {
        panic!()
    };
    assert_eq!(server.url, "https://a.example:6443/");
    assert_eq!(
        server.auth,
        Auth::Bearer(SecretRef::Inline("PLANTED-1".to_owned()))
    );
    assert!(server.tls.inline.as_ref().unwrap().identity.is_some());
    let EndpointSpec::Kubernetes(kube) = of("b/kube") else {
        panic!()
    };
    assert_eq!(
        kube.registered,
        Some(Registered::Sealed("its key is missing".to_owned()))
    );
    let EndpointSpec::Http(loki) = of("a/loki") else {
        panic!()
    };
    assert!(matches!(loki.auth, Auth::Basic { .. }) && !loki.url.contains("PLANTED"));
}

#[test]
fn what_the_file_says_comes_first() {
    let accepted = check(
        &kubeconfig("", "token: t"),
        None,
        &json!({"loki": {"url": "https://l"}}),
    )
    .unwrap();
    let registered = [RegisteredCluster {
        cluster: accepted.cluster.clone(),
        credentials: Ok(accepted.credentials),
    }];
    let file = Inventory::of(vec![accepted.cluster], vec![], Origin::Kubeconfig(vec![]));
    let added = file.with_registered(&registered, Some("gone"), PLUGINS, &Guard::default());
    assert_eq!(added.inventory.connections, []);
    assert!(
        added.problems[0].contains("`a` is not used, since"),
        "{:?}",
        added.problems
    );
    assert!(added.problems[1].contains("`gone`"), "{:?}", added.problems);
    // A plugin that was removed takes its connections with it, and nothing else.
    let empty = Inventory::of(vec![], vec![], Origin::Kubeconfig(vec![]));
    let added = empty.with_registered(&registered, None, &["kube"], &Guard::default());
    assert_eq!(added.inventory.connections.len(), 1);
    assert!(
        added.problems[0].contains("connections.loki: no plugin"),
        "{:?}",
        added.problems
    );
}
