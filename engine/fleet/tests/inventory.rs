//! Whole files through `Inventory::load`: what they mean, and what is said about wrong ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use trawl_fleet::{
    Auth, EndpointSpec, Error, HeaderValue, Inventory, LoadOptions, Origin, SecretRef,
};

const PLUGINS: &[&str] = &["kube", "prometheus"];

/// A folder with files, and the variables that a test sets.
struct World {
    folder: TempDir,
    variables: BTreeMap<String, OsString>,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home").into_os_string();
        World {
            folder,
            variables: BTreeMap::from([("HOME".to_owned(), home)]),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(self, name: &str, text: &str) -> World {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn set(mut self, name: &str, value: impl Into<OsString>) -> World {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    fn load_with(&self, config: Option<&str>) -> Result<Inventory, Error> {
        Inventory::load(LoadOptions {
            config: config.map(PathBuf::from),
            plugins: PLUGINS,
            variable: &|name| self.variables.get(name).cloned(),
            folder: self.folder.path().to_owned(),
        })
    }

    fn load(&self) -> Result<Inventory, Error> {
        self.load_with(None)
    }
}

fn inventory(text: &str) -> Inventory {
    let world = World::new().file("config/clusters.yaml", text);
    world.load().unwrap_or_else(|error| panic!("{error}"))
}

/// What is said about a wrong file, without the folder it lies in.
fn complaint(text: &str) -> String {
    let world = World::new().file("config/clusters.yaml", text);
    let error = world.load().expect_err(text).to_string();
    error.replace(&format!("{}/config/", world.folder.path().display()), "")
}

/// The sample of the design, as it stands there.
const SAMPLE: &str = "\
clusters:
  - name: prod-ap
    region: ap-southeast-1
    environment: production          # production | staging | development, prod/stage/dev accepted, any other kept as it is
    kube_context: arn:aws:eks:ap-southeast-1:123456789:cluster/prod
    prometheus:
      url: http://prometheus.monitoring.svc:9090
      auth: none
    cloudwatch:
      log_group: /eks/prod-ap
    tags: {team: payments}
  - name: staging
    region: ap-southeast-1
    environment: staging
    kube_context: arn:aws:eks:ap-southeast-1:123456789:cluster/staging
default: prod-ap
";

#[test]
fn the_sample_loads_as_it_stands() {
    let inventory = inventory(SAMPLE);
    let names: Vec<&str> = inventory.clusters.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["prod-ap", "staging"]);
    let prod = inventory.cluster("prod-ap").unwrap();
    assert_eq!(prod.region.as_deref(), Some("ap-southeast-1"));
    assert_eq!(prod.environment.as_deref(), Some("production"));
    assert_eq!(prod.tags["team"], "payments");
    assert_eq!(inventory.default.as_deref(), Some("prod-ap"));

    let names: Vec<&str> = inventory
        .connections
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "prod-ap/kube",
            "prod-ap/prometheus",
            "prod-ap/cloudwatch",
            "staging/kube"
        ]
    );
    let EndpointSpec::Kubernetes(kube) = &inventory.connections[0].endpoint else {
        panic!("a Kubernetes endpoint")
    };
    assert_eq!(
        kube.context.as_deref(),
        Some("arn:aws:eks:ap-southeast-1:123456789:cluster/prod")
    );
    let EndpointSpec::Http(prometheus) = &inventory.connections[1].endpoint else {
        panic!("an HTTP endpoint")
    };
    assert_eq!(prometheus.url, "http://prometheus.monitoring.svc:9090/");
    assert_eq!(prometheus.auth, Auth::None);
    let cloudwatch = &inventory.connections[2];
    let EndpointSpec::Aws(aws) = &cloudwatch.endpoint else {
        panic!("an AWS endpoint")
    };
    assert_eq!(aws.region.as_deref(), Some("ap-southeast-1"));
    assert_eq!(cloudwatch.config["log_group"], "/eks/prod-ap");
    assert_eq!(inventory.connections_of("prod-ap").count(), 3);
    assert!(
        matches!(&inventory.origin, Origin::File(path) if path.ends_with("config/clusters.yaml"))
    );
}

