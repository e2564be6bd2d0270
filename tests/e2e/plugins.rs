//! Installing plugins of strangers: from files, addresses and registries, granted and not, replaced, tampered with and removed.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::registry::{Reply, Server, digest};
use crate::support::{Run, trawl};

/// A folder of plugins, an inventory, and the API that the stranger asks.
pub struct Place {
    folder: tempfile::TempDir,
    pub api: Server,
}

/// The stranger's component, as it is built.
pub fn stranger() -> Vec<u8> {
    let path = trawl_guest_build::build("trawl-guest-stranger").unwrap();
    std::fs::read(path).unwrap()
}

/// Another version of a component: texts of the same length in the place of others.
pub fn changed(wasm: &[u8], changes: &[(&str, &str)]) -> Vec<u8> {
    let mut wasm = wasm.to_vec();
    for (from, to) in changes {
        assert_eq!(from.len(), to.len());
        let (from, mut found) = (from.as_bytes(), 0);
        for at in 0..wasm.len().saturating_sub(from.len()) {
            if wasm[at..].starts_with(from) {
                wasm[at..at + from.len()].copy_from_slice(to.as_bytes());
                found += 1;
            }
        }
        assert!(found > 0, "the component does not say {to} anywhere");
    }
    wasm
}

impl Place {
    pub fn new() -> Self {
        let api = Server::start();
        api.set("/v1/things", Reply::ok(r#"[{"n": 1}, {"n": 2}]"#));
        api.set("/v2/things", Reply::ok(r#"[{"n": 3}]"#));
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            api,
        };
        place.inventory(true);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn clusters_yaml(&self) -> PathBuf {
        self.path("clusters.yaml")
    }

    pub fn plugins(&self) -> PathBuf {
        self.path("plugins")
    }

    /// Writes an inventory without grants; with the stranger's connection or without.
    pub fn inventory(&self, connected: bool) {
        let connection = if connected {
            format!("  stranger: {{url: 'http://{}'}} # theirs\n", self.api.host)
        } else {
            String::new()
        };
        let text = format!("# our clusters\nclusters:\n- name: one\n{connection}");
        std::fs::write(self.clusters_yaml(), text).unwrap();
    }

    pub fn write(&self, name: &str, wasm: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, wasm).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn run(&self, args: &[&str]) -> Run {
        let Output {
            status,
            stdout,
            stderr,
        } = trawl()
            .arg("--config")
            .arg(self.clusters_yaml())
            .arg("--plugins")
            .arg(self.plugins())
            .args(args)
            .output()
            .unwrap();
        Run {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// The numbers of the things, or why there are none.
    pub fn things(&self) -> Result<Vec<i64>, String> {
        let run = self.run(&["query", "stranger.things | sort by n asc", "-o", "ndjson"]);
        let rows = run.stdout.lines().filter_map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            row["n"].as_i64()
        });
        match run.code {
            0 => Ok(rows.collect()),
            code => Err(format!("{code}: {}{}", run.stdout, run.stderr)),
        }
    }

    /// The stranger's line of `trawl plugin list`.
    pub fn listed(&self) -> Value {
        let list = self.run(&["plugin", "list", "-o", "json"]);
        assert_eq!(list.code, 0, "{}", list.stderr);
        let plugins = list.json();
        let all = plugins["plugins"].as_array().unwrap();
        let found = all.iter().find(|it| it["name"] == "stranger");
        found.cloned().unwrap_or_default()
    }
}

#[test]
fn a_plugin_is_added_granted_used_and_removed() {
    let place = Place::new();
    let wasm = stranger();
    let file = place.write("stranger.wasm", &wasm);

    let added = place.run(&["plugin", "add", &file]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let block = "plugins:\n  stranger:\n    grants:\n      - clusters: [\"one\"]\n        endpoint: api\n        operations:\n          - \"GET /v1/things\"\n";
    assert_eq!(added.stdout, block);
    for part in [
        "stranger 1.0.0: Things of an HTTP API",
        &digest(&wasm),
        "installed as `stranger`",
        "api (http): The API that has the things",
        "nothing of that is granted",
    ] {
        assert!(added.stderr.contains(part), "{part}: {}", added.stderr);
    }

    // It is known everywhere, and may do nothing.
    let tables = place.run(&["tables", "stranger"]).stdout;
    assert!(tables.contains("stranger.things"), "{tables}");
    let refused = place.things().unwrap_err();
    for part in ["stranger", "GET /v1/things", "one", "grant"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert_eq!(place.api.asked(), [""; 0], "nothing was sent");

    // The block is what it says it is.
    let before = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    std::fs::write(place.clusters_yaml(), format!("{before}{block}")).unwrap();
    assert_eq!(place.things(), Ok(vec![1, 2]));
    assert_eq!(place.api.asked(), ["/v1/things"]);
    assert_eq!(place.listed()["state"], "serving");
    assert_eq!(place.listed()["installed"]["digest"], digest(&wasm));

    // `--grant` writes the same into the file, and nothing else of it changes.
    std::fs::write(place.clusters_yaml(), &before).unwrap();
    let added = place.run(&["plugin", "add", &file, "--grant", "o*"]);
    assert_eq!(
        (added.code, added.stdout.as_str()),
        (0, ""),
        "{}",
        added.stderr
    );
    assert!(
        added.stderr.contains("was this component already"),
        "{}",
        added.stderr
    );
    let after = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    assert_eq!(
        after,
        format!("{before}\n{}", block.replace("\"one\"", "\"o*\""))
    );
    assert_eq!(place.things(), Ok(vec![1, 2]));

    let removed = place.run(&["plugin", "remove", "stranger"]);
    assert_eq!(removed.code, 0);
    assert!(
        removed.stderr.contains("what names it still has to go too"),
        "{}",
        removed.stderr
    );
    let left: Vec<String> = std::fs::read_dir(place.plugins())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".wasm"))
        .collect();
    assert_eq!(left, [""; 0]);
    let again = place.run(&["plugin", "remove", "stranger"]);
    assert_eq!(again.code, 2);
    assert!(
        again.stderr.contains("nothing is installed there"),
        "{}",
        again.stderr
    );
}

#[test]
fn only_what_was_meant_is_installed_from_addresses_and_registries() {
    let place = Place::new();
    let wasm = stranger();
    let shop = Server::start();
    shop.set("/stranger.wasm", Reply::ok(wasm.clone()));
    let address = format!("http://{}/stranger.wasm", shop.host);
    let (right, wrong) = (digest(&wasm), digest(b"another"));
    for (args, part) in [
        (vec![address.as_str()], "--digest sha256:…"),
        (vec![&address, "--digest", &wrong], "nothing was installed"),
        (
            vec!["https://me:pw@plugins.example/a.wasm", "--digest", &right],
            "without a user",
        ),
        (
            vec!["oci://plugins.example/a:1.0"],
            "what a tag names can change",
        ),
        (vec!["nowhere.wasm"], "nowhere.wasm"),
        (
            vec![address.as_str(), "--digest", &right, "--name", "pods"],
            "is a table of kube",
        ),
        (
            vec![address.as_str(), "--digest", &right, "--name", "kube"],
            "came with trawl",
        ),
    ] {
        let run = place.run(&[&["plugin", "add"], args.as_slice()].concat());
        assert_eq!(run.code, 2, "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        assert!(!place.plugins().join("plugins.lock.json").exists());
    }
    let added = place.run(&["plugin", "add", &address, "--digest", &right]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    assert_eq!(place.listed()["source"], json!(address));

    shop.want_token("t0k3n");
    let reference = shop.push("strangers/things", &wasm, "application/wasm");
    let added = place.run(&["plugin", "add", &reference, "--name", "theirs"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let list = place.run(&["plugin", "list"]).stdout;
    assert!(list.contains(&reference), "{list}");
    assert!(list.contains("theirs"), "{list}");
}

#[test]
fn what_is_no_plugin_or_was_changed_is_refused() {
    let place = Place::new();
    let wasm = stranger();
    let module = place.write("module.wasm", b"\0asm\x01\0\0\0");
    let cut = place.write("cut.wasm", &wasm[..wasm.len() / 2]);
    for file in [&module, &cut] {
        for command in ["add", "inspect"] {
            let run = place.run(&["plugin", command, file]);
            assert_eq!(
                run.code, 1,
                "{command} {file}: {}{}",
                run.stdout, run.stderr
            );
        }
    }
    assert!(!place.plugins().join("plugins.lock.json").exists());

    let file = place.write("stranger.wasm", &wasm);
    let inspected = place.run(&["plugin", "inspect", &file, "--columns"]);
    assert_eq!(inspected.code, 0, "{}", inspected.stderr);
    for part in [
        "stranger 1.0.0: Things of an HTTP API",
        &digest(&wasm),
        "trawl:source/http@0.1.0",
        "GET /v1/things",
        "stranger.things",
        "Its number",
    ] {
        assert!(
            inspected.stdout.contains(part),
            "{part}: {}",
            inspected.stdout
        );
    }
    let inspected = place
        .run(&["plugin", "inspect", &file, "-o", "json"])
        .json();
    assert_eq!(inspected["plugin"]["version"], "1.0.0");
    assert_eq!(inspected["refused"], Value::Null);

    place.run(&["plugin", "add", &file, "--grant", "*"]);
    assert_eq!(place.things(), Ok(vec![1, 2]));
    let stored = place
        .plugins()
        .join(digest(&wasm).replace(':', "-") + ".wasm");
    tamper(&stored, &wasm);
    let refused = place.things().unwrap_err();
    assert!(
        refused.contains("not the component that was locked"),
        "{refused}"
    );
    assert_eq!(place.listed()["state"], "cannot be loaded");
    // The tables of others are listed all the same.
    let tables = place.run(&["tables", "namespaces"]);
    assert_eq!(tables.code, 3, "{}", tables.stderr);
    assert!(tables.stdout.contains("namespaces"), "{}", tables.stdout);
    assert!(
        tables.stderr.contains("no tables of stranger: "),
        "{}",
        tables.stderr
    );
    // Adding it again puts it right.
    place.run(&["plugin", "add", &file]);
    assert_eq!(place.things(), Ok(vec![1, 2]));
}

fn tamper(path: &Path, wasm: &[u8]) {
    std::fs::write(path, changed(wasm, &[("1.0.0", "9.9.9")])).unwrap();
}

#[test]
fn a_version_that_wants_more_waits_until_it_is_granted() {
    let place = Place::new();
    let one = stranger();
    let two = changed(&one, &[("1.0.0", "2.0.0"), ("/v1/things", "/v2/things")]);
    // As the author publishes them: an upgrade from the same place needs no more words.
    let one = place.write("stranger-1.0.0.wasm", &one);
    let two = place.write("stranger-2.0.0.wasm", &two);
    place.run(&["plugin", "add", &one, "--grant", "*"]);
    assert_eq!(place.things(), Ok(vec![1, 2]));

    let added = place.run(&["plugin", "add", &two]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    for part in ["1.0.0 serves on until", "api: GET /v2/things"] {
        assert!(added.stderr.contains(part), "{part}: {}", added.stderr);
    }
    assert_eq!(place.things(), Ok(vec![1, 2]));
    let listed = place.listed();
    assert_eq!(listed["state"], "next waits for grants", "{listed}");
    let why = listed["why"].to_string();
    assert!(why.contains("GET /v2/things"), "{why}");
    for (args, operation) in [
        (&["plugin", "inspect", "stranger"][..], "GET /v1/things"),
        (
            &["plugin", "inspect", "stranger", "--next"],
            "GET /v2/things",
        ),
    ] {
        let inspected = place.run(args);
        assert_eq!(inspected.code, 0, "{}", inspected.stderr);
        assert!(inspected.stdout.contains(operation), "{}", inspected.stdout);
    }

    // Granted where it is not used it waits on, and says so.
    let text = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    let added = place.run(&["plugin", "add", &two, "--grant", "elsewhere-*"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    for part in ["2.0.0 waits for", "1.0.0 serves on"] {
        assert!(added.stderr.contains(part), "{part}: {}", added.stderr);
    }
    std::fs::write(place.clusters_yaml(), text).unwrap();

    let added = place.run(&["plugin", "add", &two, "--grant", "*"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    assert!(
        added.stderr.contains("2.0.0 serves now"),
        "{}",
        added.stderr
    );
    assert_eq!(place.things(), Ok(vec![3]));
    let listed = place.listed();
    assert_eq!(listed["version"], "2.0.0");
    assert_eq!(listed["installed"]["version"], "2.0.0", "{listed}");
    assert_eq!(listed["next"], Value::Null, "{listed}");
}

#[test]
fn a_component_from_elsewhere_does_not_get_the_grants_of_one_that_is_called_like_it() {
    let place = Place::new();
    let ours = stranger();
    let file = place.write("ours.wasm", &ours);
    place.run(&["plugin", "add", &file, "--grant", "*"]);
    assert_eq!(place.things(), Ok(vec![1, 2]));

    let theirs = changed(&ours, &[("Things of an HTTP API", "Tricks of an HTTP API")]);
    let elsewhere = place.write("theirs.wasm", &theirs);
    let lock = place.plugins().join("plugins.lock.json");
    let before = std::fs::read(&lock).unwrap();
    let refused = place.run(&["plugin", "add", &elsewhere, "--yes"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    for part in [
        "theirs.wasm calls itself `stranger`",
        "ours.wasm: nothing was installed",
        "--name stranger puts it in its place",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert_eq!(std::fs::read(&lock).unwrap(), before);
    // Beside it, it has no grants; the very same component may come from anywhere; and who names it means it.
    let beside = place.run(&["plugin", "add", &elsewhere, "--name", "theirs"]);
    assert_eq!(beside.code, 0, "{}", beside.stderr);
    let copy = place.write("copy.wasm", &ours);
    assert_eq!(place.run(&["plugin", "add", &copy]).code, 0);
    assert_eq!(place.listed()["source"], json!(file));
    let named = place.run(&["plugin", "add", &elsewhere, "--name", "stranger"]);
    assert_eq!(named.code, 0, "{}", named.stderr);
    assert_eq!(place.listed()["digest"], json!(digest(&theirs)));
}

#[test]
fn a_grant_that_cannot_be_written_is_no_success() {
    let place = Place::new();
    let file = place.write("stranger.wasm", &stranger());
    let text = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    let odd = text.clone() + "plugins: {}\n";
    std::fs::write(place.clusters_yaml(), &odd).unwrap();
    let added = place.run(&["plugin", "add", &file, "--grant", "*"]);
    assert_eq!(added.code, 2, "{}", added.stderr);
    assert!(
        added
            .stderr
            .contains("error: nothing of that is granted yet"),
        "{}",
        added.stderr
    );
    assert!(added.stdout.starts_with("plugins:\n"), "{}", added.stdout);
    assert_eq!(std::fs::read_to_string(place.clusters_yaml()).unwrap(), odd);
}

#[test]
fn two_that_grant_at_once_lose_nothing() {
    let place = Place::new();
    let file = place.write("stranger.wasm", &stranger());
    let text = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    let names: Vec<String> = (0..4).map(|number| format!("plugin-{number}")).collect();
    for name in &names {
        assert_eq!(place.run(&["plugin", "add", &file, "--name", name]).code, 0);
    }
    std::fs::write(place.clusters_yaml(), text.replace("stranger", "plugin-0")).unwrap();
    std::thread::scope(|scope| {
        for name in &names {
            let (place, file) = (&place, &file);
            scope.spawn(move || {
                let add = ["plugin", "add", file, "--name", name, "--grant", "*"];
                let added = place.run(&add);
                assert_eq!(added.code, 0, "{}", added.stderr);
            });
        }
    });
    let text = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    for name in &names {
        assert!(
            text.contains(&format!("  {name}:\n    grants:\n")),
            "{text}"
        );
    }
}

#[test]
fn imports_that_no_plugin_gets_are_refused_by_name_and_reason() {
    let place = Place::new();
    let source = "(instance $i) (export \"trawl:source/source@0.1.0\" (instance $i))";
    let component = |imports: &[&str]| {
        let imports: String = imports
            .iter()
            .map(|it| format!("(import \"{it}\" (instance)) "))
            .collect();
        wat::parse_str(format!("(component {imports}{source})")).unwrap()
    };
    // Behind what each language's library imports of files there is nothing.
    let harmless = "wasi:filesystem/preopens@0.2.6";
    for (import, why) in [
        (
            "wasi:sockets/tcp@0.2.6",
            "it would open network connections of its own; a plugin asks its endpoints, through trawl:source/http",
        ),
        (
            "wasi:filesystem/watch@0.2.6",
            "it would reach files; a plugin has none",
        ),
    ] {
        let file = place.write("evil.wasm", &component(&[harmless, import]));
        let told = place.run(&["plugin", "inspect", &file]);
        assert_eq!(told.code, 1, "{}{}", told.stdout, told.stderr);
        for line in [
            format!("  {import}  REFUSED: {why}\n"),
            format!("\nIt would be refused:\n  it imports {import}: {why}\n"),
            format!("  {harmless}  of its language's runtime; no folder is open to it\n"),
        ] {
            let one_space = |text: &str| {
                let words = text.split(' ').filter(|it| !it.is_empty());
                words.collect::<Vec<_>>().join(" ")
            };
            assert!(
                one_space(&told.stdout).contains(&one_space(&line)),
                "{line}: {}",
                told.stdout
            );
        }
        let told = place.run(&["plugin", "inspect", &file, "-o", "json"]);
        assert_eq!(told.code, 1, "{}", told.stderr);
        let json = told.json();
        assert_eq!(
            json["imports"],
            json!([
                {"name": harmless, "allowed": true, "why": "no folder is open to it"},
                {"name": import, "allowed": false, "why": why},
            ])
        );
        assert_eq!(
            json["refused"],
            json!([format!("it imports {import}: {why}")])
        );
        assert_eq!(json["plugin"], Value::Null);

        let added = place.run(&["plugin", "add", &file]);
        assert_eq!(added.code, 1, "{}", added.stderr);
        assert!(added.stderr.contains(why), "{}", added.stderr);
        assert!(!place.plugins().exists(), "nothing was made");
    }
}

#[test]
fn a_strangers_component_is_compiled_by_another_process_within_its_limits() {
    let place = Place::new();
    let file = place.write("stranger.wasm", &stranger());
    assert_eq!(place.run(&["plugin", "add", &file, "--grant", "*"]).code, 0);
    assert_eq!(place.things(), Ok(vec![1, 2]));
    let text = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    let limited = format!("{text}    limits: {{compile_time: 1ms}}\n");
    std::fs::write(place.clusters_yaml(), limited).unwrap();
    let output = trawl()
        .env("XDG_CACHE_HOME", place.path("fresh"))
        .arg("--config")
        .arg(place.clusters_yaml())
        .arg("--plugins")
        .arg(place.plugins())
        .args(["query", "stranger.things"])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("plugins.stranger.limits.compile_time"),
        "{stderr}"
    );
}

#[test]
fn a_third_version_waits_behind_the_second_one_that_was_granted() {
    let place = Place::new();
    place.api.set("/v3/things", Reply::ok(r#"[{"n": 4}]"#));
    let one = stranger();
    let version =
        |number: &str, path: &str| changed(&one, &[("1.0.0", number), ("/v1/things", path)]);
    let two = version("2.0.0", "/v2/things");
    let file = place.write("things.wasm", &one);
    place.run(&["plugin", "add", &file, "--grant", "*"]);
    place.write("things.wasm", &two);
    place.run(&["plugin", "add", &file]);
    // Granted by hand: the lock file does not know of it.
    let text = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    let granted = text.replace("/v1/things", "/v2/things");
    assert_ne!(granted, text);
    std::fs::write(place.clusters_yaml(), granted).unwrap();
    assert_eq!(place.things(), Ok(vec![3]));
    let listed = place.listed();
    assert_eq!(
        (&listed["version"], &listed["digest"], &listed["source"]),
        (&json!("2.0.0"), &json!(digest(&two)), &json!(file))
    );

    let three = version("3.0.0", "/v3/things");
    place.write("things.wasm", &three);
    let added = place.run(&["plugin", "add", &file]);
    for part in ["2.0.0 serves on until", "api: GET /v3/things"] {
        assert!(added.stderr.contains(part), "{part}: {}", added.stderr);
    }
    assert_eq!(place.things(), Ok(vec![3]));
    let listed = place.listed();
    assert_eq!(listed["digest"], json!(digest(&two)), "{listed}");
    assert_eq!(listed["next"]["version"], "3.0.0", "{listed}");
}

#[test]
fn a_plugin_that_is_being_written_is_not_locked_and_needs_its_grants() {
    let place = Place::new();
    let file = place.write("stranger.wasm", &stranger());
    let flag = format!("stranger={file}");
    let query = ["--dev-plugin", &flag, "query", "stranger.things | count"];
    let refused = place.run(&query);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("GET /v1/things"),
        "{}",
        refused.stderr
    );
    let block = place.run(&["plugin", "add", &file]).stdout;
    place.run(&["plugin", "remove", "stranger"]);
    let before = std::fs::read_to_string(place.clusters_yaml()).unwrap();
    std::fs::write(place.clusters_yaml(), before + &block).unwrap();
    let granted = place.run(&query);
    assert_eq!(granted.code, 0, "{}", granted.stderr);
    assert!(granted.stdout.contains('2'), "{}", granted.stdout);
    let wrong = place.run(&["--dev-plugin", "stranger", "tables"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("NAME=FILE"), "{}", wrong.stderr);
}
