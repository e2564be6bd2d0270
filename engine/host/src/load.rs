//! From bytes to a component that may be instantiated: its size, its imports by name, its description.
//! Whatever asks for more than the contract and the few WASI interfaces of a language runtime is refused.

use wasmtime::Engine;
use wasmtime::component::{Component, HasData, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings;
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi_io::bindings::wasi::io;

use crate::bindings::SourcePlugin;
use crate::bindings::types::{Description, ErrorCode};
use crate::error::{Failure, defect, failure, failure_with};
use crate::instance::Guest;
use crate::limits;

/// The contract's interfaces, as wasmtime matches them: 0.x by the minor version.
const CONTRACT: &str = "trawl:source/";
/// The version this host links.
const CONTRACT_VERSION: &str = "0.1.";
/// What the runtimes of Rust, JavaScript and Python import; the context behind them is empty.
const WASI: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];
/// The version of WASI this host links.
const WASI_VERSION: &str = "0.2.";

/// `wasi:io` needs the table of resources only.
struct WasiIo;

impl HasData for WasiIo {
    type Data<'a> = &'a mut ResourceTable;
}

/// Links the contract and the allowed part of WASI, and nothing else.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    use bindings::{cli, clocks, filesystem, random};

    let mut linker = Linker::<Guest>::new(engine);
    let l = &mut linker;
    SourcePlugin::add_to_linker::<Guest, HasSelf<Guest>>(l, |guest| guest)?;
    io::error::add_to_linker::<Guest, WasiIo>(l, |guest| guest.ctx().table)?;
    io::poll::add_to_linker::<Guest, WasiIo>(l, |guest| guest.ctx().table)?;
    io::streams::add_to_linker::<Guest, WasiIo>(l, |guest| guest.ctx().table)?;
    clocks::wall_clock::add_to_linker::<Guest, WasiClocks>(l, Guest::clocks)?;
    clocks::monotonic_clock::add_to_linker::<Guest, WasiClocks>(l, Guest::clocks)?;
    filesystem::preopens::add_to_linker::<Guest, WasiFilesystem>(l, Guest::filesystem)?;
    filesystem::types::add_to_linker::<Guest, WasiFilesystem>(l, Guest::filesystem)?;
    random::random::add_to_linker::<Guest, WasiRandom>(l, |guest| guest.ctx().ctx.random())?;
    random::insecure::add_to_linker::<Guest, WasiRandom>(l, |guest| guest.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<Guest, WasiRandom>(l, |guest| guest.ctx().ctx.random())?;
    cli::exit::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    cli::environment::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    cli::stdin::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    cli::stdout::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    cli::stderr::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    cli::terminal_input::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    cli::terminal_output::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    cli::terminal_stdin::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    cli::terminal_stdout::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    cli::terminal_stderr::add_to_linker::<Guest, WasiCli>(l, Guest::cli)?;
    Ok(linker)
}

/// Refuses a file that is no component, or too large to compile.
pub(crate) fn check_file(wasm: &[u8]) -> Result<(), Failure> {
    /// `\0asm`, then version 13 of layer 1: a component. A core module has version 1 of layer 0.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    if wasm.len() > limits::COMPONENT_BYTES {
        return Err(failure(
            ErrorCode::Unsupported,
            format!(
                "the file has {} bytes; a plugin may have {}",
                wasm.len(),
                limits::COMPONENT_BYTES
            ),
        ));
    }
    if !wasm.starts_with(COMPONENT) {
        let found = if wasm.starts_with(b"\0asm") {
            "a core wasm module"
        } else {
            "something else"
        };
        return Err(failure_with(
            ErrorCode::Unsupported,
            format!("expected a WebAssembly component, found {found}"),
            "build it for the target wasm32-wasip2",
        ));
    }
    Ok(())
}

/// Refuses a component that imports anything that is not on the list, by name.
pub(crate) fn check_imports(engine: &Engine, component: &Component) -> Result<(), Failure> {
    for (name, _) in component.component_type().imports(engine) {
        if let Some(found) = name.strip_prefix(CONTRACT) {
            let version = found.split_once('@').map_or("", |(_, version)| version);
            if !version.starts_with(CONTRACT_VERSION) {
                return Err(failure_with(
                    ErrorCode::Unsupported,
                    format!(
                        "the plugin was built for version {version} of the contract; this trawl speaks {CONTRACT_VERSION}x"
                    ),
                    "install a build of the plugin for this version of trawl",
                ));
            }
        } else if !is_allowed_wasi(name) {
            return Err(failure_with(
                ErrorCode::PermissionDenied,
                format!(
                    "the component imports `{name}`, which plugins do not get: they have {CONTRACT}* and no files, sockets or processes"
                ),
                "do not use this plugin unless you know why it wants that; its author has to build it without",
            ));
        }
    }
    Ok(())
}

fn is_allowed_wasi(import: &str) -> bool {
    import
        .split_once('@')
        .is_some_and(|(name, version)| WASI.contains(&name) && version.starts_with(WASI_VERSION))
}

