//! `trawl plugin test` as an author runs it: on recordings, on a program of the project, and on a living API with a credential that no
//! plugin ever sees; with its exit codes. The plugin is the small stranger, so that each run is quick.

use std::path::PathBuf;

use serde_json::Value;

use crate::plugins::{Place, changed, stranger};
use crate::registry::Reply;
use crate::support::{Run, has};

const TOKEN: &str = "s3cr3t-t0ken";

/// What the API says of its things.
const THINGS: &str = r#"[{"n": 1}, {"n": 2}]"#;

const RECORDED: &str = "### the things\nGET /v1/things\n\nHTTP/1.1 200 OK\ncontent-type: application/json\n\n[{\"n\": 1}, {\"n\": 2}]\n";

/// The stranger as a project that was built, beside an inventory with a living API.
struct Project {
    place: Place,
}

impl Project {
    fn new() -> Self {
        let place = Place::new();
        let json = Reply::ok(THINGS).header("Content-Type", "application/json");
        place.api.set("/v1/things", json);
        let project = Self { place };
        project.write(
            "Cargo.toml",
            "[package]\nname = \"stranger\"\nversion = \"1.0.0\"\n",
        );
        let dist = project.path("dist/stranger.wasm");
        std::fs::create_dir_all(dist.parent().unwrap()).unwrap();
        std::fs::write(dist, stranger()).unwrap();
        project.case("things", "n: long\n1\n2");
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path("project").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn case(&self, title: &str, rows: &str) {
        let text = format!(
            "== {title}\nstranger.things | project n\n-- rows\n{rows}\n-- requests\nGET /v1/things\n"
        );
        self.write("tests/cases/things.txt", &text);
    }

    /// An inventory whose connection has a credential, with these grants.
    fn living(&self, grants: &str) {
        let token = self.place.path("token");
        std::fs::write(&token, TOKEN).unwrap();
        let text = format!(
            "clusters:\n- name: one\n  stranger:\n    url: 'http://{}'\n    auth: {{bearer: {{file: '{}'}}}}\n{grants}",
            self.place.api.host,
            token.display()
        );
        std::fs::write(self.place.clusters_yaml(), text).unwrap();
    }

    /// `trawl plugin test` of the project as it was built.
    fn test(&self, args: &[&str]) -> Run {
        let folder = self.path("");
        let folder = folder.to_str().unwrap();
        let base = ["plugin", "test", folder, "--no-build"];
        self.place.run(&[base.as_slice(), args].concat())
    }
}

const GRANTED: &str = "plugins:\n  stranger:\n    grants:\n    - clusters: [one]\n      operations: [GET /v1/things]\n";

/// The findings of one check.
fn of<'a>(report: &'a Value, check: &str) -> Vec<&'a Value> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|it| it["check"] == check).collect()
}

#[test]
fn recordings_pass_or_fail_and_the_exit_code_says_which() {
    let project = Project::new();
    project.write("tests/recorded/things.http", RECORDED);
    let whole = project.test(&["-o", "json"]);
    assert_eq!(whole.code, 0, "{}{}", whole.stdout, whole.stderr);
    let report = whole.json();
    assert_eq!(
        (&report["plugin"], &report["against"], &report["failed"]),
        (&"stranger".into(), &"recordings".into(), &0.into())
    );
    assert_eq!(of(&report, "cases")[0]["verdict"], "passed");
    assert_eq!(of(&report, "hostile")[0]["verdict"], "passed");

    // What is expected differs: the case says how, and `--update` writes what came.
    project.case("things", "n: long\n1\n7");
    let only = ["--only", "cases", "--only", "schema"];
    let wrong = project.test(&only);
    assert_eq!(wrong.code, 1, "{}", wrong.stderr);
    assert!(
        wrong.stdout.contains("expected `7`, got `2`"),
        "{}",
        wrong.stdout
    );
    assert!(wrong.stderr.contains("1 failed"), "{}", wrong.stderr);
    assert!(!wrong.stdout.contains("hostile"), "{}", wrong.stdout);
    let update = project.test(&["--update"]);
    assert_eq!(update.code, 0, "{}", update.stderr);
    assert!(
        update.stderr.contains("things.txt is rewritten"),
        "{}",
        update.stderr
    );
    let written = std::fs::read_to_string(project.path("tests/cases/things.txt")).unwrap();
    assert!(written.contains("n: long\n1\n2\n-- requests"), "{written}");
    assert_eq!(project.test(&only).code, 0);
}

