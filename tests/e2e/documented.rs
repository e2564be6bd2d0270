//! The endpoint against its own OpenAPI document, by schemathesis: it asks what the document allows and what it forbids, as an
//! admin and as a reader, and finds no answer that the document does not have.

use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use trawl_programs::Schemathesis;

use crate::server::{Server, ask_as, tokens};

/// What is asked is made of it: the same on every machine.
const SEED: &str = "7";
/// Of who is tried.
const TOKEN: &str = "a-token-that-asks";
/// Of who looks at what came of it.
const LOOKS: &str = "a-token-that-looks";
/// What is asked of, and why what is left out is left out.
const CONFIG: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/e2e/schemathesis.toml"
);

/// Starts a server and has it asked by somebody of this role; what was found is the failure.
fn nothing_is_found(role: &str) {
    let Some(schemathesis) = Schemathesis::with(Path::new(CONFIG)) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.db").display().to_string();
    let tokens = tokens(
        folder.path(),
        &[(TOKEN, &format!("role: {role}")), (LOOKS, "role: reader")],
    );
    let demo = ["--demo", "--demo-pods", "5"];
    // With alerts, so that they have something to say.
    let args = ["--tokens", tokens.to_str().unwrap(), "--alerts", "1m"];
    let server = Server::with(folder.path(), &demo, &state, &args);
    let clusters = || {
        let (status, list) = ask_as(
            server.address,
            Some(LOOKS),
            "GET",
            "/api/v1/clusters",
            &Value::Null,
        )
        .unwrap();
        assert_eq!(status, 200, "{list}");
        let clusters = list["clusters"].as_array().unwrap().iter();
        clusters.map(|it| it["name"].clone()).collect::<Vec<_>>()
    };
    let before = clusters();
    server.ready();
    let document = format!("http://{}/openapi.json", server.address);
    let began = Instant::now();
    let found = schemathesis.run(&document, TOKEN, &["--seed", SEED]);
    let report = &found.report;
    eprintln!("seed {SEED}, {} s\n{report}", began.elapsed().as_secs());
    assert!(found.nothing, "{report}");
    // All of it was asked, and not ended by an error of its own.
    for phase in ["Examples", "Coverage", "Fuzzing", "Stateful"] {
        assert!(report.contains(&format!("✅ {phase}")), "{report}");
    }
    // Nothing that was made up came to be, and no request was a fault of the server.
    assert_eq!(clusters(), before);
    let log = std::fs::read_to_string(&server.log).unwrap();
    assert!(
        !log.contains("panicked") && !log.contains(" ERROR "),
        "{log}"
    );
}

#[test]
fn schemathesis_finds_nothing_as_an_admin() {
    nothing_is_found("admin");
}

#[test]
fn schemathesis_finds_nothing_as_a_reader() {
    nothing_is_found("reader");
}
