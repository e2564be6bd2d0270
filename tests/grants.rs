//! What an operator allows, as text: `grants.txt` has inventories with a query on a plugin of somebody else, and its rows or the
//! refusal with the line that would allow it, and what reached the remote. `UPDATE_EXPECT=1` rewrites it.
//!
//! A case is an inventory, of which the last line is the query. `REMOTE` is the remote's address. `mine` declares `GET /a/{x}` and
//! `GET /b` on the endpoint `api`, `GET /c` on the endpoint `more`; `shipped` is the same as a plugin that came with trawl.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod described;
mod support;
mod text_case;

use std::path::Path;

use serde_json::json;
use trawl_exec::{Engine, EngineOptions, Error, InstalledPlugin, QueryRequest};
use trawl_fleet::{Inventory, LoadOptions};
use trawl_lang::Style;

use described::Remote;

/// What the query of a case gives.
async fn run(folder: &Path, plugins: &[InstalledPlugin], remote: &Remote, case: &str) -> String {
    let (yaml, query) = case.rsplit_once('\n').unwrap();
    let path = folder.join("clusters.yaml");
    std::fs::write(&path, yaml.replace("REMOTE", &remote.url)).unwrap();
    let names: Vec<&str> = plugins.iter().map(|it| it.name.as_str()).collect();
    let inventory = match Inventory::load(LoadOptions::of_process(Some(path), &names)) {
        Ok(inventory) => inventory,
        Err(error) => return format!("-- error\n{error}"),
    };
    let engine = Engine::new(EngineOptions {
        inventory,
        plugins: plugins.to_vec(),
        declared: vec![],
        cache_dir: Some(folder.join("cache")),
    })
    .unwrap();
    let mut answer = match engine.query(QueryRequest::new(query)).await {
        Ok(answer) => answer,
        Err(Error::Query(diagnostics)) => {
            let text = trawl_lang::render_all(&diagnostics, "query", query, Style::Plain);
            return format!("-- error\n{}", text.trim_end());
        }
        Err(Error::Config(message)) => return format!("-- configuration\n{message}"),
        Err(other) => return format!("-- error\n{other}"),
    };
    let rows = support::rows(&mut answer, query).await;
    let completeness = answer.finish().completeness;
    let mut parts = vec![format!("-- rows\n{}", rows.trim_end())];
    if !completeness.complete {
        parts.push(format!("-- completeness\n{}", completeness.line()));
    }
    parts.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_granted_is_done_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let guest = described::guest().await;
    let wasm = described::component(
        &guest,
        &json!({
            "version": "1.0.0",
            "endpoints": [["api", ["GET /a/{x}", "GET /b"]], ["more", ["GET /c"]]],
            "schema": {
                "type": "object",
                "properties": {
                    "tenant": {"type": "string"},
                    "level": {"enum": ["low", "high"]},
                    "site": {"type": "string", "pattern": "^[a-z]+$"},
                    "streams": {"type": "array", "items": {"$ref": "#/$defs/stream"}},
                },
                "$defs": {"stream": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}},
                    "required": ["name"],
                    "additionalProperties": false,
                }},
                "additionalProperties": false,
            },
            "cluster_key": "site",
        }),
    );
    let plugins = [
        InstalledPlugin::bundled("shipped", wasm.clone()),
        described::locked(folder.path(), "mine", &wasm, None),
    ];
    let remote = Remote::start().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("grants.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut report = text_case::Report::new();
    let mut results = Vec::new();
    for case in text_case::parse(&text) {
        let mut got = run(folder.path(), &plugins, &remote, &case.query).await;
        let seen = remote.take();
        if !got.starts_with("-- error") && !got.starts_with("-- configuration") {
            let seen = if seen.is_empty() {
                "nothing".to_owned()
            } else {
                seen.join("\n")
            };
            got.push_str(&format!("\n-- requests\n{seen}"));
        }
        let got = got
            .replace(&remote.url, "REMOTE")
            .replace(&format!("{}/", folder.path().display()), "");
        results.push((case, got));
    }
    report.file(&path, results);
    report.finish();
}
