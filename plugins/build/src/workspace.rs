//! The workspace as cargo describes it: members, their local dependencies, the target directory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, environment};

/// Cargo marks the root of a target directory with this file (<https://bford.info/cachedir/>).
const TARGET_DIR_MARK: &str = "CACHEDIR.TAG";

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    path: Option<PathBuf>,
}

/// The workspace the caller belongs to.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    packages: BTreeMap<String, Package>,
}

impl Workspace {
    /// Looks from the calling package upwards (cargo tells build scripts and tests its folder).
    pub(crate) fn find() -> Result<Self, Error> {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let failed = |reason: String| Error::Workspace {
            folder: folder.clone(),
            reason,
        };
        let output = environment::cargo(&folder)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .map_err(|source| Error::Spawn {
                program: "cargo".into(),
                source,
            })?;
        if !output.status.success() {
            return Err(failed(crate::tail(&output.stderr)));
        }
        let metadata: Metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| failed(format!("cargo metadata is not as expected: {error}")))?;
        Ok(Self {
            target: callers_target_dir().unwrap_or(metadata.target_directory),
            root: metadata.workspace_root,
            packages: metadata
                .packages
                .into_iter()
                .map(|package| (package.name.clone(), package))
                .collect(),
        })
    }

    /// The folder of the workspace's manifest.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The nested build's own target directory.
    pub(crate) fn guests_dir(&self) -> PathBuf {
        self.target.join("guests")
    }

    /// The manifest of a member.
    pub(crate) fn manifest_of(&self, package: &str) -> Result<PathBuf, Error> {
        match self.packages.get(package) {
            Some(package) => Ok(package.manifest_path.clone()),
            None => Err(Error::UnknownPackage {
                package: package.to_owned(),
                members: self.packages.keys().cloned().collect(),
            }),
        }
    }

    /// Every local file that the component depends on: its sources by cargo's dep-info, the manifests
    /// of the package and its local dependencies, the lock and the toolchain.
    pub(crate) fn inputs_of(&self, package: &str, component: &Path) -> BTreeSet<PathBuf> {
        let mut inputs: BTreeSet<PathBuf> = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"]
            .into_iter()
            .map(|name| self.root.join(name))
            .filter(|file| file.is_file())
            .collect();
        let mut open = vec![package.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            let Some(package) = self.packages.get(&name) else {
                continue;
            };
            if seen.insert(name) {
                inputs.insert(package.manifest_path.clone());
                let local = package.dependencies.iter().filter(|it| it.path.is_some());
                open.extend(local.map(|dependency| dependency.name.clone()));
            }
        }
        if let Ok(text) = std::fs::read_to_string(component.with_extension("d")) {
            inputs.extend(dep_info(&text));
        }
        inputs
    }
}

/// The target directory this very build writes to, also when it came by flag: build scripts have
/// `OUT_DIR` in it, tests run from it.
fn callers_target_dir() -> Option<PathBuf> {
    let inside = std::env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .or_else(|| std::env::current_exe().ok())?;
    inside
        .ancestors()
        .find(|folder| folder.join(TARGET_DIR_MARK).is_file())
        .map(Path::to_path_buf)
}

/// The prerequisites in a make-style dep-info file, in which a space in a path is `\ `.
fn dep_info(text: &str) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for line in text.lines() {
        let Some((_, prerequisites)) = line.split_once(": ") else {
            continue;
        };
        let joined = prerequisites.replace("\\ ", "\0");
        files.extend(
            joined
                .split_whitespace()
                .map(|file| PathBuf::from(file.replace('\0', " "))),
        );
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dep_info_unescapes_spaces() {
        let files = dep_info("/t/a.wasm: /w/src/lib.rs /w/my\\ wit/source.wit\n\n/w/src/lib.rs:\n");
        let expected = ["/w/src/lib.rs", "/w/my wit/source.wit"].map(PathBuf::from);
        assert_eq!(files, BTreeSet::from(expected));
    }

    #[test]
    fn inputs_follow_local_dependencies_without_running_in_circles() {
        let package = |name: &str, dependencies: &[&str]| Package {
            name: name.to_owned(),
            manifest_path: format!("/w/{name}/Cargo.toml").into(),
            dependencies: dependencies
                .iter()
                .map(|name| Dependency {
                    name: (*name).to_owned(),
                    path: Some(format!("/w/{name}").into()),
                })
                .collect(),
        };
        let packages = [
            package("a", &["b"]),
            package("b", &["a", "gone"]),
            package("c", &[]),
        ];
        let workspace = Workspace {
            root: "/nowhere".into(),
            target: "/nowhere/target".into(),
            packages: packages
                .into_iter()
                .map(|it| (it.name.clone(), it))
                .collect(),
        };
        let inputs = workspace.inputs_of("a", Path::new("/nowhere/a.wasm"));
        assert_eq!(
            inputs,
            BTreeSet::from(["/w/a/Cargo.toml", "/w/b/Cargo.toml"].map(PathBuf::from))
        );
        assert_eq!(workspace.guests_dir(), Path::new("/nowhere/target/guests"));
    }

    #[test]
    fn this_workspace_is_found() {
        let workspace = Workspace::find().unwrap();
        let manifest = workspace.manifest_of("trawl-guest-build").unwrap();
        assert!(
            manifest.ends_with("plugins/build/Cargo.toml"),
            "{manifest:?}"
        );
    }
}
