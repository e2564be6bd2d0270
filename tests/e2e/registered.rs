//! Clusters that are registered with a server over HTTP: what a killed server keeps, what is refused, what stays secret, and what
//! existing dashboards get.

use std::net::SocketAddr;
use std::sync::Mutex;

use serde_json::{Value, json};
use trawl_demo::{Fault, Fleet};
use trawl_programs::http::encoded;

use crate::server::{Server, ask, ask_as, tokens, wait_until};
use crate::support::{fleet, trawl};

/// A request that registers a cluster of a fleet under a name.
fn wanted(fleet: &Fleet, cluster: &str, name: &str) -> Value {
    json!({
        "name": name,
        "region": "eu-west-1",
        "environment": "staging",
        "tags": {"team": "registered"},
        "kubeconfig": std::fs::read_to_string(fleet.kubeconfig()).unwrap(),
        "context": cluster,
    })
}

/// Nobody is asked for a token, and clusters of this machine can be registered.
const LOOPBACK: [&str; 3] = ["--no-auth", "--register-allow", "127.0.0.0/8"];

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_has_lost_none_that_it_acknowledged() {
    let fleet = fleet().await;
    let folder = tempfile::tempdir().unwrap();
    let acknowledged = Mutex::new(Vec::new());
    let done = tokio::task::block_in_place(|| {
        let mut expected = Vec::new();
        for round in 0..3 {
            let mut server = Server::start(folder.path(), &LOOPBACK);
            std::thread::scope(|scope| {
                for thread in 0..3 {
                    let (server, fleet, acknowledged) = (server.address, &fleet, &acknowledged);
                    scope.spawn(move || {
                        for at in 0.. {
                            let name = format!("r{round}-t{thread}-{at}");
                            let wanted = wanted(fleet, "staging", &name);
                            match ask(server, "POST", "/api/v1/clusters", &wanted) {
                                Some((201, _)) => acknowledged.lock().unwrap().push(name),
                                Some((status, body)) => panic!("{status}: {body}"),
                                // It was killed.
                                None => return,
                            }
                        }
                    });
                }
                let enough = expected.len() + 6;
                wait_until(|| acknowledged.lock().unwrap().len() >= enough);
                server.kill();
            });
            expected.clone_from(&acknowledged.lock().unwrap());
        }
        expected
    });
    let server = Server::start(folder.path(), &LOOPBACK);
    let kept = server.names();
    for name in &done {
        assert!(kept.contains(name), "{name} is lost: {kept:?}");
    }
    assert!(done.len() >= 18);
    // They are reached with the credentials that were kept.
    let query = json!({"query": "nodes | count", "clusters": [done[0]]});
    let (status, answer) = server.ask("POST", "/api/v1/query", &query).unwrap();
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["completeness"]["complete"], true, "{answer}");
    fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_come_and_go_while_a_server_runs() {
    let fleet = fleet().await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &LOOPBACK);
    let (status, made) = server
        .ask(
            "POST",
            "/api/v1/clusters",
            &wanted(&fleet, "staging", "new/one"),
        )
        .unwrap();
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["plugins"], json!(["kube"]));
    assert_eq!(made["registered"]["by"], "local");
    assert!(
        made["registered"]["version"]
            .as_str()
            .unwrap()
            .starts_with('v'),
        "{made}"
    );
    assert!(made["registered"]["nodes"].as_i64().unwrap() > 0, "{made}");
    let path = format!("/api/v1/clusters/{}", encoded("new/one"));
    assert_eq!(server.get(&path), made);
    let count = |clusters: &[&str]| {
        let query = json!({"query": "pods | where tags.team == \"registered\" | count", "clusters": clusters});
        let (status, answer) = server.ask("POST", "/api/v1/query", &query).unwrap();
        (status, answer["rows"][0]["count_"].clone())
    };
    assert_eq!(count(&[]).1, 700, "it can be queried at once");

    let again = wanted(&fleet, "staging", "new/one");
    let (status, said) = server.ask("POST", "/api/v1/clusters", &again).unwrap();
    assert_eq!((status, &said["error"]["code"]), (409, &json!("exists")));
    let first = server.names()[0].clone();
    let taken = wanted(&fleet, "staging", &first);
    let (status, said) = server.ask("POST", "/api/v1/clusters", &taken).unwrap();
    assert_eq!((status, &said["error"]["code"]), (409, &json!("exists")));
    let (status, said) = server
        .ask("DELETE", &format!("/api/v1/clusters/{first}"), &Value::Null)
        .unwrap();
    assert_eq!(
        (status, &said["error"]["code"]),
        (409, &json!("not-registered"))
    );

    // Another server with the same database has it too, and sees at its next look that it is gone.
    let other = Server::start(folder.path(), &LOOPBACK);
    assert!(other.names().contains(&"new/one".to_owned()));
    let (status, chosen) = server
        .ask("POST", &format!("{path}/default"), &Value::Null)
        .unwrap();
    assert_eq!((status, chosen), (200, json!({"default": "new/one"})));
    assert_eq!(server.get("/api/clusters")["default"], "new/one");
    let stats = server.get(&format!("{path}/stats"));
    assert_eq!(stats["pods"], 700, "{stats}");
    assert_eq!(stats["completeness"]["complete"], true);
    let phases = stats["pods_by_phase"].as_object().unwrap().values();
    assert_eq!(phases.map(|it| it.as_u64().unwrap()).sum::<u64>(), 700);
    let resources = server.get(&format!("{path}/resources"));
    assert_eq!(resources["nodes"]["available"], false, "{resources}");
    assert_eq!(server.ask("DELETE", &path, &Value::Null).unwrap().0, 204);
    assert_eq!(server.ask("DELETE", &path, &Value::Null).unwrap().0, 404);
    assert_eq!(count(&["new/one"]).0, 400);
    wait_until(|| !other.names().contains(&"new/one".to_owned()));
    fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_is_refused_with_its_field() {
    let fleet = fleet().await;
    let folder = tempfile::tempdir().unwrap();
    // Without --register-allow.
    let server = Server::start(folder.path(), &["--no-auth"]);
    let (status, said) = server
        .ask("POST", "/api/v1/clusters", &wanted(&fleet, "staging", "a"))
        .unwrap();
    assert_eq!(
        (status, &said["error"]["code"]),
        (422, &json!("unreachable"))
    );
    let message = said["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("a loopback address, which is refused"),
        "{message}"
    );
    assert!(message.contains("--register-allow"), "{message}");
    assert_eq!(fleet.requests("staging"), 0, "nothing was sent");

    let mut evil = wanted(&fleet, "staging", "a");
    evil["kubeconfig"] = json!(
        "current-context: x
contexts: [{name: x, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'https://10.0.0.1', proxy-url: 'http://PLANTED'}}]
users: [{name: u, user: {exec: {command: PLANTED}}}]"
    );
    evil["context"] = Value::Null;
    evil["connections"] =
        json!({"prometheus": {"url": "http://p", "auth": {"bearer": {"env": "HOME"}}}});
    let (status, said) = server.ask("POST", "/api/v1/clusters", &evil).unwrap();
    assert_eq!((status, &said["error"]["code"]), (422, &json!("refused")));
    let fields = said["error"]["fields"].as_array().unwrap().iter();
    let fields: Vec<&str> = fields.map(|it| it["field"].as_str().unwrap()).collect();
    assert_eq!(
        fields,
        [
            "kubeconfig.clusters[c].proxy-url",
            "kubeconfig.users[u].exec",
            "connections.prometheus.auth.bearer.env"
        ]
    );
    assert!(!said.to_string().contains("PLANTED"), "{said}");
    for (body, expected) in [
        (json!({}), 422),
        (json!({"name": "a", "kubeconfig": "x", "more": 1}), 422),
        (json!({"name": "overview", "kubeconfig": "x"}), 422),
        (json!({"name": "a", "kubeconfig": "x".repeat(600_000)}), 422),
        (
            json!({"name": "a", "kubeconfig": "x".repeat(1_100_000)}),
            413,
        ),
    ] {
        let (status, said) = server.ask("POST", "/api/v1/clusters", &body).unwrap();
        assert_eq!(status, expected, "{said}");
        assert!(said["error"]["message"].is_string(), "{said}");
    }
    fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_registered_clusters_appear_nowhere() {
    let fleet = fleet().await;
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let document: Value = serde_json::from_str(&kubeconfig).unwrap();
    // The tokens, keys and certificates of the fleet, and what is planted beside them.
    let mut secrets: Vec<String> = Vec::new();
    for user in document["users"].as_array().unwrap() {
        for value in user["user"].as_object().unwrap().values() {
            secrets.push(value.as_str().unwrap().to_owned());
        }
    }
    secrets.push("PLANTED".to_owned());
    let server = Server::start(folder.path(), &LOOPBACK);
    let mut told = String::new();
    let mut wanted = wanted(&fleet, "staging", "s");
    let prometheus = fleet.prometheus_url("staging").unwrap();
    wanted["connections"] =
        json!({"prometheus": {"url": prometheus, "auth": {"bearer": "PLANTED-token"}}});
    let (status, said) = server.ask("POST", "/api/v1/clusters", &wanted).unwrap();
    assert_eq!(status, 201, "{said}");
    told.push_str(&said.to_string());
    for path in [
        "/api/v1/clusters",
        "/api/v1/clusters/s",
        "/api/v1/clusters/s/stats",
        "/api/clusters/overview",
        "/api/aci/pods?cluster=s",
    ] {
        told.push_str(&server.get(path).to_string());
    }
    fleet.set_fault("staging", Some("403".parse::<Fault>().unwrap()));
    for query in [
        "pods | count",
        "prometheus.targets | take 1",
        "pods | where x == 1",
    ] {
        let query = json!({"query": query, "clusters": ["s"]});
        told.push_str(
            &server
                .ask("POST", "/api/v1/query", &query)
                .unwrap()
                .1
                .to_string(),
        );
    }
    fleet.set_fault("staging", None);
    wanted["name"] = json!("t");
    wanted["connections"] =
        json!({"prometheus": {"url": "http://u:PLANTED@p", "auth": {"bearer": "PLANTED"}}});
    told.push_str(
        &server
            .ask("POST", "/api/v1/clusters", &wanted)
            .unwrap()
            .1
            .to_string(),
    );
    told.push_str(&std::fs::read_to_string(&server.log).unwrap());
    for secret in &secrets {
        assert!(!told.contains(secret.as_str()), "{secret} was told");
    }
    // The database as a killed server leaves it, its log included; the key file holds the key and nothing else.
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in &secrets {
            let has = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!has, "{secret} is in {}", path.display());
        }
    }
    fleet.shutdown().await;
}

