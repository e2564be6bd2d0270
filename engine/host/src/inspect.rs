//! What a component asks for, read from its file alone: nothing of it is compiled or run. It owns the list of what a plugin may
//! import and the reasons why anything else is refused; the linker, which has nothing else to give, stands behind it.

use sha2::{Digest, Sha256};
use wasmparser::{Chunk, Parser, Payload, Validator};

use crate::bindings::types::ErrorCode;
use crate::compiled::hex;
use crate::contract::{self, CONTRACTS};
use crate::error::{Failure, failure, failure_with, plain};
use crate::{engine, limits};

/// The contract's package.
const CONTRACT: &str = "trawl:source/";
/// The contract's interfaces that a plugin may import.
const INTERFACES: &[&str] = &["types", "http", "output", "state", "logging", "clock"];
/// The interface that a plugin must export.
const EXPORT: &str = "source";
/// The version of WASI this host links.
const WASI_VERSION: &str = "0.2.";

/// What the runtimes of Rust, JavaScript and Python import, and what is behind it.
const WASI: &[(&str, &str)] = &[
    (
        "wasi:cli/environment",
        "no variable and no argument is there",
    ),
    ("wasi:cli/exit", "ends the call as a failure"),
    ("wasi:cli/stdin", "nothing is there to read"),
    ("wasi:cli/stdout", "lines for the plugin's log"),
    ("wasi:cli/stderr", "lines for the plugin's log"),
    ("wasi:cli/terminal-input", "no terminal is there"),
    ("wasi:cli/terminal-output", "no terminal is there"),
    ("wasi:cli/terminal-stdin", "no terminal is there"),
    ("wasi:cli/terminal-stdout", "no terminal is there"),
    ("wasi:cli/terminal-stderr", "no terminal is there"),
    ("wasi:clocks/monotonic-clock", "the time"),
    ("wasi:clocks/wall-clock", "the time"),
    ("wasi:filesystem/preopens", "no folder is open to it"),
    ("wasi:filesystem/types", "no folder is open to it"),
    ("wasi:io/error", "errors of the others"),
    ("wasi:io/poll", "waiting for the others"),
    ("wasi:io/streams", "what the others read and write"),
    ("wasi:random/insecure", "random bytes"),
    ("wasi:random/insecure-seed", "random bytes"),
    ("wasi:random/random", "random bytes"),
];

/// Packages that a plugin might want, and why it does not get them.
const REFUSED: &[(&str, &str)] = &[
    (
        "wasi:sockets",
        "it would open network connections of its own; a plugin asks its endpoints, through trawl:source/http",
    ),
    (
        "wasi:http",
        "it would make or serve HTTP requests of its own, which no grant covers; a plugin asks its endpoints, through trawl:source/http",
    ),
    (
        "wasi:tls",
        "it would open connections of its own; trawl owns addresses, TLS and credentials",
    ),
    ("wasi:filesystem", "it would reach files; a plugin has none"),
    (
        "wasi:cli",
        "it would be a program with an environment; a plugin is called through trawl:source/source",
    ),
    ("wasi:threads", "it would start threads; a call has one"),
    ("wasi:thread", "it would start threads; a call has one"),
    (
        "wasi:keyvalue",
        "it would keep data outside of trawl; a plugin has trawl:source/state",
    ),
    (
        "wasi:blobstore",
        "it would keep data outside of trawl; a plugin has trawl:source/state",
    ),
    (
        "wasi:messaging",
        "it would talk to others than its endpoints",
    ),
    (
        "wasi:config",
        "it would read the host's configuration; a plugin's own comes with `open`",
    ),
    (
        "wasi:logging",
        "its lines belong to trawl:source/logging, where they are bounded",
    ),
    ("wasi:nn", "it would use the host's accelerators"),
    ("wasi:webgpu", "it would use the host's accelerators"),
];

/// What a component is and what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// The version of the contract that it was built for, as `0.1.0`; none: it names no contract at all.
    pub contract: Option<String>,
    /// Everything it imports, in the order of the file.
    pub imports: Vec<Import>,
    /// The names of everything it exports.
    pub exports: Vec<String>,
    /// Why it cannot be loaded whatever it imports: it is not valid, exports no source, or is of another version.
    pub problems: Vec<String>,
}

/// Something a component imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its name, as `wasi:io/poll@0.2.6`.
    pub name: String,
    /// What comes of it.
    pub verdict: Verdict,
}

/// What comes of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the contract's, and linked.
    Contract,
    /// A language's runtime needs it; it is linked, and this is all that is behind it.
    Runtime(&'static str),
    /// The component is not loaded, for this reason.
    Refused(String),
}

