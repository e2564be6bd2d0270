//! `trawl plugin dev`: serves with a plugin that is being written, and builds it again whenever its sources change. What does not
//! build leaves the version before it serving.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use trawl_lang::Style;

use crate::args::{self, Global, Serve};
use crate::commands::serve;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::project::Project;

use super::build::{Built, built};

/// How often the sources are looked at: soon enough for somebody who just saved a file.
const INTERVAL: Duration = Duration::from_millis(500);

/// What tools write themselves, wherever it is.
const IGNORED: &[&str] = &["node_modules", "__pycache__", ".git"];
/// The same directly in a project, with what is no source of the component. Deeper, these are names like any other.
const IGNORED_ON_TOP: &[&str] = &["target", "dist", ".venv", "tests"];

/// Folders within folders that are looked into.
const MAX_DEPTH: usize = 16;

/// Each source, with its size and when it was written.
type Sources = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Builds, serves, and builds again.
///
/// # Errors
/// There is no project, or the server cannot be started.
pub async fn run(global: &Global, dev: &args::Dev, style: Style) -> Result<Outcome, Failure> {
    let project = Project::find(&dev.folder)?;
    let as_it_comes = global.verbose > 0;
    let mut sources = sources(&project.folder);
    while let Err(failure) = step(&project, as_it_comes).await {
        // Without a tool nothing will ever build.
        let Failure::Refused(_) = failure else {
            return Err(failure);
        };
        failure.tell(style);
        output::words("waiting for a change of the sources");
        changed(&project.folder, &mut sources).await;
    }
    let mut global = global.clone();
    let component = project.component();
    global
        .dev_plugin
        .push(format!("{}={}", project.name, component.display()));
    let again = async {
        loop {
            changed(&project.folder, &mut sources).await;
            if let Err(failure) = step(&project, as_it_comes).await {
                failure.tell(style);
                output::words(&format!("{} serves on as it was", project.name));
            }
        }
    };
    tokio::select! {
        outcome = serve::run(&global, Serve::at(dev.listen, dev.no_auth)) => outcome,
        () = again => Ok(Outcome::Complete),
    }
}

/// Builds once, and says so.
async fn step(project: &Project, as_it_comes: bool) -> Result<(), Failure> {
    output::words(&format!("building {}", project.name));
    let begin = Instant::now();
    let Built { line, .. } = built(project, as_it_comes).await?;
    output::words(&format!(
        "{line}, in {:.1} s",
        begin.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// Ready once the sources are others than these, and are no longer being written.
async fn changed(folder: &Path, known: &mut Sources) {
    let mut before = None;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let now = sources(folder);
        if now != *known && before.as_ref() == Some(&now) {
            *known = now;
            return;
        }
        before = Some(now);
    }
}

fn sources(folder: &Path) -> Sources {
    let mut found = Sources::new();
    below(folder, MAX_DEPTH, &mut found);
    found
}

/// What cannot be read is no source.
fn below(folder: &Path, depth: usize, found: &mut Sources) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ignored = |name: &str| {
            IGNORED.contains(&name) || (depth == MAX_DEPTH && IGNORED_ON_TOP.contains(&name))
        };
        if name.to_str().is_none_or(ignored) {
            continue;
        }
        let path = entry.path();
        // A link to a folder could lead in circles; on top it is the SDK of the examples.
        let enters = depth == MAX_DEPTH || entry.file_type().is_ok_and(|it| !it.is_symlink());
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() && depth > 0 && enters => {
                below(&path, depth - 1, found);
            }
            Ok(metadata) if metadata.is_file() => {
                found.insert(path, (metadata.len(), metadata.modified().ok()));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_what_people_write() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "src/lib.rs",
            "sdk/src/lib.rs",
            "Cargo.toml",
            "target/x",
            "dist/x.wasm",
            "node_modules/a/index.js",
            "tests/cases/a.txt",
            "src/target/mod.rs",
            "src/__pycache__/a.pyc",
        ] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let found = sources(folder.path());
        let names: Vec<_> = found
            .keys()
            .map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "Cargo.toml",
                "sdk/src/lib.rs",
                "src/lib.rs",
                "src/target/mod.rs"
            ]
        );
        for link in ["a", "b"] {
            std::os::unix::fs::symlink(folder.path(), folder.path().join("src").join(link))
                .unwrap();
        }
        assert_eq!(sources(folder.path()), found);
        std::fs::write(folder.path().join("src/lib.rs"), "longer").unwrap();
        assert_ne!(sources(folder.path()), found);
    }
}
