//! A running engine takes over other plugins and another inventory: what runs ends on what it began with, what is unchanged keeps
//! what it has, and what is refused leaves the version before it in place.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod described;
mod support;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use trawl_exec::{Engine, EngineOptions, InstalledPlugin, Instead, QueryRequest, Replaced, Why};
use trawl_fleet::{Inventory, LoadOptions};

use described::{Remote, component, locked, stored};

/// What a version of the plugin says of itself.
fn version(number: &str, operations: &[&str]) -> Value {
    json!({
        "version": number,
        "endpoints": [["api", operations]],
        "schema": {
            "type": "object",
            "properties": {"tenant": {"type": "string"}},
            "additionalProperties": false,
        },
    })
}

/// A folder with the plugin's versions, and the remote.
struct World {
    folder: tempfile::TempDir,
    guest: Vec<u8>,
    remote: Remote,
}

impl World {
    async fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            guest: described::guest().await,
            remote: Remote::start().await,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn wasm(&self, description: &Value) -> Vec<u8> {
        component(&self.guest, description)
    }

    /// Two clusters, each with a connection; `grants` are operations.
    fn inventory(&self, tenant: &str, grants: &str) -> Inventory {
        self.written(&format!(
            "\
clusters:
  - {{name: ap, mine: {{url: REMOTE, tenant: {tenant}}}}}
  - {{name: us, mine: {{url: REMOTE, tenant: fixed}}}}
plugins: {{mine: {{grants: [{{clusters: ['*'], operations: [{grants}]}}]}}}}
"
        ))
    }

    fn written(&self, yaml: &str) -> Inventory {
        let path = self.path().join("clusters.yaml");
        std::fs::write(&path, yaml.replace("REMOTE", &self.remote.url)).unwrap();
        Inventory::load(LoadOptions::of_process(Some(path), &["mine", "other"])).unwrap()
    }

    fn engine(&self, inventory: Inventory, plugins: Vec<InstalledPlugin>) -> Arc<Engine> {
        let options = EngineOptions {
            inventory,
            plugins,
            declared: vec![],
            cache_dir: Some(self.path().join("cache")),
        };
        Arc::new(Engine::new(options).unwrap())
    }
}

/// Rows of a query, one line each, or what was wrong.
async fn ask(engine: &Engine, query: &str) -> String {
    let mut answer = match engine.query(QueryRequest::new(query)).await {
        Ok(answer) => answer,
        Err(error) => return error.to_string(),
    };
    let table = support::table(&mut answer).await;
    let completeness = answer.finish().completeness;
    if !completeness.complete {
        return completeness.line();
    }
    let rows = table.lines().skip(1);
    let mut rows: Vec<String> = rows
        .map(|row| row.split_whitespace().collect::<Vec<_>>().join("  "))
        .collect();
    rows.sort_unstable();
    rows.join("\n")
}

