//! What a component is linked with, and what it may say of itself. It links the contract and the few WASI interfaces of a
//! language's runtime, and nothing else: what `inspect.rs` should let through by mistake finds nothing here.

use wasmtime::Engine;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings;
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi_io::bindings::wasi::io;

use crate::bindings::types::Description;
use crate::contract::Contract;
use crate::error::{Failure, defect};
use crate::instance::Guest;

/// `wasi:io` needs the table of resources only.
struct WasiIo;

impl HasData for WasiIo {
    type Data<'a> = &'a mut ResourceTable;
}

/// Links these versions of the contract and the allowed part of WASI, and nothing else.
pub(crate) fn linker(
    engine: &Engine,
    contracts: &[&dyn Contract],
) -> wasmtime::Result<Linker<Guest>> {
    use bindings::{cli, clocks, filesystem, random};

    let mut linker = Linker::<Guest>::new(engine);
    let l = &mut linker;
    for contract in contracts {
        contract.link(l)?;
    }
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
