//! A plugin's project as it lies in a folder: which language it is in, what it is called, and how it becomes a component. The
//! tools of its language do the work; what is missing of them is said with the command that installs it.

mod javascript;
mod python;
mod run;
mod rust;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::args::Language;
use crate::exit::Failure;

/// Bytes of a manifest that are read: the largest are written by people.
const MANIFEST_BYTES: u64 = 1 << 20;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its folder.
    pub folder: PathBuf,
    /// The language of its manifest.
    pub language: Language,
    /// Its name there.
    pub name: String,
}

impl Project {
    /// The project in this folder.
    ///
    /// # Errors
    /// There is none, or its manifest gives no name that a plugin can have.
    pub fn find(folder: &Path) -> Result<Self, Failure> {
        let manifests = [
            ("Cargo.toml", Language::Rust),
            ("package.json", Language::Js),
            ("pyproject.toml", Language::Python),
        ];
        let there = |(manifest, _): &(&str, Language)| folder.join(manifest).is_file();
        let Some((manifest, language)) = manifests.into_iter().find(there) else {
            return Err(Failure::Usage(format!(
                "{}: expected a project with Cargo.toml, package.json or pyproject.toml; `trawl plugin new NAME --lang rust` begins one",
                folder.display()
            )));
        };
        let path = folder.join(manifest);
        let wrong = |why: String| Failure::Usage(format!("{}: {why}", path.display()));
        let text = read(&path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let name = name(language, &text).map_err(wrong)?;
        trawl_install::check_name(&name).map_err(wrong)?;
        Ok(Self {
            folder: folder.to_owned(),
            language,
            name,
        })
    }

    /// Where its component is, once it was built.
    pub fn component(&self) -> PathBuf {
        self.folder.join("dist").join(format!("{}.wasm", self.name))
    }

    /// Builds the component with the tools of its language. What they say is shown when they fail, or as they say it.
    ///
    /// # Errors
    /// A tool is missing or fails.
    pub async fn build(&self, as_it_comes: bool) -> Result<PathBuf, Failure> {
        let component = self.component();
        let dist = self.folder.join("dist");
        std::fs::create_dir_all(&dist)
            .map_err(|error| Failure::Usage(format!("cannot make {}: {error}", dist.display())))?;
        let run = run::Run {
            folder: &self.folder,
            as_it_comes,
        };
        match self.language {
            Language::Rust => rust::build(&run, &self.name, &component).await?,
            Language::Js => javascript::build(&run).await?,
            Language::Python => python::build(&run, &self.name).await?,
        }
        if component.is_file() {
            return Ok(component);
        }
        Err(Failure::Refused(format!(
            "the build ended well and did not write {}",
            component.display()
        )))
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)?
        .take(MANIFEST_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// The name that a manifest gives.
fn name(language: Language, text: &str) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    #[derive(Deserialize)]
    struct Cargo {
        package: Named,
    }
    #[derive(Deserialize)]
    struct Python {
        project: Named,
    }
    let named = match language {
        Language::Rust => toml::from_str::<Cargo>(text)
            .map(|it| it.package)
            .map_err(|error| error.to_string()),
        Language::Python => toml::from_str::<Python>(text)
            .map(|it| it.project)
            .map_err(|error| error.to_string()),
        Language::Js => serde_json::from_str::<Named>(text).map_err(|error| error.to_string()),
    };
    named
        .map(|it| it.name)
        .map_err(|error| format!("expected a manifest with a name: {}", error.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_name_language_and_plugin() {
        for (file, text, language) in [
            (
                "Cargo.toml",
                "[package]\nname = \"my-logs\"\nversion = \"0.1.0\"\n",
                Language::Rust,
            ),
            (
                "package.json",
                r#"{"name": "my-logs", "private": true}"#,
                Language::Js,
            ),
            (
                "pyproject.toml",
                "[project]\nname = \"my-logs\"\ndependencies = []\n",
                Language::Python,
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(file), text).unwrap();
            let project = Project::find(folder.path()).unwrap();
            assert_eq!(
                (project.language, project.name.as_str()),
                (language, "my-logs")
            );
            assert!(project.component().ends_with("dist/my-logs.wasm"));
        }
    }

    #[test]
    fn what_is_no_project_says_what_was_expected() {
        for (file, text, part) in [
            ("README.md", "", "expected a project with Cargo.toml"),
            ("Cargo.toml", "[workspace]\n", "missing field `package`"),
            ("package.json", "{", "expected a manifest with a name: EOF"),
            (
                "package.json",
                r#"{"name": "My Logs"}"#,
                "lower-case letters",
            ),
            (
                "pyproject.toml",
                "[project]\nname = 7\n",
                "expected a string",
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(file), text).unwrap();
            let Err(Failure::Usage(message)) = Project::find(folder.path()) else {
                panic!("expected {file} to be refused");
            };
            assert!(message.contains(part), "{message}");
        }
    }
}