#[test]
fn shorthands_mean_the_long_form() {
    let short = inventory(
        "clusters:\n- name: a\n  kube_context: c\n  prometheus_url: http://p:9090\n  cloudwatch_group: /g\n",
    );
    let long = inventory(
        "clusters:\n- name: a\n  kube: {context: c}\n  prometheus: {url: 'http://p:9090'}\n  cloudwatch: {log_group: /g}\n",
    );
    let strip = |inventory: Inventory| -> Vec<_> {
        inventory
            .connections
            .into_iter()
            .map(|c| (c.name, c.plugin, c.config, format!("{:?}", c.endpoint)))
            .map(|(n, p, c, e)| {
                (
                    n,
                    p,
                    c,
                    e.split("kubeconfig").last().unwrap().contains("\"c\""),
                    e.contains("p:9090"),
                )
            })
            .collect()
    };
    assert_eq!(strip(short), strip(long));
}

#[test]
fn names_that_look_like_numbers_keep_their_digits() {
    let inventory =
        inventory("clusters:\n- name: 007\n  account: 012345678901\n  tags: {on: true, n: 1.50}\n");
    let cluster = &inventory.clusters[0];
    assert_eq!(cluster.name, "007");
    assert_eq!(cluster.account.as_deref(), Some("012345678901"));
    assert_eq!(cluster.tags["on"], "true");
    assert_eq!(cluster.tags["n"], "1.50");
    assert_eq!(
        inventory.default.as_deref(),
        Some("007"),
        "the only one is the default"
    );
}

#[test]
fn host_keys_never_reach_the_guest() {
    let inventory = inventory(
        "clusters:
- name: a
  prometheus:
    url: https://user:s3cret@prom.example/base
    tls: {ca_file: ca.pem, cert_file: ~/c.pem, key_file: /k.pem}
    headers: {X-Scope-OrgID: tenant, X-Key: {env: KEY}}
    proxy: http://proxy:3128
    limits: {timeout: 1500ms, max_body_bytes: 1000, requests_in_flight: 2, max_cost_usd: 0.25}
    cluster_label: cluster
    step: 30s
    nested: {a: [1, 2.5, null, true]}
",
    );
    let connection = &inventory.connections[0];
    let config = serde_json::Value::Object(connection.config.clone());
    assert_eq!(
        config,
        serde_json::json!({"cluster_label": "cluster", "step": "30s", "nested": {"a": [1, 2.5, null, true]}})
    );
    let EndpointSpec::Http(http) = &connection.endpoint else {
        panic!("an HTTP endpoint")
    };
    assert_eq!(
        http.url, "https://prom.example/base",
        "the user-info is taken out"
    );
    assert_eq!(
        http.auth,
        Auth::Basic {
            username: "user".to_owned(),
            password: SecretRef::Inline("s3cret".to_owned())
        }
    );
    let Origin::File(file) = &inventory.origin else {
        panic!("a file")
    };
    assert_eq!(
        http.tls.ca_file,
        Some(file.parent().unwrap().join("ca.pem"))
    );
    assert!(http.tls.cert_file.as_ref().unwrap().ends_with("home/c.pem"));
    assert_eq!(http.tls.key_file.as_deref(), Some(Path::new("/k.pem")));
    assert_eq!(
        http.headers,
        [
            (
                "x-scope-orgid".to_owned(),
                HeaderValue::Plain("tenant".to_owned())
            ),
            (
                "x-key".to_owned(),
                HeaderValue::Secret(SecretRef::Env("KEY".to_owned()))
            ),
        ]
    );
    assert_eq!(
        http.limits.timeout,
        Some(std::time::Duration::from_millis(1500))
    );
    assert_eq!(http.limits.requests_in_flight, Some(2));
    assert_eq!(http.limits.max_cost_micro_usd, Some(250_000));
    let printed = format!("{inventory:?}");
    assert!(
        !printed.contains("s3cret") && !printed.contains("tenant"),
        "{printed}"
    );
}

