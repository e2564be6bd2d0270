//! A project of the guest `tabular`, made anew for each test: what it takes over, how it lies, what its remote says.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test fails by panicking, and not every test uses all"
)]

use std::path::Path;

use trawl_conformance::project::{Against, Options, prepare};
use trawl_conformance::{CHECKS, Check, Report, named};

/// All that the guest can take over.
pub const ALL: &str = "[filters, sort, limit, aggregate]";

/// Three pages of rows: every kind of value, nulls, texts with quotes.
pub const RECORDED: &str = r#"# Made for the tests of the suite.

### the first page
GET /rows?n=2

HTTP/1.1 200 OK
content-type: application/json

{"rows": [
  {"k": "x", "b": true, "n": 1, "x": 0.5, "d": "1s", "ts": "2026-01-01T10:00:00Z", "q": "1.5", "labels": {"app": "web"}},
  {"k": "x", "b": false, "n": 7, "x": -1.75, "d": "3ns", "ts": "2026-01-01T11:00:00Z", "labels": {"app": "db"}}
], "next": "p2"}

### the second
GET /rows?n=2&token=p2

HTTP/1.1 200 OK
content-type: application/json

{"rows": [
  {"k": "y\"z", "n": -4, "x": 2.25, "ts": "1969-12-31T23:59:59Z", "labels": {}},
  {"k": "y", "b": true, "n": null, "x": 0.0, "d": "2s", "q": "2"}
], "next": "p3"}

### the last
GET /rows?n=2&token=p3

HTTP/1.1 200 OK
content-type: application/json

{"rows": [
  {"k": null, "n": 3, "d": "5s", "labels": {"app": "web"}},
  {"k": "w", "n": 2, "ts": "2026-01-01T10:00:00Z"}
], "next": null}
"#;

/// The guest and a place for projects of it.
pub struct Lab {
    wasm: Vec<u8>,
}

impl Lab {
    /// Builds the guest.
    pub async fn new() -> Self {
        let build = || trawl_guest_build::build("trawl-guest-tabular").unwrap();
        Self {
            wasm: std::fs::read(tokio::task::spawn_blocking(build).await.unwrap()).unwrap(),
        }
    }

    /// The same guest with another text of the same length in its data: what it says of itself depends on no configuration.
    pub fn saying(mut self, instead: &str, text: &str) -> Self {
        assert_eq!(instead.len(), text.len());
        let mut places = self.wasm.windows(instead.len());
        let at = places.position(|it| it == instead.as_bytes()).unwrap();
        self.wasm.splice(at..at + text.len(), text.bytes());
        self
    }

    /// What checks find of a plugin that lies; no check means all.
    pub async fn report(&self, takes: &str, lie: Option<&str>, checks: &[&str]) -> Report {
        // What a lie is about is tried on one column, where that shows it: each is tried in many ways.
        let lie = lie.map_or_else(String::new, |lie| {
            let columns = match lie {
                "alone-is-other" => "\"n\", labels",
                _ => "\"n\"",
            };
            format!(", columns: [{columns}], lie: {lie}")
        });
        let settings = format!("takes: {takes}{lie}");
        let case = "== one\ntabular.t | where n == 2 | project n\n-- rows\nn: long\n2\n-- requests\nGET /rows?n=2\nGET /rows?n=2&token=p2\nGET /rows?n=2&token=p3\n";
        self.of(&settings, RECORDED, Some(case), checks).await
    }

    /// What some checks find of a project with this remote and case; no check means all.
    pub async fn of(
        &self,
        settings: &str,
        recorded: &str,
        case: Option<&str>,
        checks: &[&str],
    ) -> Report {
        let folder = tempfile::tempdir().unwrap();
        let tests = folder.path().join("tests");
        for name in ["recorded", "cases"] {
            std::fs::create_dir_all(tests.join(name)).unwrap();
        }
        let yaml = format!(
            "clusters: [{{name: lab, tabular: {{url: 'http://tabular.example', remote: true, {settings}}}}}]\n"
        );
        std::fs::write(tests.join("clusters.yaml"), yaml).unwrap();
        std::fs::write(tests.join("recorded/rows.http"), recorded).unwrap();
        if let Some(case) = case {
            std::fs::write(tests.join("cases/a.txt"), case).unwrap();
        }
        let prepared = prepare(Options {
            name: None,
            wasm: self.wasm.clone(),
            folder: Some(folder.path().to_path_buf()),
            against: Against::Project,
            now_ns: 1_790_000_000_000_000_000,
            // Shared by all tests, so that each does not compile it again.
            cache: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")),
            compiler: None,
        })
        .await
        .unwrap();
        let checks: Vec<&Check> = if checks.is_empty() {
            CHECKS.to_vec()
        } else {
            checks.iter().map(|name| named(name).unwrap()).collect()
        };
        trawl_conformance::run(&prepared.suite, &checks, prepared.against, &mut |_| {})
            .await
            .unwrap()
    }
}