/// Checks what a plugin says about itself; it will stand in messages, grants and file names.
pub(crate) fn check_description(description: &Description) -> Result<(), Failure> {
    /// Longest name, version or kind anyone would want to read.
    const NAME_BYTES: usize = 64;
    /// More would not be read before it is approved.
    const ENDPOINTS: usize = 16;
    /// Operations and headers of one endpoint.
    const OPERATIONS: usize = 512;

    let name_ok = |name: &str| {
        name.len() <= NAME_BYTES
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !name_ok(&description.name) {
        return Err(defect(format!(
            "describe() gives the name {:?}; expected lower-case letters, digits and hyphens, at most {NAME_BYTES}",
            description.name
        )));
    }
    let version = &description.version;
    let version_ok = !version.is_empty()
        && version.len() <= NAME_BYTES
        && version
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte));
    if !version_ok {
        return Err(defect(format!(
            "describe() gives the version {version:?}; expected one like 1.2.3"
        )));
    }
    if let Err(error) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(
        &description.config_schema,
    ) {
        return Err(defect(format!(
            "describe() gives a config-schema that is no JSON object: {error}"
        )));
    }
    let endpoints = &description.endpoints;
    if endpoints.len() > ENDPOINTS {
        return Err(defect(format!(
            "describe() declares {} endpoints; at most {ENDPOINTS} are allowed",
            endpoints.len()
        )));
    }
    for (index, endpoint) in endpoints.iter().enumerate() {
        let name = &endpoint.name;
        let twice = endpoints
            .iter()
            .take(index)
            .any(|other| other.name == *name);
        if !name_ok(name) || twice {
            return Err(defect(format!(
                "describe() declares the endpoint {name:?}; expected a name of its own in lower-case letters, digits and hyphens"
            )));
        }
        if !["http", "kubernetes", "aws"].contains(&endpoint.kind.as_str()) {
            return Err(defect(format!(
                "endpoint `{name}` is of kind {:?}; expected http, kubernetes or aws",
                endpoint.kind
            )));
        }
        let lists = [
            endpoint.operations.len(),
            endpoint.request_headers.len(),
            endpoint.response_headers.len(),
        ];
        if lists.iter().any(|length| *length > OPERATIONS) {
            return Err(defect(format!(
                "endpoint `{name}` declares more than {OPERATIONS} operations or headers"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::types::EndpointDeclaration;

    fn refusal(text: &str) -> Failure {
        let engine = Engine::default();
        let component = Component::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        check_imports(&engine, &component).unwrap_err()
    }

    #[test]
    fn foreign_imports_are_named() {
        for name in [
            "wasi:sockets/tcp@0.2.6",
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:cli/command@0.2.0",
            "wasi:clocks/wall-clock@0.3.0",
            "evil:corp/backdoor",
            "trawl:other/http@0.1.0",
        ] {
            let failure = refusal(&format!("(component (import \"{name}\" (instance)))"));
            assert_eq!(failure.code, ErrorCode::PermissionDenied);
            assert!(
                failure.message.contains(&format!("`{name}`")),
                "{}",
                failure.message
            );
        }
    }

    #[test]
    fn another_version_of_the_contract_is_told_apart() {
        let failure = refusal("(component (import \"trawl:source/http@0.2.0\" (instance)))");
        assert_eq!(failure.code, ErrorCode::Unsupported);
        assert!(
            failure.message.contains("version 0.2.0"),
            "{}",
            failure.message
        );
    }

    #[test]
    fn the_runtimes_imports_pass() {
        let engine = Engine::default();
        for name in WASI {
            let text = format!("(component (import \"{name}@0.2.12\" (instance)))");
            let component = Component::new(&engine, wat::parse_str(text).unwrap()).unwrap();
            assert_eq!(check_imports(&engine, &component), Ok(()), "{name}");
        }
    }

    #[test]
    fn files_that_are_no_components_are_told_apart() {
        let cases: [(&[u8], &str); 3] = [
            (b"\0asm\x01\0\0\0", "a core wasm module"),
            (b"#!/bin/sh", "something else"),
            (b"", "something else"),
        ];
        for (file, found) in cases {
            assert!(check_file(file).unwrap_err().message.contains(found));
        }
        let large = vec![0; limits::COMPONENT_BYTES + 1];
        assert!(
            check_file(&large)
                .unwrap_err()
                .message
                .contains("a plugin may have")
        );
    }

    #[test]
    fn a_description_is_checked_before_anyone_reads_it() {
        let endpoint = |name: &str, kind: &str| EndpointDeclaration {
            description: None,
            name: name.into(),
            kind: kind.into(),
            operations: vec![],
            request_headers: vec![],
            response_headers: vec![],
        };
        let good = Description {
            metadata: Vec::new(),
            description: None,
            name: "kube".into(),
            version: "0.1.0-rc.1+x".into(),
            config_schema: "{}".into(),
            cluster_key: None,
            endpoints: vec![endpoint("api", "kubernetes")],
        };
        assert_eq!(check_description(&good), Ok(()));
        type Change = fn(&mut Description);
        let bad: [(&str, Change); 6] = [
            ("the name", |it| it.name = "../kube".into()),
            ("the version", |it| it.version = "1\x1b[2J".into()),
            ("config-schema", |it| it.config_schema = "[]".into()),
            ("kind", |it| it.endpoints[0].kind = "ftp".into()),
            ("of its own", |it| {
                it.endpoints.push(it.endpoints[0].clone())
            }),
            ("at most 16", |it| {
                it.endpoints = vec![it.endpoints[0].clone(); 17]
            }),
        ];
        for (expected, change) in bad {
            let mut description = good.clone();
            change(&mut description);
            let message = check_description(&description).unwrap_err().message;
            assert!(message.contains(expected), "{message}");
        }
    }
}