#[test]
fn nothing_is_granted_unless_the_file_says_so() {
    let inventory = inventory(
        "clusters:
- name: a
  kube: {context: c, grants: [secrets], proxy: 'socks5://p:1080'}
- name: b
  kube: {context: c, grants: secrets, proxy: 'socks5://p:1080'}
- name: c
  kube_context: c
- name: d
  kube: {context: c, grants: []}
connections:
- {name: shared, serves: [a], kube: {context: s, grants: [secrets]}}
",
    );
    let granted: Vec<(&str, bool, bool)> = inventory
        .connections
        .iter()
        .map(|connection| match &connection.endpoint {
            EndpointSpec::Kubernetes(kube) => (
                connection.name.as_str(),
                kube.grants.secrets,
                kube.proxy.is_some(),
            ),
            _ => panic!("a Kubernetes endpoint"),
        })
        .collect();
    assert_eq!(
        granted,
        [
            ("a/kube", true, true),
            ("c/kube", false, false),
            ("shared", true, false)
        ],
        "what differs in its grants is another connection"
    );
    assert!(inventory.connections.iter().all(|c| c.config.is_empty()));
}

#[test]
fn auth_is_none_bearer_or_basic_by_reference() {
    for (written, expected) in [
        ("none", Auth::None),
        (
            "{bearer: {env: TOKEN}}",
            Auth::Bearer(SecretRef::Env("TOKEN".to_owned())),
        ),
        (
            "{bearer: {file: /t}}",
            Auth::Bearer(SecretRef::File(PathBuf::from("/t"))),
        ),
        (
            "{basic: {username: u, password: {env: P}}}",
            Auth::Basic {
                username: "u".to_owned(),
                password: SecretRef::Env("P".to_owned()),
            },
        ),
    ] {
        let inventory = inventory(&format!(
            "clusters:\n- name: a\n  prometheus: {{url: 'http://p', auth: {written}}}\n"
        ));
        let EndpointSpec::Http(http) = &inventory.connections[0].endpoint else {
            panic!("an HTTP endpoint")
        };
        assert_eq!(http.auth, expected, "{written}");
    }
}

#[test]
fn equal_entries_are_one_connection() {
    let entry = "prometheus: {url: 'http://central:9090', auth: {bearer: {env: T}}, cluster_label: cluster}";
    let inventory = inventory(&format!(
        "clusters:\n- {{name: a, {entry}}}\n- {{name: b, {entry}}}\n- {{name: c, prometheus: {{url: 'http://other'}}}}\n"
    ));
    let seen: Vec<(&str, &[String])> = inventory
        .connections
        .iter()
        .map(|c| (c.name.as_str(), c.serves.as_slice()))
        .collect();
    assert_eq!(
        seen,
        [
            ("a/prometheus", ["a".to_owned(), "b".to_owned()].as_slice()),
            ("c/prometheus", ["c".to_owned()].as_slice())
        ]
    );
}

#[test]
fn entries_that_differ_in_anything_are_two() {
    for other in [
        "{url: 'http://p', auth: {bearer: {env: OTHER}}}",
        "{url: 'http://p', auth: {bearer: {env: T}}, step: 1m}",
        "{url: 'http://p', auth: {bearer: {env: T}}, cluster_label: c}",
        "{url: 'http://p', auth: {bearer: {env: T}}, tls: {ca_file: x}}",
    ] {
        let inventory = inventory(&format!(
            "clusters:\n- name: a\n  prometheus: {{url: 'http://p', auth: {{bearer: {{env: T}}}}}}\n- name: b\n  prometheus: {other}\n"
        ));
        assert_eq!(inventory.connections.len(), 2, "{other}");
    }
}