/// A server that answers everything with a document of its own; it ends with the test.
fn answering(body: &'static str) -> SocketAddr {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            // Requests of this test come in one piece.
            let _ = stream.read(&mut [0; 16_384]);
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}");
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_quotes_what_answers_at_a_registered_address() {
    let fleet = fleet().await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &LOOPBACK);
    let bodies = [
        "PLANTED",
        "{\"status\": \"PLANTED\"}",
        "{\"status\": \"success\", \"data\": \"PLANTED\"}",
        "{\"status\": \"error\", \"errorType\": \"PLANTED\", \"error\": \"PLANTED\"}",
    ];
    for (at, body) in bodies.into_iter().enumerate() {
        let name = format!("q{at}");
        let mut wanted = wanted(&fleet, "staging", &name);
        let url = format!("http://{}", answering(body));
        wanted["connections"] = json!({"prometheus": {"url": url}});
        let (status, said) = server.ask("POST", "/api/v1/clusters", &wanted).unwrap();
        assert_eq!(status, 201, "{said}");
        for text in ["prometheus.targets | take 1", "prometheus(\"up\") | take 1"] {
            let query = json!({"query": text, "clusters": [name]});
            let (_, answer) = server.ask("POST", "/api/v1/query", &query).unwrap();
            let target = &answer["completeness"]["targets"][0];
            assert_eq!(target["status"], "failed", "{answer}");
            assert_eq!(target["error"]["code"], "protocol", "{answer}");
            assert!(!answer.to_string().contains("PLANTED"), "{answer}");
        }
    }
    assert!(
        !std::fs::read_to_string(&server.log)
            .unwrap()
            .contains("PLANTED")
    );
    fleet.shutdown().await;
}

