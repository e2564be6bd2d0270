//! What is loaded and what is refused, and where compiled code is kept.

#![allow(clippy::unwrap_used)] // Clippy knows `#[test]` functions only, not their helpers.

mod common;

use std::fs;
use std::path::Path;

use common::{connect, limits, options, rows, wasm};
use trawl_host::types::ErrorCode;
use trawl_host::{Host, HostOptions};

fn host_in(folder: &Path) -> Host {
    Host::new(HostOptions {
        cache_folder: Some(folder.to_owned()),
        threads: Some(1),
        ..HostOptions::default()
    })
    .unwrap()
}

#[tokio::test]
async fn a_plugin_knows_itself() {
    let plugin = common::plugin().await;
    assert_eq!(plugin.name(), "evil");
    assert_eq!(plugin.version(), "6.6.6");
    assert_eq!(plugin.digest().len(), 64);
    assert_eq!(plugin.description().name, "hostile");
    assert_eq!(plugin.description().endpoints[0].name, "api");
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_by_name() {
    let host = common::host();
    let source = "(instance $i) (export \"trawl:source/source@0.1.0\" (instance $i))";
    let socket = &format!("(component (import \"wasi:sockets/tcp@0.2.6\" (instance)) {source})");
    let other = "(component (import \"trawl:source/http@0.9.0\" (instance)))";
    // The interface is the contract's, the function in it is not.
    let extra = &format!(
        "(component (import \"trawl:source/clock@0.1.0\" (instance (export \"stop-the-world\" (func)))) {source})"
    );
    let cases: [(&str, _, _); 5] = [
        (
            socket,
            ErrorCode::PermissionDenied,
            "`wasi:sockets/tcp@0.2.6`, which plugins do not get: it would open network connections",
        ),
        (other, ErrorCode::Unsupported, "version 0.9.0"),
        (extra, ErrorCode::Unsupported, "stop-the-world"),
        ("(component)", ErrorCode::Unsupported, "trawl:source/source"),
        ("(module)", ErrorCode::Unsupported, "a core wasm module"),
    ];
    for (text, code, expected) in cases {
        let wasm = wat::parse_str(text).unwrap();
        let error = host
            .load("stranger", &wasm, options(limits()))
            .await
            .err()
            .expect("it is refused");
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(expected), "{error}");
        assert_eq!(
            (error.plugin.as_str(), error.version.as_str()),
            ("stranger", "unknown")
        );
    }
}

#[tokio::test]
async fn a_file_that_breaks_off_is_refused() {
    let host = common::host();
    for length in [0, 7, 8, 9, 100, wasm().len() / 2, wasm().len() - 1] {
        let error = host
            .load("torn", &wasm()[..length], options(limits()))
            .await
            .err()
            .expect("it is refused");
        assert_eq!(error.code, ErrorCode::Unsupported, "{length}: {error}");
    }
}

#[tokio::test]
async fn compiled_code_is_kept_and_used_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("compiled");
    host_in(&folder)
        .load("evil", wasm(), options(limits()))
        .await
        .unwrap();
    let entries: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [entry] = entries.as_slice() else {
        panic!("one entry, found {entries:?}");
    };
    let written = fs::metadata(entry).unwrap().modified().unwrap();

    // Nothing is written again: it was used.
    let plugin = host_in(&folder)
        .load("evil", wasm(), options(limits()))
        .await
        .unwrap();
    assert_eq!(fs::metadata(entry).unwrap().modified().unwrap(), written);
    assert_eq!(rows(&connect(&plugin, "", None), "healthy/5").await, 5);

    let whole = fs::read(entry).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    fs::write(entry, &damaged).unwrap();
    let plugin = host_in(&folder)
        .load("evil", wasm(), options(limits()))
        .await
        .unwrap();
    assert_eq!(rows(&connect(&plugin, "", None), "healthy/5").await, 5);
    assert_eq!(fs::read(entry).unwrap().len(), whole.len());
    assert_ne!(fs::read(entry).unwrap(), damaged);
}

#[tokio::test]
async fn without_a_folder_plugins_are_compiled_each_time() {
    let host = Host::new(HostOptions::default()).unwrap();
    assert!(host.load("evil", wasm(), options(limits())).await.is_ok());
}

#[test]
fn outside_of_a_runtime_there_is_no_host() {
    let error = Host::new(HostOptions::default()).err().expect("an error");
    assert!(
        error.message.contains("outside of a tokio runtime"),
        "{error}"
    );
}