#[test]
fn a_shared_connection_serves_the_clusters_it_names() {
    let inventory = inventory(
        "clusters: [{name: prod-ap}, {name: prod-us}, {name: dev}]
connections:
- name: central
  prometheus: {url: 'http://central', cluster_label: cluster}
  serves: [prod-us, prod-ap]
",
    );
    let central = &inventory.connections[0];
    assert_eq!(central.name, "central");
    assert_eq!(central.plugin, "prometheus");
    assert_eq!(central.serves, ["prod-ap", "prod-us"]);
    assert_eq!(inventory.connections_of("dev").count(), 0);
    assert!(central.keys.is_empty());
}

#[test]
fn a_shared_connection_says_what_tells_its_clusters_apart() {
    let inventory = inventory(
        "clusters: [{name: prod-ap}, {name: prod-us}, {name: dev}]
connections:
- name: central
  prometheus: {url: 'http://central', cluster_label: cluster}
  serves: [prod-us, {name: prod-ap, key: asia-1}, {key: 7, name: dev}]
",
    );
    let central = &inventory.connections[0];
    assert_eq!(central.serves, ["prod-ap", "prod-us", "dev"]);
    let keys: Vec<_> = central
        .keys
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(keys, [("dev", "7"), ("prod-ap", "asia-1")]);
}

#[test]
fn further_endpoints_have_names() {
    let inventory = inventory(
        "clusters:\n- name: a\n  prometheus:\n    url: http://p\n    endpoints:\n      rules: {url: 'http://r', auth: {bearer: {env: T}}}\n      cluster: {context: c}\n",
    );
    let endpoints = &inventory.connections[0].endpoints;
    assert!(matches!(&endpoints["rules"], EndpointSpec::Http(http) if http.url == "http://r/"));
    assert!(
        matches!(&endpoints["cluster"], EndpointSpec::Kubernetes(k) if k.context.as_deref() == Some("c"))
    );
}