/// Why a file cannot be inspected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InspectError {
    /// What was expected and what came.
    pub message: String,
    /// What its author can do.
    pub hint: Option<String>,
}

impl Inspection {
    /// Whether nothing speaks against loading it, as far as the file tells.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.problems.is_empty()
            && self
                .imports
                .iter()
                .all(|import| !matches!(import.verdict, Verdict::Refused(_)))
    }
}

/// Reads a component without compiling it: what it is, what it imports and what comes of that.
///
/// # Errors
/// It is no component, larger than a plugin may be, or breaks off.
pub fn inspect(wasm: &[u8]) -> Result<Inspection, InspectError> {
    let surface = surface(wasm).map_err(|failure| InspectError {
        message: failure.message,
        hint: failure.hint,
    })?;
    let mut problems = Vec::new();
    if let Err(error) = Validator::new_with_features(engine::features()).validate_all(wasm) {
        problems.push(format!(
            "it is not valid here: {}",
            plain(error.to_string())
        ));
    }
    let known = contract::numbers(CONTRACTS);
    if let Err(failure) = check_contract(&surface, &known) {
        problems.push(failure.message);
    }
    Ok(Inspection {
        bytes: u64::try_from(wasm.len()).unwrap_or(u64::MAX),
        digest: hex(&Sha256::digest(wasm)),
        contract: named(&surface, &known).map(str::to_owned),
        imports: surface
            .imports
            .into_iter()
            .map(|name| Import {
                verdict: judge(&name, &known),
                name,
            })
            .collect(),
        exports: surface.exports,
        problems,
    })
}

/// The names that a component imports and exports.
pub(crate) struct Surface {
    imports: Vec<String>,
    exports: Vec<String>,
}

/// Reads the names, and skips all code.
///
/// # Errors
/// It is no component, is too large, breaks off or names more than a plugin can need.
pub(crate) fn surface(wasm: &[u8]) -> Result<Surface, Failure> {
    check_file(wasm)?;
    let mut surface = Surface {
        imports: Vec::new(),
        exports: Vec::new(),
    };
    let mut parser = Parser::new(0);
    parser.set_features(engine::features());
    let mut rest = wasm;
    loop {
        let (consumed, payload) = match parser.parse(rest, true).map_err(broken)? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            Chunk::NeedMoreData(_) => return Err(breaks_off()),
        };
        rest = rest.get(consumed..).ok_or_else(breaks_off)?;
        match payload {
            // What is inside of it is not the component's own surface.
            Payload::ModuleSection {
                unchecked_range, ..
            }
            | Payload::ComponentSection {
                unchecked_range, ..
            } => rest = rest.get(unchecked_range.len()..).ok_or_else(breaks_off)?,
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    take(&mut surface.imports, import.map_err(broken)?.name.name)?;
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    take(&mut surface.exports, export.map_err(broken)?.name.name)?;
                }
            }
            Payload::End(_) => return Ok(surface),
            _ => {}
        }
    }
}

fn take(names: &mut Vec<String>, name: &str) -> Result<(), Failure> {
    if names.len() >= limits::NAMES {
        return Err(failure(
            ErrorCode::Unsupported,
            format!(
                "the component imports or exports more than {} things; the contract and WASI have fewer",
                limits::NAMES
            ),
        ));
    }
    names.push(plain(name.to_owned()));
    Ok(())
}

fn broken(error: wasmparser::BinaryReaderError) -> Failure {
    failure_with(
        ErrorCode::Unsupported,
        format!("the component cannot be read: {}", plain(error.to_string())),
        "it is damaged: fetch or build it again",
    )
}

fn breaks_off() -> Failure {
    failure_with(
        ErrorCode::Unsupported,
        "the component breaks off before its end",
        "it is damaged: fetch or build it again",
    )
}

/// Refuses a component that imports anything that is not on the list, or that was built for another version of the contract.
///
/// Gives that version, one of `known`.
///
/// # Errors
/// The first import that is refused, by name.
pub(crate) fn check_surface<'a>(surface: &'a Surface, known: &[&str]) -> Result<&'a str, Failure> {
    let version = check_contract(surface, known)?;
    for name in &surface.imports {
        if let Verdict::Refused(why) = judge(name, known) {
            return Err(failure_with(
                ErrorCode::PermissionDenied,
                format!("the component imports `{name}`, which plugins do not get: {why}"),
                "do not use this plugin unless you know why it wants that; its author has to build it without",
            ));
        }
    }
    Ok(version)
}

/// The version of the contract, where the component names one. Another one than this host's stands before this host's.
fn named<'a>(surface: &'a Surface, known: &[&str]) -> Option<&'a str> {
    let names = surface.exports.iter().chain(&surface.imports);
    let mut versions: Vec<&str> = names
        .filter_map(|name| name.strip_prefix(CONTRACT)?.split_once('@'))
        .map(|(_, version)| version)
        .collect();
    versions.sort_by_key(|version| speaks(version, known));
    versions.first().copied()
}

