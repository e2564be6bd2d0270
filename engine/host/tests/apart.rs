//! Compiling in a process of its own: honest components fit its bounds, and those that are made to keep a compiler busy do not.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Clippy knows `#[test]` functions only, not their helpers.

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{connect, limits, rows, wasm};
use trawl_host::types::ErrorCode;
use trawl_host::{Compiler, Error, Host, HostOptions, Limits, PluginOptions};

fn host(program: Option<&str>, cache_folder: Option<PathBuf>) -> Host {
    Host::new(HostOptions {
        cache_folder,
        threads: Some(1),
        compiler: program.map(|program| Compiler {
            program: program.into(),
            arguments: Vec::new(),
        }),
        ..HostOptions::default()
    })
    .unwrap()
}

const COMPILER: Option<&str> = Some(env!("CARGO_BIN_EXE_plugin-compile"));

fn apart(limits: Limits) -> PluginOptions {
    PluginOptions {
        limits,
        apart: true,
    }
}

/// The failure of a component of these core modules, and what would raise the bound it met.
async fn refused(modules: &str, limits: Limits) -> Error {
    let text = format!(
        "(component {modules} (instance $i) (export \"trawl:source/source@0.1.0\" (instance $i)))"
    );
    let wasm = wat::parse_str(text).unwrap();
    let host = host(COMPILER, None);
    let loaded = host.load("stranger", &wasm, apart(limits)).await;
    loaded.err().expect("it is refused")
}

#[tokio::test]
async fn an_honest_component_is_compiled_apart_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("compiled");
    let host_with = |program| host(program, Some(folder.clone()));
    let plugin = host_with(COMPILER)
        .load("evil", wasm(), apart(limits()))
        .await
        .unwrap();
    assert_eq!(rows(&connect(&plugin, "", None), "healthy/5").await, 5);
    // What was kept needs no compiler.
    let again = host_with(None).load("evil", wasm(), apart(limits())).await;
    assert_eq!(
        rows(&connect(&again.unwrap(), "", None), "healthy/5").await,
        5
    );
}

#[tokio::test]
async fn without_a_compiler_a_stranger_is_not_compiled_here() {
    let error = host(None, None)
        .load("evil", wasm(), apart(limits()))
        .await
        .err()
        .unwrap();
    assert_eq!(error.code, ErrorCode::Unsupported);
    assert!(
        error.message.contains("this program has none for that"),
        "{error}"
    );
    let error = host(Some("/nowhere/trawl"), None);
    let error = error
        .load("evil", wasm(), apart(limits()))
        .await
        .err()
        .unwrap();
    assert!(
        error.message.contains("/nowhere/trawl, cannot be run"),
        "{error}"
    );
}

#[tokio::test]
async fn what_does_not_compile_is_told_in_the_compilers_words() {
    let error = refused("(core module (func (result i32)))", limits()).await;
    assert_eq!(error.code, ErrorCode::Unsupported);
    assert!(error.message.contains("does not compile: "), "{error}");
    assert!(error.message.contains("type mismatch"), "{error}");
}

/// Many functions of some length, in as many bytes as a component may have.
fn functions(count: usize, length: usize) -> String {
    let body =
        "(local.set 0 (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.load (local.get 0))))"
            .repeat(length);
    let function = format!("(func (param i32 i32) {body})");
    format!("(core module (memory 1) {})", function.repeat(count))
}

/// One function of nested blocks with a table of branches to all of them, again and again.
fn branches(count: usize) -> String {
    let targets = "0 1 2 3 4 5 6 7 ".repeat(512);
    let jump = format!(
        "(block (block (block (block (block (block (block (block (br_table {targets} (local.get 0))))))))))"
    );
    format!("(core module (func (param i32) {}))", jump.repeat(count))
}

#[tokio::test]
async fn a_compiler_that_is_kept_busy_is_stopped() {
    let short = Limits {
        compile_time: Duration::from_millis(200),
        ..limits()
    };
    for (what, modules) in [
        ("many functions", functions(100_000, 0)),
        ("a long function", functions(1, 20_000)),
        ("many branches", branches(200)),
    ] {
        let error = refused(&modules, short).await;
        assert_eq!(error.code, ErrorCode::Unsupported, "{what}: {error}");
        assert!(
            error.message.contains("compiling took more than 0.2 s"),
            "{what}: {error}"
        );
        let hint = error.hint.unwrap();
        assert!(
            hint.contains("plugins.stranger.limits.compile_time"),
            "{what}: {hint}"
        );
    }
}

#[tokio::test]
async fn a_compiler_that_takes_all_memory_is_stopped() {
    let small = Limits {
        compile_memory: 64 << 20,
        ..limits()
    };
    let error = refused(&functions(1, 20_000), small).await;
    assert!(
        error
            .message
            .contains("compiling needed more than 64 MiB memory"),
        "{error}"
    );
    let hint = error.hint.unwrap();
    assert!(
        hint.contains("plugins.stranger.limits.compile_memory"),
        "{hint}"
    );
}

#[tokio::test]
async fn more_imports_than_a_plugin_has_are_refused_before_a_compiler_is_started() {
    let imports: String = (0..5_000)
        .map(|number| format!("(import \"a:b/c{number}\" (instance))"))
        .collect();
    let wasm = wat::parse_str(format!("(component {imports})")).unwrap();
    let loaded = host(Some("/nowhere/trawl"), None);
    let error = loaded
        .load("stranger", &wasm, apart(limits()))
        .await
        .err()
        .unwrap();
    assert!(error.message.contains("more than 1000 things"), "{error}");
    assert!(Path::new(COMPILER.unwrap()).exists());
}