#[test]
fn what_is_wrong_is_said_with_line_column_and_the_nearest_key() {
    let cases = [
        (
            "clusters:\n- name: a\n  kube_contxt: x\n",
            "clusters.yaml:3:3: unknown key `kube_contxt` in a cluster",
            "did you mean `kube_context`?",
        ),
        (
            "clusters:\n- name: a\n  promethues: {url: 'http://p'}\n",
            "clusters.yaml:3:3: unknown key `promethues`",
            "did you mean `prometheus`?",
        ),
        (
            "cluster:\n- name: a\n",
            "clusters.yaml:1:1: unknown key `cluster`",
            "did you mean `clusters`?",
        ),
        (
            "clusters:\n- region: x\n",
            "clusters.yaml:2:3: a cluster without `name`",
            "",
        ),
        (
            "clusters:\n- name: [a]\n",
            "clusters.yaml:2:9: `name`: expected text, found a list",
            "",
        ),
        (
            "clusters: 5\n",
            "clusters.yaml:1:11: `clusters`: expected a list",
            "",
        ),
        (
            "clusters:\n- name: a\n- name: a\n",
            "clusters.yaml:3:3: the cluster `a` was already named in line 2",
            "",
        ),
        (
            "clusters:\n- name: prod-ap\ndefault: prod-pa\n",
            "clusters.yaml:3:10: `default`: there is no cluster `prod-pa`",
            "did you mean `prod-ap`?",
        ),
        (
            "clusters: [{name: a}]\nconnections:\n- {name: s, prometheus: {url: 'http://p'}, serves: [b]}\n",
            "clusters.yaml:3:53: `serves`: there is no cluster `b`",
            "",
        ),
        (
            "clusters: [{name: a}]\nconnections:\n- {name: s, prometheus: {url: 'http://p'}}\n",
            "without `serves`",
            "",
        ),
        (
            "clusters: [{name: a}]\nconnections:\n- {name: s, prometheus: {url: 'http://p'}, serves: [{name: a, kye: x}]}\n",
            "clusters.yaml:3:63: unknown key `kye` in a cluster of `serves`",
            "expected name, key",
        ),
        (
            "clusters: [{name: a}]\nconnections:\n- {name: s, prometheus: {url: 'http://p'}, serves: [{key: x}]}\n",
            "a cluster of `serves`: expected its name",
            "",
        ),
        (
            "clusters: [{name: a}]\nconnections:\n- {name: s, prometheus: {url: 'http://p'}, serves: [{name: a, key: x}]}\n- {name: t, prometheus: {url: 'http://p'}, serves: [{name: a, key: y}]}\n",
            "a cluster has the key `y` here and `x` in an equal connection",
            "",
        ),
        (
            "clusters: [{name: a, prometheus: {url: 'http://p', limits: {max_cost_usd: -1}}}]\n",
            "`max_cost_usd`: expected US dollars such as `0.50`",
            "",
        ),
        (
            "clusters: [{name: a}]\nconnections:\n- {name: s, serves: [a]}\n",
            "expected one plugin of kube, prometheus, cloudwatch",
            "",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'ftp://p'}\n",
            "clusters.yaml:3:21: `url`: expected `http://host",
            "ftp",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p?x=1'}\n",
            "found a query or a fragment",
            "",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {auth: none}\n",
            "`auth` without `url`",
            "",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p', auth: {baerer: {env: X}}}\n",
            "`auth`: expected `none`",
            "did you mean `bearer`?",
        ),
        (
            "clusters:\n- name: a\n  kube: {context: c, url: 'http://p'}\n",
            "`url` does not go with a kubeconfig context",
            "",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p', tls: {ca: x}}\n",
            "unknown key `ca` in `tls`",
            "ca_file",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p', limits: {timeout: 10}}\n",
            "`timeout`: expected a time such as",
            "",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p', headers: {Host: x}}\n",
            "`headers`: expected the name of a header",
            "",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p', token: {env: X}}\n",
            "clusters.yaml:3:40: `token`: a secret reference is valid in the keys",
            "auth",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p', deep: [{x: {file: X}}]}\n",
            "a secret reference is valid in the keys",
            "",
        ),
        (
            "clusters:\n- name: \"pro*\"\n",
            "clusters.yaml:2:9: `pro*` is no valid name",
            "'*'",
        ),
        (
            "clusters:\n- name: a\n name: b\n",
            "clusters.yaml:3:",
            "not valid YAML",
        ),
        (
            "clusters:\n- name: a\n  kube: {context: c, grants: [secret]}\n",
            "clusters.yaml:3:31: `grants`: there is no grant `secret`: expected secrets",
            "did you mean `secrets`?",
        ),
        (
            "clusters:\n- name: a\n  kube: {context: c, grants: {secrets: true}}\n",
            "`grants`: expected text, found a mapping",
            "",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p', grants: [secrets]}\n",
            "clusters.yaml:3:33: `prometheus`: `grants` is about a Kubernetes API",
            "",
        ),
        (
            "clusters:\n- name: a\n  kube: {context: c, impersonate: Caller}\n",
            "clusters.yaml:3:35: `impersonate`: expected `caller`, found `Caller`",
            "did you mean `caller`?",
        ),
        (
            "clusters:\n- name: a\n  kube: {context: c, impersonate: [caller]}\n",
            "`impersonate`: expected text, found a list",
            "",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p', impersonate: caller}\n",
            "clusters.yaml:3:33: `prometheus`: `impersonate` is about a Kubernetes API",
            "",
        ),
        (
            "clusters:\n- name: a\n  prometheus: {url: 'http://p', proxy: 'socks5://p:1'}\n",
            "`proxy`: expected `http://host[:port][/path]` or `https://…`, found the scheme `socks5`",
            "",
        ),
        (
            "clusters:\n- name: a\ncache: {tables: {pods: soon}}\n",
            "clusters.yaml:3:24: `pods` of `cache` (or `never`): expected a time such as `500ms`, `10s` or `2m`",
            "",
        ),
        (
            "clusters:\n- name: a\ncache: {table: {pods: 10s}}\n",
            "clusters.yaml:3:9: unknown key `table` in `cache`: expected tables",
            "did you mean `tables`?",
        ),
        (
            "",
            "clusters.yaml:1:1: expected the key `clusters`",
            "start with",
        ),
    ];
    for (text, place, also) in cases {
        let complaint = complaint(text);
        assert!(
            complaint.contains(place),
            "{text}\n=> {complaint}\nwanted {place}"
        );
        assert!(
            complaint.contains(also),
            "{text}\n=> {complaint}\nwanted {also}"
        );
    }
}