fn speaks(version: &str, known: &[&str]) -> bool {
    known.iter().any(|known| is_version(version, known))
}

/// Whether a component's version is this one of ours, whatever stands behind the last dot.
pub(crate) fn is_version(found: &str, known: &str) -> bool {
    found
        .strip_prefix(known)
        .is_some_and(|patch| patch.starts_with('.'))
}

fn check_contract<'a>(surface: &'a Surface, known: &[&str]) -> Result<&'a str, Failure> {
    let exported = surface.exports.iter().any(|name| {
        name.strip_prefix(CONTRACT)
            .and_then(|name| name.split_once('@'))
            .is_some_and(|(name, _)| name == EXPORT)
    });
    match named(surface, known) {
        Some(version) if !speaks(version, known) => Err(other_version(version, known)),
        Some(version) if exported => Ok(version),
        _ => Err(failure_with(
            ErrorCode::Unsupported,
            format!(
                "the component exports no `{CONTRACT}{EXPORT}`, which makes a plugin; it exports {}",
                listed(&surface.exports)
            ),
            "build it for the world `source-plugin` of wit/source.wit",
        )),
    }
}

/// The refusal of a component whose contract this host does not speak.
pub(crate) fn other_version(found: &str, known: &[&str]) -> Failure {
    failure_with(
        ErrorCode::Unsupported,
        format!(
            "the plugin was built for version {found} of the contract; this trawl speaks {}",
            known.join(" and ")
        ),
        "install a build of the plugin for this version of trawl",
    )
}

/// The refusal of a component that a compiler does not take.
pub(crate) fn does_not_compile(why: &str) -> Failure {
    failure_with(
        ErrorCode::Unsupported,
        format!("the component does not compile: {why}"),
        "build it for the target wasm32-wasip2, without threads, memory64 or garbage collection",
    )
}

/// Names for a message.
fn listed(names: &[String]) -> String {
    /// More names help nobody.
    const SHOWN: usize = 5;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().checked_sub(SHOWN) {
        _ if names.is_empty() => "nothing".to_owned(),
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// What comes of an import.
fn judge(import: &str, known: &[&str]) -> Verdict {
    let (name, version) = match import.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (import, None),
    };
    if let Some(interface) = name.strip_prefix(CONTRACT) {
        return match version {
            Some(version) if !speaks(version, known) => {
                Verdict::Refused(other_version(version, known).message)
            }
            Some(_) if INTERFACES.contains(&interface) => Verdict::Contract,
            _ => Verdict::Refused(format!(
                "the contract has no such import; it has {}",
                INTERFACES.join(", ")
            )),
        };
    }
    if let Some((_, behind)) = WASI.iter().find(|(known, _)| *known == name) {
        return match version {
            Some(version) if version.starts_with(WASI_VERSION) => Verdict::Runtime(behind),
            _ => Verdict::Refused(format!(
                "this trawl has it in versions {WASI_VERSION}x of WASI only"
            )),
        };
    }
    let package = name.split_once('/').map_or(name, |(package, _)| package);
    let why = REFUSED.iter().find(|(known, _)| *known == package);
    Verdict::Refused(why.map_or_else(
        || "it is neither the contract's nor what a language's runtime needs".to_owned(),
        |(_, why)| (*why).to_owned(),
    ))
}

/// Refuses a file that is no component, or too large to compile.
fn check_file(wasm: &[u8]) -> Result<(), Failure> {
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
    if wasm.starts_with(COMPONENT) {
        return Ok(());
    }
    Err(failure_with(
        ErrorCode::Unsupported,
        format!("expected a WebAssembly component, found {}", kind(wasm)),
        "build it for the target wasm32-wasip2",
    ))
}

/// What a file is that is no component.
fn kind(bytes: &[u8]) -> &'static str {
    const KINDS: &[(&[u8], &str)] = &[
        (b"\0asm\x01\0\0\0", "a core wasm module"),
        (b"\0asm", "WebAssembly of another version"),
        (b"\x7fELF", "a native program"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip file"),
        (b"#!", "a script"),
        (b"(component", "a component as text"),
        (b"(module", "a core wasm module as text"),
        (b"<", "a page of HTML or XML"),
        (b"{", "JSON"),
    ];
    if bytes.is_empty() {
        return "an empty file";
    }
    KINDS
        .iter()
        .find(|(start, _)| bytes.starts_with(start))
        .map_or("something else", |(_, kind)| kind)
}

#[cfg(test)]
mod tests;
