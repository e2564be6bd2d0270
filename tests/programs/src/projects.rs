//! Owns the building of plugin projects in JavaScript and Python with the tools of `scripts/setup.sh`, once for the same sources;
//! refuses to install anything.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
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

    /// A program with Node's folder before all others, where the machine has none of its own.
    fn command(&self, program: &str) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders = vec![self.tools.join("bin")];
        folders.extend(std::env::split_paths(&path));
        let found = folders
            .iter()
            .map(|it| it.join(program))
            .find(|it| it.is_file());
        let mut command = Command::new(found.unwrap_or_else(|| program.into()));
        command.env("PATH", std::env::join_paths(folders).unwrap());
        command
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
    built(project, &[])
}

/// The component of a template of `plugin new`, with this name, with the SDK beside it.
///
/// # Panics
/// As [`component`].
pub fn component_of_template(template: &Path, sdk: &Path, name: &str) -> Option<PathBuf> {
    built(template, &[("sdk", sdk), (name, Path::new(""))])
}

fn built(project: &Path, more: &[(&str, &Path)]) -> Option<PathBuf> {
    let language = Language::of(project);
    let tools = Tools::find();
    let there = |it: &Tools| match language {
        Language::JavaScript => it.node_modules().is_dir(),
        Language::Python => it.componentize_py().is_dir(),
    };
    let Some(tools) = tools.filter(there) else {
        is_missing(match language {
            Language::JavaScript => "componentize-js",
            Language::Python => "componentize-py",
        });
        return None;
    };
    let mut sources = sources(project);
    let mut name = None;
    for (what, folder) in more {
        if folder.as_os_str().is_empty() {
            name = Some(*what);
        } else {
            let below = self::sources(folder).into_iter();
            sources.extend(below.map(|(path, text)| (format!("{what}/{path}"), text)));
        }
    }
    if let Some(name) = name {
        for (_, bytes) in &mut sources {
            if let Ok(text) = std::str::from_utf8(bytes) {
                *bytes = text.replace("{{name}}", name).into_bytes();
            }
        }
    }
    Some(build(&tools, language, &sources))
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
            let link = folder.join("node_modules");
            if !link.exists() {
                std::os::unix::fs::symlink(tools.node_modules(), link).unwrap();
            }
            let mut npm = tools.command("npm");
            npm.args(["run", "--silent", "build"]);
            npm
        }
        Language::Python => {
            let mut python = tools.command("python3");
            python
                .args(["-s", "sdk/build.py"])
                .env("PYTHONPATH", tools.componentize_py());
            python
        }
    };
    let output = command.current_dir(&folder).output().unwrap();
    assert!(
        output.status.success(),
        "{} does not build: {}{}",
        folder.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    component().unwrap_or_else(|| panic!("{}: the build made no component", folder.display()))
}
