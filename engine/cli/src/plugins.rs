//! The plugins that a command works with: those that came with trawl, those that the lock file of the plugins folder names, and
//! those that are being written. Nothing is loaded here.

use std::path::PathBuf;

use trawl_exec::InstalledPlugin;
use trawl_install::{Entry, Folder, Lock};

use crate::args::Global;
use crate::exit::Failure;

/// Names that an entry of a clusters.yaml has for other things, where a plugin's name would stand beside them.
const TAKEN: &[&str] = &["name", "region", "environment", "account", "tags", "serves"];

/// The plugins folder: `--plugins`, `$TRAWL_PLUGINS`, else below the user's data folder.
///
/// # Errors
/// None of them is there, not even a home.
pub fn folder(global: &Global) -> Result<Folder, Failure> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| !path.as_os_str().is_empty())
    };
    let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
    let given = global.plugins.clone().or_else(|| variable("TRAWL_PLUGINS"));
    let users = || {
        absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local").join("share")))
            .map(|data| data.join("trawl").join("plugins"))
    };
    given.or_else(users).map(Folder::at).ok_or_else(|| {
        Failure::Usage(
            "there is no folder for plugins, since $HOME is not set: name one with --plugins"
                .to_owned(),
        )
    })
}

/// What the lock file says; nothing where there is no folder at all.
///
/// # Errors
/// It is not valid.
pub fn locked(global: &Global) -> Result<Lock, Failure> {
    match folder(global) {
        Ok(folder) => folder.read().map_err(failed),
        Err(_) => Ok(Lock::default()),
    }
}

/// All plugins, by where they come from: a plugin that is being written stands in the place of an installed one of its name, and
/// one that came with trawl is no other's place.
///
/// # Errors
/// The lock file or `--dev-plugin` is wrong.
pub fn all(global: &Global) -> Result<Vec<InstalledPlugin>, Failure> {
    let mut plugins = trawl_exec::bundled_plugins();
    for entry in locked(global)?.entries() {
        if is_bundled(&entry.name) {
            tracing::warn!(
                "plugin {name} came with this trawl, and the installed one is not used: `trawl plugin remove {name}`",
                name = entry.name
            );
            continue;
        }
        plugins.push(installed(&folder(global)?, entry));
    }
    for (name, file) in developed(global)? {
        plugins.retain(|plugin| plugin.name != name);
        plugins.push(InstalledPlugin::development(name, file));
    }
    Ok(plugins)
}

/// A plugin of the lock file.
pub fn installed(folder: &Folder, entry: &Entry) -> InstalledPlugin {
    let next = entry.next.as_ref();
    InstalledPlugin::locked(
        &entry.name,
        folder.component(&entry.installed.digest),
        &entry.installed.digest.to_string(),
        next.map(|it| (folder.component(&it.digest), it.digest.to_string())),
    )
    .unless_accepted(entry.unaccepted())
}

/// The plugins that are being written: name and component.
///
/// # Errors
/// One has no name, or one that no plugin can have.
pub fn developed(global: &Global) -> Result<Vec<(String, PathBuf)>, Failure> {
    let pairs = global.dev_plugin.iter().map(|given| {
        let (name, file) = given.split_once('=').ok_or_else(|| {
            Failure::Usage(format!("--dev-plugin expects NAME=FILE, got `{given}`"))
        })?;
        trawl_install::check_name(name)
            .map_err(|why| Failure::Usage(format!("--dev-plugin: {why}")))?;
        Ok((name.to_owned(), PathBuf::from(file)))
    });
    pairs.collect()
}

/// Whether a plugin of this name came with trawl.
pub fn is_bundled(name: &str) -> bool {
    let mut bundled = trawl_exec::bundled_plugins().into_iter();
    bundled.any(|plugin| plugin.name == name)
}

/// Whether a new plugin can have this name.
///
/// # Errors
/// It cannot; the text says why.
pub fn free_name(name: &str) -> Result<(), String> {
    trawl_install::check_name(name)?;
    if is_bundled(name) {
        return Err(format!(
            "a plugin `{name}` came with trawl: choose another name"
        ));
    }
    if TAKEN.contains(&name) {
        return Err(format!(
            "`{name}` means something in clusters.yaml already: choose another name"
        ));
    }
    Ok(())
}

/// What went wrong with the folder, a source or a component, at the door.
pub fn failed(error: trawl_install::Error) -> Failure {
    Failure::Usage(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_taken_are_not_free() {
        assert_eq!(free_name("loki"), Ok(()));
        for (name, part) in [
            ("kube", "came with trawl"),
            ("tags", "means something in clusters.yaml"),
            ("Loki", "lower-case letters"),
        ] {
            let why = free_name(name).unwrap_err();
            assert!(why.contains(part), "{why}");
        }
    }
}
