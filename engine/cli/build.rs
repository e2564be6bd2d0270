//! Owns what `trawl plugin new` writes: the templates, the SDKs and the contract become part of the binary as they stand in the
//! repository. Refuses to change any of it: placeholders are filled in when a project is made.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// For each language, what of the repository goes to which folder of a project. A folder goes with all below it.
const PROJECTS: &[(&str, &[(&str, &str)])] = &[
    (
        "RUST",
        &[
            ("plugins/templates/rust", ""),
            ("plugins/sdk/Cargo.toml", "sdk/Cargo.toml"),
            ("plugins/sdk/README.md", "sdk/README.md"),
            ("plugins/sdk/src", "sdk/src"),
            ("plugins/sdk/examples", "sdk/examples"),
            ("wit/source.wit", "sdk/wit/source.wit"),
            ("plugins/sdk-derive/Cargo.toml", "sdk-derive/Cargo.toml"),
            ("plugins/sdk-derive/README.md", "sdk-derive/README.md"),
            ("plugins/sdk-derive/src", "sdk-derive/src"),
        ],
    ),
    (
        "JS",
        &[
            ("plugins/templates/js", ""),
            ("plugins/js", "sdk"),
            ("wit/source.wit", "sdk/wit/source.wit"),
        ],
    ),
    (
        "PYTHON",
        &[
            ("plugins/templates/python", ""),
            ("plugins/python", "sdk"),
            ("wit/source.wit", "sdk/wit/source.wit"),
        ],
    ),
];

/// What building in the repository leaves there, and what is linked there and copied by a line of its own above.
const LEFT_OUT: &[&str] = &[
    "wit",
    "target",
    "dist",
    "node_modules",
    ".venv",
    "__pycache__",
];

/// Tests of an SDK are the repository's; those of a template are the project's.
const TESTS: &str = "tests";

fn main() {
    if let Err(message) = embed() {
        // Cargo's own form of an error from a build script; it prints the text and fails the build.
        #[allow(clippy::print_stdout, reason = "cargo reads build scripts' stdout")]
        for line in message.lines() {
            println!("cargo::error={line}");
        }
        std::process::exit(1);
    }
}

fn embed() -> Result<(), String> {
    let variable = |name: &str| std::env::var_os(name).ok_or(format!("cargo did not set {name}"));
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../..");
    let root = root.canonicalize().map_err(|error| error.to_string())?;
    let out = PathBuf::from(variable("OUT_DIR")?).join("projects.rs");
    let mut code = String::new();
    for (name, parts) in PROJECTS {
        let mut files = Vec::new();
        for (from, to) in *parts {
            let template = from.starts_with("plugins/templates/");
            let tests = (!template).then(|| root.join(from).join(TESTS));
            below(
                &root.join(from),
                Path::new(to),
                tests.as_deref(),
                &mut files,
            )?;
        }
        files.sort();
        let _ = writeln!(code, "/// The files of a project.");
        let _ = writeln!(code, "pub const {name}: &[(&str, &[u8])] = &[");
        for (to, from) in files {
            let (to, from) = (to.display().to_string(), from.display().to_string());
            let _ = writeln!(code, "    ({to:?}, include_bytes!({from:?})),");
        }
        let _ = writeln!(code, "];");
    }
    std::fs::write(&out, code).map_err(|error| format!("{}: {error}", out.display()))
}

/// The files below a path but for one folder, each with its place in a project.
fn below(
    from: &Path,
    to: &Path,
    but: Option<&Path>,
    files: &mut Vec<(PathBuf, PathBuf)>,
) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    if but == Some(from) {
        return Ok(());
    }
    // Cargo's own form of saying what a build script read.
    #[allow(clippy::print_stdout, reason = "cargo reads build scripts' stdout")]
    {
        println!("cargo::rerun-if-changed={}", from.display());
    }
    if !from.is_dir() {
        files.push((to.to_owned(), from.to_owned()));
        return Ok(());
    }
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if name.to_str().is_some_and(|name| !LEFT_OUT.contains(&name)) {
            below(&from.join(&name), &to.join(&name), but, files)?;
        }
    }
    Ok(())
}
