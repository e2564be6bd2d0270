//! Owns the building of plugin projects in JavaScript and Python with the tools of `scripts/setup.sh`, once for the same sources;
//! refuses to install anything.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::is_missing;

/// What is no source of a project.
const LEFT_OUT: [&str; 5] = ["node_modules", "dist", ".venv", "__pycache__", ".git"];

/// What builds projects, below the target folder that this test runs in.
struct Tools {
    /// The target folder.
    target: PathBuf,
    /// It, as `scripts/setup.sh` fills it.
    tools: PathBuf,
}

impl Tools {
    fn find() -> Option<Self> {
        let here = std::env::current_exe().ok()?;
        let target = here.ancestors().find(|it| it.join("tools").is_dir())?;
        Some(Self {
            target: target.to_owned(),
            tools: target.join("tools"),
        })
    }

    fn node_modules(&self) -> PathBuf {
        self.tools.join("js/node_modules")
    }

    fn componentize_py(&self) -> PathBuf {
        self.tools.join("componentize-py")
    }
}

/// The languages of projects that are not Rust's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    JavaScript,
    Python,
}

impl Language {
    fn of(project: &Path) -> Self {
        if project.join("package.json").is_file() {
            return Self::JavaScript;
        }
        assert!(
            project.join("pyproject.toml").is_file(),
            "{} is no project in JavaScript or Python",
            project.display()
        );
        Self::Python
    }
}

/// The component of a plugin project in JavaScript or Python, built as its README says. None where its tools are missing.
///
/// # Panics
/// Under CI where they are missing; when it does not build.
pub fn component(project: &Path) -> Option<PathBuf> {
    let language = Language::of(project);
    let tools = tools_for(language)?;
    Some(build(&tools, language, &sources(project)))
}

/// Gives a new project the tools that its build would fetch, so that a test needs no network: what npm would install, and the
/// environment that `trawl plugin build` would make. False where the tools are missing. A project in Rust needs nothing.
///
/// # Panics
/// Under CI where they are missing.
pub fn equip(project: &Path) -> bool {
    if project.join("Cargo.toml").is_file() {
        return true;
    }
    let language = Language::of(project);
    let Some(tools) = tools_for(language) else {
        return false;
    };
    match language {
        Language::JavaScript => link(&tools.node_modules(), &project.join("node_modules")),
        Language::Python => {
            let bin = project.join(".venv/bin");
            fs::create_dir_all(&bin).unwrap();
            let script = format!(
                "#!/bin/sh\nPYTHONPATH='{}' exec python3 -s \"$@\"\n",
                tools.componentize_py().display()
            );
            let python = bin.join("python");
            fs::write(&python, script).unwrap();
            fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
            // How `trawl plugin build` knows what is installed there.
            let done = project.join(".venv/trawl-requirements.txt");
            fs::copy(project.join("requirements.txt"), done).unwrap();
        }
    }
    true
}

/// `PATH` with the tools that `scripts/setup.sh` installed for machines without them.
pub fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let ours = Tools::find().map(|it| it.tools.join("bin"));
    let folders = ours.into_iter().chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap()
}

/// The tools of a language, where they are.
fn tools_for(language: Language) -> Option<Tools> {
    let there = |it: &Tools| match language {
        Language::JavaScript => it.node_modules().is_dir(),
        Language::Python => it.componentize_py().is_dir(),
    };
    let tools = Tools::find().filter(there);
    if tools.is_none() {
        is_missing(match language {
            Language::JavaScript => "componentize-js",
            Language::Python => "componentize-py",
        });
    }
    tools
}

fn link(to: &Path, at: &Path) {
    if !at.exists() {
        std::os::unix::fs::symlink(to, at).unwrap();
    }
}

/// The files of a folder, links followed, by their paths in it.
fn sources(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = left.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                left.push((path, format!("{prefix}{name}/")));
            } else {
                found.push((format!("{prefix}{name}"), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Builds a copy below the target folder, unless one of the same sources is there; several tests may ask at once.
fn build(tools: &Tools, language: Language, sources: &[(String, Vec<u8>)]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    sources.hash(&mut hasher);
    let folder = tools
        .target
        .join("projects")
        .join(format!("{:016x}", hasher.finish()));
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join(".lock")).unwrap();
    lock.lock().unwrap();
    let component = || {
        let files = fs::read_dir(folder.join("dist")).ok()?;
        let mut paths = files.map(|file| file.unwrap().path());
        paths.find(|path| path.extension().is_some_and(|it| it == "wasm"))
    };
    if let Some(found) = component() {
        return found;
    }
    for (path, bytes) in sources {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let mut command = match language {
        Language::JavaScript => {
            link(&tools.node_modules(), &folder.join("node_modules"));
            let mut npm = Command::new("npm");
            npm.args(["run", "--silent", "build"]);
            npm
        }
        Language::Python => {
            let mut python = Command::new("python3");
            python
                .args(["-s", "sdk/build.py"])
                .env("PYTHONPATH", tools.componentize_py());
            python
        }
    };
    let output = command
        .current_dir(&folder)
        .env("PATH", path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{} does not build: {}{}",
        folder.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    component().unwrap_or_else(|| panic!("{}: the build made no component", folder.display()))
}