/// The same query, of the version and what the connection remembers.
const ASK: &str = "mine(\"/one\") | project cluster, version, before";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_scan_ends_on_the_old_plugin_while_later_queries_see_the_new_one() {
    let world = World::new().await;
    let all = "\"GET /{x...}\"";
    let old = world.wasm(&version("1.0.0", &["GET /{x...}"]));
    let new = world.wasm(&version("2.0.0", &["GET /{x...}"]));
    let plugins = vec![locked(world.path(), "mine", &old, None)];
    let engine = world.engine(world.inventory("a", all), plugins);

    let slow = {
        let engine = Arc::clone(&engine);
        let query = "mine(\"/held\") | where cluster == \"ap\" | project version, answer";
        tokio::spawn(async move { ask(&engine, query).await })
    };
    world.remote.held().await;
    let plugins = vec![locked(world.path(), "mine", &new, None)];
    let replaced = engine
        .replace(world.inventory("a", all), plugins)
        .await
        .unwrap();
    let text = |it: &str| it.to_owned();
    assert_eq!(
        replaced.changed,
        [(text("mine"), text("1.0.0"), text("2.0.0"))]
    );
    assert_eq!(replaced.refused, []);
    assert_eq!(ask(&engine, ASK).await, "ap  2.0.0  0\nus  2.0.0  0");
    world.remote.let_go();
    assert_eq!(slow.await.unwrap(), "1.0.0  /held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_leaves_the_old_version_serving() {
    let world = World::new().await;
    let all = "\"GET /{x...}\"";
    let old = world.wasm(&version("1.0.0", &["GET /{x...}"]));
    let serves = || locked(world.path(), "mine", &old, None);
    let engine = world.engine(world.inventory("a", all), vec![serves()]);
    assert_eq!(ask(&engine, ASK).await, "ap  1.0.0  0\nus  1.0.0  0");

    let tampered = {
        let (path, digest) = stored(world.path(), &world.wasm(&version("2.0.0", &["GET /b"])));
        std::fs::write(&path, &old).unwrap();
        InstalledPlugin::locked("mine", path, &digest, None)
    };
    let mut wrong_schema = version("2.0.0", &["GET /b"]);
    wrong_schema["schema"] = json!({"type": "objekt"});
    let mut endless_schema = version("2.0.0", &["GET /b"]);
    endless_schema["schema"] = json!({"$ref": "#"});
    let mut other_schema = version("2.0.0", &["GET /b"]);
    other_schema["schema"] =
        json!({"type": "object", "properties": {"owner": {}}, "additionalProperties": false});
    let described =
        |description: &Value| locked(world.path(), "mine", &world.wasm(description), None);
    let core_module = locked(world.path(), "mine", b"\0asm\x01\0\0\0", None);
    let written = |text: &str| {
        let wasm = wat::parse_str(text).unwrap();
        locked(world.path(), "mine", &wasm, None)
    };
    let source = |version: &str| {
        format!("(instance $i) (export \"trawl:source/source@{version}\" (instance $i))")
    };
    let opens_sockets = written(&format!(
        "(component (import \"wasi:sockets/tcp@0.2.6\" (instance)) {})",
        source("0.1.0")
    ));
    let opens_files = written(&format!(
        "(component (import \"wasi:filesystem/watch@0.2.6\" (instance)) {})",
        source("0.1.0")
    ));
    let of_another_contract = written(&format!(
        "(component (import \"trawl:source/http@0.9.0\" (instance)) {})",
        source("0.9.0")
    ));
    for (plugin, why) in [
        (
            tampered,
            "is not the component that was locked: expected sha256:",
        ),
        (
            core_module,
            "expected a WebAssembly component, found a core wasm module",
        ),
        (
            opens_sockets,
            "it would open network connections of its own",
        ),
        (opens_files, "it would reach files; a plugin has none"),
        (of_another_contract, "version 0.9.0 of the contract"),
        (
            described(&version("2.0.0", &["GET /a?b"])),
            "which cannot be granted",
        ),
        (
            described(&wrong_schema),
            "its config-schema is no JSON Schema that can be checked",
        ),
        (described(&endless_schema), "it refers to itself"),
        (described(&other_schema), "clusters.yaml:2:"),
        (
            InstalledPlugin::locked("mine", world.path().join("nowhere"), "00", None),
            "cannot be read",
        ),
    ] {
        let replaced = engine
            .replace(world.inventory("a", all), vec![plugin])
            .await
            .unwrap();
        let [refused] = replaced.refused.as_slice() else {
            panic!("{why}: {replaced:?}");
        };
        assert!(refused.why.contains(why), "{why}: {}", refused.why);
        assert_eq!(refused.instead, Instead::Serving("1.0.0".to_owned()));
        assert!(ask(&engine, ASK).await.starts_with("ap  1.0.0"), "{why}");
    }
    // Its connections never changed, and neither did what they remember.
    assert_eq!(ask(&engine, ASK).await, "ap  1.0.0  11\nus  1.0.0  11");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_has_needed_yet_stays_when_its_successor_is_refused() {
    let world = World::new().await;
    let all = "\"GET /{x...}\"";
    let old = world.wasm(&version("1.0.0", &["GET /{x...}"]));
    let plugins = vec![locked(world.path(), "mine", &old, None)];
    let engine = world.engine(world.inventory("a", all), plugins);
    let module = || locked(world.path(), "mine", b"\0asm\x01\0\0\0", None);
    let other = locked(world.path(), "other", b"\0asm\x01\0\0\0", None);
    let replaced = engine
        .replace(world.inventory("a", all), vec![module(), other])
        .await
        .unwrap();
    let lines = replaced.lines();
    let [mine, theirs] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    assert!(
        mine.ends_with("; what was installed of mine before serves as soon as a query needs it"),
        "{mine}"
    );
    assert!(theirs.ends_with("; queries on other fail"), "{theirs}");
    assert_eq!(ask(&engine, ASK).await, "ap  1.0.0  0\nus  1.0.0  0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_cannot_be_loaded_hides_no_tables_of_others() {
    let world = World::new().await;
    let good = world.wasm(&version("1.0.0", &["GET /{x...}"]));
    let plugins = vec![
        locked(world.path(), "mine", &good, None),
        locked(world.path(), "other", b"\0asm\x01\0\0\0", None),
    ];
    let engine = world.engine(world.written("clusters: [{name: ap}]\n"), plugins);
    let (tables, unlisted) = engine.tables(&Arc::default()).await;
    let names: Vec<&str> = tables.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["mine"]);
    let [other] = unlisted.as_slice() else {
        panic!("{unlisted:?}");
    };
    assert_eq!(other.plugin, "other");
    assert!(other.error.to_string().contains("a core wasm module"));
    let error = engine
        .describe(
            "mine.x",
            None,
            &[],
            std::time::Duration::from_secs(10),
            &Arc::default(),
        )
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("did you mean `mine`?"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_connection_takes_effect_and_the_others_keep_their_memory() {
    let world = World::new().await;
    let all = "\"GET /{x...}\"";
    let wasm = world.wasm(&version("1.0.0", &["GET /{x...}"]));
    let plugins = || vec![locked(world.path(), "mine", &wasm, None)];
    let engine = world.engine(world.inventory("a", all), plugins());
    let query = "mine(\"/one\") | project cluster, before, config";
    assert_eq!(
        ask(&engine, query).await,
        "ap  0  {\"tenant\":\"a\"}\nus  0  {\"tenant\":\"fixed\"}"
    );
    let same = engine
        .replace(world.inventory("a", all), plugins())
        .await
        .unwrap();
    assert_eq!(same, Replaced::default());
    assert_eq!(
        ask(&engine, query).await,
        "ap  1  {\"tenant\":\"a\"}\nus  1  {\"tenant\":\"fixed\"}"
    );
    let replaced = engine
        .replace(world.inventory("b", all), plugins())
        .await
        .unwrap();
    assert!(replaced.inventory);
    assert_eq!(
        ask(&engine, query).await,
        "ap  0  {\"tenant\":\"b\"}\nus  2  {\"tenant\":\"fixed\"}"
    );
    // A configuration that the plugin does not take leaves the connections as they were.
    let wrong = world.written(
        "\
# moved down
clusters:
  - {name: ap, mine: {url: REMOTE, tenant: 7}}
plugins: {mine: {grants: [{clusters: ['*'], operations: [GET /two]}]}}
",
    );
    let replaced = engine.replace(wrong, plugins()).await.unwrap();
    assert!(
        replaced.refused[0].why.contains("clusters.yaml:3:"),
        "{replaced:?}"
    );
    // What is granted is what the new file says all the same.
    let now = ask(&engine, query).await;
    assert!(
        now.contains("plugin mine asked for GET /one on ap, which is not granted")
            && now.contains("`plugins.mine.grants`")
            && now.contains("clusters.yaml:4)"),
        "{now}"
    );
    assert_eq!(
        ask(&engine, "mine(\"/two\") | project cluster, config").await,
        "ap  {\"tenant\":\"b\"}"
    );
    // Without the plugin there is no such table.
    let replaced = engine
        .replace(world.inventory("b", all), vec![])
        .await
        .unwrap();
    assert_eq!(replaced.removed, ["mine"]);
    assert!(ask(&engine, query).await.contains("no table `mine`"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_version_waits_until_all_that_it_declares_is_granted() {
    let world = World::new().await;
    let old = world.wasm(&version("1.0.0", &["GET /one"]));
    let new = world.wasm(&version("1.1.0", &["GET /one", "GET /two/{x}"]));
    let plugins = || vec![locked(world.path(), "mine", &old, Some(&new))];
    let engine = world.engine(world.inventory("a", "GET /one"), plugins());
    assert_eq!(ask(&engine, ASK).await, "ap  1.0.0  0\nus  1.0.0  0");
    let standing = engine.standing("mine").await.unwrap().unwrap();
    assert_eq!(
        (standing.version.as_str(), standing.connections),
        ("1.0.0", 2)
    );
    assert_eq!(standing.missing, []);
    let held = standing.held.unwrap();
    assert_eq!(held.version.as_deref(), Some("1.1.0"));
    let Why::Missing(missing) = held.why else {
        panic!("{held:?}");
    };
    let lines: Vec<&str> = missing.iter().map(|it| it.line.as_str()).collect();
    assert_eq!(
        lines,
        ["- {clusters: [ap, us], endpoint: api, operations: [\"GET /two/{x}\"]}"]
    );
    assert!(
        missing[0].place.ends_with("clusters.yaml:4)"),
        "{}",
        missing[0].place
    );

    // Granted on one of two clusters is not granted.
    let one = format!(
        "{}\n      - {}\n",
        "\
clusters:
  - {name: ap, mine: {url: REMOTE, tenant: a}}
  - {name: us, mine: {url: REMOTE, tenant: fixed}}
plugins:
  mine:
    grants:
      - {clusters: ['*'], operations: [GET /one]}",
        "{clusters: [ap], operations: [\"GET /{x...}\"]}"
    );
    let replaced = engine
        .replace(world.written(&one), plugins())
        .await
        .unwrap();
    let Why::Missing(missing) = &replaced.held[0].why else {
        panic!("{replaced:?}");
    };
    assert_eq!(missing[0].clusters, ["us"]);
    assert_eq!(replaced.changed, []);

    let granted = world.inventory("a", "GET /one, \"GET /two/{any}\"");
    let replaced = engine.replace(granted, plugins()).await.unwrap();
    assert_eq!(replaced.held, []);
    assert_eq!(replaced.changed.len(), 1, "{replaced:?}");
    assert_eq!(ask(&engine, ASK).await, "ap  1.1.0  0\nus  1.1.0  0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_version_waits_until_what_no_grant_names_is_accepted() {
    let world = World::new().await;
    let old = world.wasm(&version("1.0.0", &["GET /one"]));
    let new = world.wasm(&version("1.1.0", &["GET /one"]));
    let plugins = |unaccepted: &[&str]| {
        let unaccepted = unaccepted.iter().map(|it| (*it).to_owned()).collect();
        let plugin = locked(world.path(), "mine", &old, Some(&new));
        vec![plugin.unless_accepted(unaccepted)]
    };
    let inventory = || world.inventory("a", "GET /one");
    let engine = world.engine(inventory(), plugins(&["api: sends the header X-B"]));
    // All that it asks is granted, and it waits all the same.
    assert_eq!(ask(&engine, ASK).await, "ap  1.0.0  0\nus  1.0.0  0");
    let held = engine
        .standing("mine")
        .await
        .unwrap()
        .unwrap()
        .held
        .unwrap();
    assert_eq!(
        held.to_string(),
        "plugin mine: 1.1.0 waits for what no grant names to be accepted, 1.0.0 serves on: api: sends the header X-B"
    );
    let replaced = engine.replace(inventory(), plugins(&[])).await.unwrap();
    assert_eq!(replaced.changed.len(), 1, "{replaced:?}");
    assert_eq!(ask(&engine, ASK).await, "ap  1.1.0  0\nus  1.1.0  0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_in_development_is_what_is_in_its_file() {
    let world = World::new().await;
    let file = world.path().join("mine.wasm");
    let plugins = || vec![InstalledPlugin::development("mine", &file)];
    let all = "\"GET /{x...}\"";
    std::fs::write(&file, world.wasm(&version("0.1.0", &["GET /{x...}"]))).unwrap();
    let engine = world.engine(world.inventory("a", all), plugins());
    assert_eq!(ask(&engine, ASK).await, "ap  0.1.0  0\nus  0.1.0  0");
    std::fs::write(&file, world.wasm(&version("0.2.0", &["GET /{x...}"]))).unwrap();
    // A file is looked at when somebody says so.
    assert_eq!(ask(&engine, ASK).await, "ap  0.1.0  1\nus  0.1.0  1");
    let replaced = engine
        .replace(world.inventory("a", all), plugins())
        .await
        .unwrap();
    assert_eq!(replaced.changed.len(), 1, "{replaced:?}");
    assert_eq!(ask(&engine, ASK).await, "ap  0.2.0  0\nus  0.2.0  0");
    let small = "\
clusters:
  - {name: ap, mine: {url: REMOTE}}
plugins:
  mine:
    grants: [{clusters: [ap], operations: [\"GET /{x...}\"]}]
    limits: {bytes: 1B}
";
    engine
        .replace(world.written(small), plugins())
        .await
        .unwrap();
    let told = ask(&engine, ASK).await;
    assert!(told.contains("raise plugins.mine.limits.bytes"), "{told}");
    // Also in development nothing is done that is not granted.
    let none = world.inventory("a", "GET /nothing");
    engine.replace(none, plugins()).await.unwrap();
    assert!(ask(&engine, ASK).await.contains("which is not granted"));
}