#[test]
fn several_problems_are_reported_at_once_in_order() {
    let complaint = complaint(
        "clusters:\n- name: a\n  regoin: x\n- region: y\n- name: b\n  tags: [x]\ndefault: c\n",
    );
    let lines: Vec<&str> = complaint.lines().collect();
    assert_eq!(lines.len(), 4, "{complaint}");
    for (line, at) in lines.iter().zip(["3:3", "4:3", "6:9", "7:10"]) {
        assert!(line.starts_with(&format!("clusters.yaml:{at}: ")), "{line}");
    }
}

#[test]
fn an_inline_secret_is_refused_and_never_quoted() {
    for text in [
        "clusters:\n- name: a\n  prometheus: {url: 'http://p', auth: {bearer: hunter2}}\n",
        "clusters:\n- name: a\n  prometheus: {url: 'http://p', auth: {basic: {username: u, password: hunter2}}}\n",
        "clusters:\n- name: a\n  prometheus: {url: 'ftp://u:hunter2@p'}\n",
        "clusters:\n- name: a\n  prometheus: {url: 'http://u:hunter2@p?q', auth: none}\n",
        "clusters:\n- name: a\n  prometheus: {url: 'http://u:hunter2@p', auth: none}\n",
        "clusters:\n- name: a\n  prometheus: {url: 'http://p', proxy: 'http://u:hunter2@p'}\n",
    ] {
        let complaint = complaint(text);
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }
}

#[test]
fn the_places_are_searched_in_order() {
    let named = |name: &str| format!("clusters: [{{name: {name}}}]\n");
    let world = World::new()
        .file("option.yaml", &named("option"))
        .file("variable.yaml", &named("variable"))
        .file("config/clusters.yaml", &named("folder"))
        .file("home/.config/trawl/clusters.yaml", &named("user"))
        .file("home/.kube/config", "contexts: [{name: context}]\n");
    let first = |world: &World, config: Option<&str>| {
        world.load_with(config).unwrap().clusters[0].name.clone()
    };
    let world = world.set("CLUSTER_CONFIG_PATH", "variable.yaml");
    assert_eq!(first(&world, Some("option.yaml")), "option");
    assert_eq!(first(&world, None), "variable");
    let world = world.set("CLUSTER_CONFIG_PATH", "");
    assert_eq!(first(&world, None), "folder");
    std::fs::remove_file(world.path("config/clusters.yaml")).unwrap();
    assert_eq!(first(&world, None), "user");
    std::fs::remove_file(world.path("home/.config/trawl/clusters.yaml")).unwrap();
    assert_eq!(first(&world, None), "context");
}

#[test]
fn without_a_file_every_context_is_a_cluster() {
    let world = World::new()
        .file("one", "contexts: [{name: a, context: {cluster: x, user: y}}, {name: b}]\nusers: [{name: y, user: {token: t}}]\n")
        .file("two", "contexts: [{name: b}, {name: c}]\ncurrent-context: c\n");
    let paths = std::env::join_paths([world.path("one"), world.path("missing"), world.path("two")])
        .unwrap();
    let world = world.set("KUBECONFIG", paths);
    let inventory = world.load().unwrap();
    let names: Vec<&str> = inventory.clusters.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(inventory.default.as_deref(), Some("c"));
    assert!(
        inventory
            .clusters
            .iter()
            .all(|c| c.environment.is_none() && c.tags.is_empty())
    );
    let files = vec![world.path("one"), world.path("two")];
    assert_eq!(inventory.origin, Origin::Kubeconfig(files.clone()));
    assert_eq!(inventory.connections[1].name, "b/kube");
    assert!(matches!(&inventory.connections[1].endpoint,
        EndpointSpec::Kubernetes(kube) if kube.kubeconfig == files && kube.context.as_deref() == Some("b")));
}