#[test]
fn what_cannot_be_run_at_all_ends_with_two() {
    let project = Project::new();
    project.write("tests/recorded/things.http", RECORDED);
    for (args, part) in [
        (["--only", "error"].as_slice(), "did you mean `errors`?"),
        (
            &["--live", "two"],
            "expected a connection of stranger, got `two`",
        ),
        (&["--record"], "--live CONNECTION or tests/remote"),
        (&["--update", "--only", "cases"], "cannot be used with"),
    ] {
        let run = project.test(args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    project.write("tests/clusters.yaml", "clusters: [{name: a}]\n");
    let none = project.test(&[]);
    assert_eq!(none.code, 2, "{}", none.stderr);
    assert!(
        none.stderr
            .contains("expected one connection of stranger, found 0"),
        "{}",
        none.stderr
    );
}

#[test]
fn a_living_api_is_asked_once_with_a_credential_that_no_plugin_sees_and_can_be_recorded() {
    let project = Project::new();
    project.living(GRANTED);
    let live = project.test(&["--live", "one", "-o", "json"]);
    assert_eq!(live.code, 0, "{}{}", live.stdout, live.stderr);
    let report = live.json();
    assert_eq!(report["against"], "one/stranger");
    assert_eq!(of(&report, "errors")[0]["verdict"], "passed");
    // All checks together asked once; faults and further questions were played here.
    assert_eq!(
        project.place.api.asked(),
        [format!("/v1/things Bearer {TOKEN}")]
    );

    let recorded = project.test(&["--live", "one", "--record"]);
    assert_eq!(recorded.code, 0, "{}", recorded.stderr);
    let text = std::fs::read_to_string(project.path("tests/recorded/live.http")).unwrap();
    assert!(text.contains("GET /v1/things\n"), "{text}");
    for secret in [TOKEN, &project.place.api.host, "authorization"] {
        for told in [&text, &live.stdout, &live.stderr, &recorded.stderr] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
    project.place.api.asked();
    let replayed = project.test(&["--only", "cases", "--only", "schema", "-o", "json"]);
    assert_eq!(replayed.code, 0, "{}{}", replayed.stdout, replayed.stderr);
    assert_eq!(replayed.json()["passed"], 2);
    assert_eq!(project.place.api.asked(), [""; 0]);
}

#[test]
fn a_component_gets_nothing_of_a_living_api_by_what_it_calls_itself() {
    let project = Project::new();
    // Not granted: nothing is asked, and it is said what would grant it.
    project.living("");
    let denied = project.test(&["--live", "one", "--only", "schema"]);
    assert_eq!(denied.code, 1, "{}", denied.stderr);
    assert!(
        denied.stdout.contains("GET /v1/things") && denied.stdout.contains("not granted"),
        "{}",
        denied.stdout
    );
    assert_eq!(project.place.api.asked(), [""; 0]);

    // A name that came with trawl: what that one may do is known by its bytes.
    let yaml = std::fs::read_to_string(project.place.clusters_yaml()).unwrap();
    let yaml = yaml.replace("stranger:", "prometheus:");
    std::fs::write(project.place.clusters_yaml(), yaml).unwrap();
    let file = project.place.write("theirs.wasm", &stranger());
    let named = [
        "plugin",
        "test",
        &file,
        "--name",
        "prometheus",
        "--live",
        "one",
    ];
    let run = project.place.run(&named);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("not granted"), "{}", run.stdout);
    project.write(
        "Cargo.toml",
        "[package]\nname = \"prometheus\"\nversion = \"1.0.0\"\n",
    );
    std::fs::copy(&file, project.path("dist/prometheus.wasm")).unwrap();
    let run = project.test(&["--live", "one"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("that came with trawl"),
        "{}",
        run.stderr
    );
    assert_eq!(project.place.api.asked(), [""; 0]);

    // The name of an installed one, with its grants.
    project.living(GRANTED);
    assert_eq!(project.place.run(&["plugin", "add", &file]).code, 0);
    let other = changed(&stranger(), &[("1.0.0", "1.0.1")]);
    let other = project.place.write("other.wasm", &other);
    let run = project
        .place
        .run(&["plugin", "test", &other, "--live", "one"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("--name stranger"), "{}", run.stderr);
    assert_eq!(project.place.api.asked(), [""; 0]);
    for args in [
        [other.as_str(), "--name", "stranger"].as_slice(),
        &[file.as_str()],
    ] {
        let test = ["plugin", "test", "--live", "one", "--only", "schema"];
        let run = project.place.run(&[test.as_slice(), args].concat());
        assert_eq!(run.code, 0, "{args:?}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_program_of_the_project_answers_instead_of_recordings() {
    if !has(&["python3"]) {
        return;
    }
    let project = Project::new();
    let program = "#!/usr/bin/env python3\nimport sys\nfrom http.server import BaseHTTPRequestHandler, HTTPServer\n\nclass Things(BaseHTTPRequestHandler):\n    def do_GET(self):\n        body = b'[{\"n\": 5}]' if self.path == '/v1/things' else b''\n        self.send_response(200 if body else 404)\n        self.send_header('content-type', 'application/json')\n        self.send_header('content-length', str(len(body)))\n        self.end_headers()\n        self.wfile.write(body)\n    def log_message(self, *_):\n        pass\n\nHTTPServer(('127.0.0.1', int(sys.argv[1])), Things).serve_forever()\n";
    project.write("tests/remote", program);
    let denied = project.test(&["--only", "cases"]);
    assert_eq!(denied.code, 2, "{}", denied.stderr);
    assert!(
        denied.stderr.contains("expected an executable"),
        "{}",
        denied.stderr
    );
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path("tests/remote"), mode).unwrap();
    project.case("things", "n: long\n5");
    let run = project.test(&["--only", "cases", "--only", "schema", "-o", "json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.json()["against"], "tests/remote");
    let recorded = project.test(&["--record"]);
    assert_eq!(recorded.code, 0, "{}", recorded.stderr);
    let text = std::fs::read_to_string(project.path("tests/recorded/live.http")).unwrap();
    assert!(text.contains("[{\"n\": 5}]"), "{text}");
}