/// A document with each value as the word for its kind, and each list by its first item: what a dashboard relies on.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("text"),
        Value::Array(items) => items.first().map(shape).into_iter().collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, it)| (key.clone(), shape(it)))
            .collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn existing_dashboards_get_their_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &LOOPBACK);
    let fleet = fleet().await;
    for (cluster, name) in [("staging", "one"), ("prod-us", "two")] {
        let (status, said) = server
            .ask("POST", "/api/v1/clusters", &wanted(&fleet, cluster, name))
            .unwrap();
        assert_eq!(status, 201, "{said}");
    }
    let first = server.names()[0].clone();
    assert_eq!(
        server.get("/api/clusters"),
        json!({
            "clusters": [
                {"name": first, "region": "ap-southeast-1", "environment": "production"},
                {"name": "one", "region": "eu-west-1", "environment": "staging"},
                {"name": "two", "region": "eu-west-1", "environment": "staging"},
            ],
            "default": first,
        })
    );
    fleet.set_fault("prod-us", Some("refused".parse::<Fault>().unwrap()));
    let overview = server.get("/api/clusters/overview");
    let counted = |it: &Value| it["pods"].as_u64().unwrap_or(0);
    let clusters = overview["clusters"].as_array().unwrap();
    assert_eq!(
        shape(&overview)["clusters"][0],
        shape(&json!({
            "name": "x", "region": "x", "environment": "x", "pods": 1, "warnings": 1, "status": "x",
        }))
    );
    assert_eq!(clusters[1]["pods"], 700);
    assert_eq!(clusters[1]["status"], "warning");
    assert_eq!(clusters[2]["status"], "unreachable");
    assert_eq!(clusters[2]["pods"], Value::Null);
    assert!(
        clusters[2]["error"]
            .as_str()
            .unwrap()
            .contains("unavailable"),
        "{overview}"
    );
    assert_eq!(
        overview["total_pods"],
        clusters.iter().map(counted).sum::<u64>()
    );
    assert!(overview["total_warnings"].is_u64());
    fleet.set_fault("prod-us", None);

    let (status, switched) = server
        .ask("POST", "/api/clusters/one/switch", &Value::Null)
        .unwrap();
    assert_eq!(
        (status, switched),
        (200, json!({"message": "Switched to one", "current": "one"}))
    );
    let (status, said) = server
        .ask("POST", "/api/clusters/none/switch", &Value::Null)
        .unwrap();
    assert_eq!((status, &said["error"]["code"]), (404, &json!("not-found")));
    for table in ["pods", "events", "metrics", "logs"] {
        let items = server.get(&format!("/api/aci/{table}"));
        assert_eq!(
            items["cluster"], "one",
            "a missing cluster is the one switched to"
        );
        assert_eq!(items["complete"], true, "{items}");
        assert!(items["items"].is_array());
        // The demo has neither a metrics API, nor has this cluster a log group: that is said.
        let has = matches!(table, "pods" | "events");
        assert_eq!(
            items["items"].as_array().unwrap().is_empty(),
            !has,
            "{table}"
        );
        assert_eq!(
            items["error"].is_string(),
            !has,
            "{table}: {}",
            items["error"]
        );
    }
    let pods = server.get("/api/aci/pods?cluster=two&namespace=payments");
    assert_eq!(pods["cluster"], "two");
    for pod in pods["items"].as_array().unwrap() {
        assert_eq!(
            (&pod["cluster"], &pod["namespace"]),
            (&json!("two"), &json!("payments"))
        );
    }
    let pod = pods["items"][0]["name"].as_str().unwrap();
    let lines = server.get(&format!(
        "/api/aci/logs?cluster=two&namespace=payments&pod={pod}"
    ));
    assert!(lines["items"][0]["message"].is_string(), "{lines}");
    for (path, expected) in [
        ("/api/aci/pods?cluster=none", 404),
        ("/api/aci/pods?namspace=x", 400),
        ("/api/aci/logs?pod=x", 400),
        ("/api/v1/clusters/%FF", 400),
        ("/api/v1/clusters/none/stats", 404),
    ] {
        let (status, said) = server.ask("GET", path, &Value::Null).unwrap();
        assert_eq!(status, expected, "{path}: {said}");
        assert!(said["error"]["message"].is_string(), "{path}: {said}");
    }
    fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_keeps_what_was_registered_and_a_wrong_one_is_told() {
    let fleet = fleet().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clusters.yaml");
    std::fs::write(&file, "clusters: [{name: mine}]").unwrap();
    let config = ["--config", file.to_str().unwrap()];
    let state = folder.path().join("state.db").display().to_string();
    let server = Server::with(folder.path(), &config, &state, &LOOPBACK);
    let stats = server.get("/api/v1/clusters/mine/stats");
    assert_eq!(
        stats["pods"],
        Value::Null,
        "what nobody can count is not zero: {stats}"
    );
    let overview = server.get("/api/clusters/overview");
    assert_eq!(
        overview["clusters"][0]["status"], "unreachable",
        "{overview}"
    );
    let logs = server.get("/api/aci/logs?cluster=mine");
    assert_eq!(
        (&logs["items"], logs["error"].is_string()),
        (&json!([]), true)
    );
    let wanted = wanted(&fleet, "staging", "new");
    assert_eq!(
        server.ask("POST", "/api/v1/clusters", &wanted).unwrap().0,
        201
    );

    std::fs::write(&file, "clusters: [{name: mine}, {name: more}]").unwrap();
    wait_until(|| server.names() == ["mine", "more", "new"]);
    let problems = || server.get("/api/v1/clusters")["problems"].clone();
    assert_eq!(problems(), json!([]));
    std::fs::write(&file, "clusters: [{name: mine, regoin: x}]").unwrap();
    wait_until(|| problems() != json!([]));
    assert!(
        problems()[0]
            .as_str()
            .unwrap()
            .contains("did you mean `region`?"),
        "{}",
        problems()
    );
    assert_eq!(server.names(), ["mine", "more", "new"]);
    std::fs::write(&file, "clusters: [{name: new}]").unwrap();
    wait_until(|| server.names() == ["new"]);
    assert!(
        problems()[0]
            .as_str()
            .unwrap()
            .contains("`new` is not used"),
        "{}",
        problems()
    );
    assert_eq!(
        server.get("/api/v1/clusters/new")["registered"],
        Value::Null
    );
    std::fs::write(&file, "clusters: [{name: mine}]").unwrap();
    wait_until(|| server.names() == ["mine", "new"]);

    // Another key, then none, then the right one again: only what was sealed with it suffers, and it recovers by itself.
    let rotated = trawl()
        .args(["clusters", "rotate-key", "--database-url", &state])
        .output()
        .unwrap();
    assert!(rotated.status.success());
    assert_eq!(server.get("/api/v1/clusters/new/stats")["pods"], 700);
    let key = folder.path().join("state.key");
    let away = folder.path().join("away.key");
    std::fs::rename(&key, &away).unwrap();
    drop(server);
    let server = Server::with(folder.path(), &config, &state, &LOOPBACK);
    let shown = server.get("/api/v1/clusters/new");
    let why = shown["registered"]["problem"].as_str().unwrap();
    assert!(why.contains("is not in"), "{why}");
    let overview = server.get("/api/clusters/overview");
    assert!(
        overview["clusters"][1]["error"]
            .as_str()
            .unwrap()
            .contains("sealed with the key")
    );
    std::fs::rename(&away, &key).unwrap();
    wait_until(|| server.get("/api/v1/clusters/new/stats")["pods"] == 700);
    fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_share_a_postgresql() {
    let Some(postgres) = trawl_programs::Postgres::start() else {
        return;
    };
    let fleet = fleet().await;
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let key = folder.path().join("state.key").display().to_string();
    let mut args = vec!["--state-key", &key];
    args.extend(LOOPBACK);
    let demo = ["--demo", "--demo-pods", "5", "--demo-clusters", "1"];
    let url = postgres.url("postgres");
    let one = Server::with(folder.path(), &demo, &url, &args);
    let two = Server::with(other.path(), &demo, &url, &args);
    let wanted = wanted(&fleet, "staging", "shared");
    assert_eq!(one.ask("POST", "/api/v1/clusters", &wanted).unwrap().0, 201);
    wait_until(|| two.names().contains(&"shared".to_owned()));
    assert_eq!(two.get("/api/v1/clusters/shared/stats")["pods"], 700);
    let again = two.ask("POST", "/api/v1/clusters", &wanted).unwrap();
    assert_eq!(again.0, 409, "{}", again.1);
    assert_eq!(
        two.ask("DELETE", "/api/v1/clusters/shared", &Value::Null)
            .unwrap()
            .0,
        204
    );
    wait_until(|| !one.names().contains(&"shared".to_owned()));
    fleet.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_sees_its_part_of_the_fleet_on_every_path() {
    let fleet = fleet().await;
    let folder = tempfile::tempdir().unwrap();
    let stage = "role: admin, scope: {environments: [staging]}";
    let entries = [
        ("boss-token", "role: admin"),
        ("stage-token", stage),
        ("look-token", "role: reader"),
    ];
    let file = tokens(folder.path(), &entries);
    let demo = ["--demo", "--demo-pods", "5"];
    let state = folder.path().join("state.db").display().to_string();
    let args = [
        "--tokens",
        file.to_str().unwrap(),
        "--register-allow",
        "127.0.0.0/8",
    ];
    let server = Server::with(folder.path(), &demo, &state, &args);
    let ask = |token: &str, method: &str, path: &str, body: &Value| {
        ask_as(server.address, Some(token), method, path, body).unwrap()
    };
    let mut secret = wanted(&fleet, "prod-us", "hidden-prod");
    secret["environment"] = json!("production");
    assert_eq!(
        ask("boss-token", "POST", "/api/v1/clusters", &secret).0,
        201
    );
    for (token, expected) in [("look-token", 403), ("nobody", 401)] {
        let (status, said) = ask(token, "POST", "/api/v1/clusters", &secret);
        assert_eq!(status, expected, "{said}");
    }
    let none = &Value::Null;
    assert_eq!(
        ask("look-token", "DELETE", "/api/v1/clusters/hidden-prod", none).0,
        403
    );
    assert_eq!(
        ask(
            "look-token",
            "POST",
            "/api/v1/clusters/staging/default",
            none
        )
        .0,
        403
    );
    for path in [
        "/api/v1/clusters",
        "/api/clusters",
        "/api/v1/clusters/overview",
        "/api/clusters/overview",
    ] {
        let (status, seen) = ask("stage-token", "GET", path, none);
        assert_eq!(status, 200, "{seen}");
        let names: Vec<&Value> = seen["clusters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["name"])
            .collect();
        assert_eq!(names, ["staging"], "{path}");
        assert!(!seen.to_string().contains("prod"), "{path}: {seen}");
        if path.ends_with("overview") {
            assert_eq!(seen["total_pods"], 5, "{seen}");
        }
    }
    // What is outside is as what never was.
    for (method, path) in [
        ("GET", "/api/v1/clusters/NAME"),
        ("DELETE", "/api/v1/clusters/NAME"),
        ("POST", "/api/v1/clusters/NAME/default"),
        ("GET", "/api/v1/clusters/NAME/stats"),
        ("GET", "/api/v1/clusters/NAME/resources"),
        ("POST", "/api/clusters/NAME/switch"),
        ("GET", "/api/aci/pods?cluster=NAME"),
    ] {
        let of = |name: &str| {
            let (status, said) = ask("stage-token", method, &path.replace("NAME", name), none);
            (status, said.to_string().replace(name, "NAME"))
        };
        assert_eq!(of("hidden-prod"), of("never-was"), "{method} {path}");
        // The default is everybody's: who does not see all of the fleet does not choose it.
        let expected = if path.ends_with("/default") { 403 } else { 404 };
        assert_eq!(of("hidden-prod").0, expected, "{method} {path}");
    }
    // A switch is each token's own.
    assert_eq!(
        ask("stage-token", "POST", "/api/clusters/staging/switch", none).0,
        200
    );
    let current = |token: &str| ask(token, "GET", "/api/aci/events", none).1["cluster"].clone();
    assert_eq!(current("stage-token"), "staging");
    assert_ne!(current("look-token"), "staging");
    fleet.shutdown().await;
}
