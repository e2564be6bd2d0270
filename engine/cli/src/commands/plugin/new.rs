//! `trawl plugin new`: a project of a plugin, whole: template, SDK and contract, from within the binary. It overwrites nothing.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::args::{self, Language};
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::plugins;

/// What the build script took from the repository.
mod projects {
    include!(concat!(env!("OUT_DIR"), "/projects.rs"));
}

/// What a template writes where the plugin's name belongs; never in the names of files.
const NAME: &str = "{{name}}";
/// Makes a project.
///
/// # Errors
/// The name is none that a plugin can have, or the folder is in use.
pub fn run(new: &args::New) -> Result<Outcome, Failure> {
    plugins::free_name(&new.name).map_err(Failure::Usage)?;
    let name = new.name.as_str();
    if new.lang == Language::Rust && CRATES.contains(&name) {
        return Err(Failure::Usage(format!(
            "a crate `{name}` stands in every project already: choose another name"
        )));
    }
    let folder = new.path.clone().unwrap_or_else(|| PathBuf::from(name));
    expect_empty(&folder)?;
    let files = match new.lang {
        Language::Rust => projects::RUST,
        Language::Js => projects::JS,
        Language::Python => projects::PYTHON,
    };
    for (path, content) in files {
        let to = folder.join(path);
        write(&to, content, name)
            .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", to.display())))?;
    }
    let shown = folder.display();
    output::words(&format!(
        "{shown}: {} files; README.md says what is what",
        files.len()
    ));
    output::words(&format!(
        "next:\n  trawl plugin test {shown}     # build it and run its tests\n  trawl plugin dev {shown}      # serve it, and build it again whenever it changes"
    ));
    Ok(Outcome::Complete)
}

/// Crates that stand in each project; two of one name cannot be locked.
const CRATES: &[&str] = &["trawl-sdk", "trawl-sdk-derive"];

fn expect_empty(folder: &Path) -> Result<(), Failure> {
    let used = |what: &str| {
        Failure::Usage(format!(
            "{} {what}: choose another folder with --path",
            folder.display()
        ))
    };
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(used(&format!("cannot be used: {error}"))),
    };
    match entries.next() {
        Some(_) => Err(used("is not empty")),
        None => Ok(()),
    }
}

fn write(path: &Path, content: &[u8], name: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    // Never over something that appeared meanwhile.
    let mut file = std::fs::File::create_new(path)?;
    match std::str::from_utf8(content) {
        Ok(text) => file.write_all(text.replace(NAME, name).as_bytes()),
        Err(_) => file.write_all(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_its_name_and_nothing_is_left_to_fill_in() {
        let folder = tempfile::tempdir().unwrap();
        for lang in [Language::Rust, Language::Js, Language::Python] {
            let new = args::New {
                name: "my-2-logs".to_owned(),
                lang,
                path: Some(folder.path().join(format!("{lang:?}"))),
            };
            run(&new).unwrap();
            let project = crate::project::Project::find(new.path.as_deref().unwrap()).unwrap();
            assert_eq!(
                (project.language, project.name.as_str()),
                (lang, "my-2-logs")
            );
            for file in ["README.md", "tests/clusters.yaml"] {
                let text = std::fs::read_to_string(project.folder.join(file)).unwrap();
                assert!(
                    text.contains("my-2-logs") && !text.contains("{{"),
                    "{file}: {text}"
                );
            }
        }
    }

    #[test]
    fn each_language_has_a_whole_project() {
        for (files, needed) in [
            (
                projects::RUST,
                [
                    "Cargo.toml",
                    "src/lib.rs",
                    "sdk/src/lib.rs",
                    "sdk-derive/Cargo.toml",
                ],
            ),
            (
                projects::JS,
                [
                    "package.json",
                    "plugin.js",
                    "sdk/build.mjs",
                    "package-lock.json",
                ],
            ),
            (
                projects::PYTHON,
                [
                    "pyproject.toml",
                    "plugin.py",
                    "sdk/build.py",
                    "requirements.txt",
                ],
            ),
        ] {
            let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
            let both = ["sdk/wit/source.wit", "tests/clusters.yaml", "README.md"];
            for name in needed.into_iter().chain(both) {
                assert!(names.contains(&name), "{name}: {names:?}");
            }
        }
    }

    #[test]
    fn a_folder_in_use_and_names_that_cannot_be_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let new = |name: &str, path: &Path| {
            let new = args::New {
                name: name.to_owned(),
                lang: Language::Rust,
                path: Some(path.to_owned()),
            };
            match run(&new) {
                Err(Failure::Usage(message)) => message,
                other => panic!("expected {name} to be refused, got {other:?}"),
            }
        };
        let free = folder.path().join("free");
        for (name, part) in [
            ("My", "lower-case letters"),
            ("kube", "came with trawl"),
            ("trawl-sdk", "stands in every project"),
            ("region", "means something in clusters.yaml"),
        ] {
            let message = new(name, &free);
            assert!(message.contains(part), "{message}");
            assert!(!free.exists());
        }
        std::fs::write(folder.path().join("mine"), "x").unwrap();
        let message = new("logs", folder.path());
        assert!(message.contains("is not empty"), "{message}");
        let message = new("logs", &folder.path().join("mine"));
        assert!(message.contains("cannot be used"), "{message}");
    }
}