#[test]
fn nothing_at_all_says_what_to_do() {
    let error = World::new()
        .load()
        .expect_err("nothing is there")
        .to_string();
    assert!(error.contains("trawl --demo query"), "{error}");
    assert!(error.contains("config/clusters.yaml"), "{error}");
}

#[test]
fn a_named_file_must_exist() {
    let world = World::new().file("config/clusters.yaml", SAMPLE);
    let error = world
        .load_with(Some("gone.yaml"))
        .expect_err("missing")
        .to_string();
    assert!(
        error.contains("gone.yaml") && error.contains("--config"),
        "{error}"
    );
    let world = world.set("CLUSTER_CONFIG_PATH", "gone.yaml");
    let error = world.load().expect_err("missing").to_string();
    assert!(error.contains("CLUSTER_CONFIG_PATH"), "{error}");
}

#[test]
fn a_broken_kubeconfig_is_named_and_not_quoted() {
    let world = World::new().file(
        "home/.kube/config",
        "users: [{token: hunter2}\ncontexts: hunter2\n",
    );
    let error = world.load().expect_err("broken").to_string();
    assert!(
        error.contains(".kube/config:") && error.contains("not a kubeconfig"),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn the_variable_overrides_the_default_and_must_name_a_cluster() {
    let world = World::new()
        .file("config/clusters.yaml", SAMPLE)
        .set("DEFAULT_CLUSTER", "staging");
    assert_eq!(world.load().unwrap().default.as_deref(), Some("staging"));
    let error = world
        .set("DEFAULT_CLUSTER", "stagin")
        .load()
        .expect_err("unknown")
        .to_string();
    assert!(
        error.contains("DEFAULT_CLUSTER") && error.contains("did you mean `staging`?"),
        "{error}"
    );
}

#[test]
fn limits_hold() {
    let large = World::new().file("config/clusters.yaml", &" ".repeat(4 * 1024 * 1024 + 1));
    assert!(matches!(large.load(), Err(Error::TooLarge { .. })));
    let mut many = String::from("clusters:\n");
    for number in 0..2_001 {
        many.push_str(&format!("- name: c{number}\n"));
    }
    assert!(complaint(&many).contains("at most 2000 clusters"));
    let not_text = World::new().file("config/clusters.yaml", "");
    std::fs::write(not_text.path("config/clusters.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    let error = not_text.load().expect_err("not text").to_string();
    assert!(error.contains("expected UTF-8 text"), "{error}");
}

#[test]
fn no_damage_to_a_file_panics() {
    let damage = [
        "", "\u{0}", "\t", ":", "- ", "{", "[", "'", "\"", "&a", "*a", "!!x ", "|\n", "é", "\n",
        "~", "#",
    ];
    let world = World::new().file("config/clusters.yaml", "");
    let path = world.path("config/clusters.yaml");
    let mut refused = 0;
    for at in (0..SAMPLE.len()).step_by(3) {
        let (before, after) = SAMPLE.split_at(at);
        for with in [damage[at % damage.len()], damage[(at / 3) % damage.len()]] {
            for text in [format!("{before}{with}{after}"), format!("{before}{with}")] {
                std::fs::write(&path, text).unwrap();
                match world.load() {
                    Ok(inventory) => assert!(inventory.clusters.len() <= 2),
                    Err(error) => {
                        refused += 1;
                        assert!(error.to_string().contains("clusters.yaml:"), "{error}");
                    }
                }
            }
        }
    }
    assert!(refused > 100, "the damage was felt: {refused}");
}
