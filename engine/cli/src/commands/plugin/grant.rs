//! What a plugin wants, as grants of a clusters.yaml: to be pasted, or put into the file in use when that was asked for. The file is
//! replaced only when it reads as before with the grants in it.

use std::fs::{File, TryLockError};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use trawl_exec::Examined;
use trawl_fleet::{Connection, Inventory, LoadOptions, Origin, Places, PluginLimits};

use crate::args::Global;
use crate::exit::Failure;
use crate::grant_text::Wanted;
use crate::plugins;

/// How long another process that grants is waited for: it reads and writes one file.
const BUSY_TIME: Duration = Duration::from_secs(10);
/// How often it is looked whether it is done.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// All that a plugin declares, on these clusters.
pub fn wanted<'a>(name: &'a str, it: &'a Examined, clusters: &'a [String]) -> Wanted<'a> {
    // An endpoint that is only named asks nothing, and a grant without operations is none.
    let asking = it.endpoints.iter().filter(|it| !it.operations.is_empty());
    let endpoints = asking.map(|endpoint| {
        let operations = endpoint.operations.iter().map(String::as_str);
        (endpoint.name.as_str(), operations.collect())
    });
    Wanted {
        plugin: name,
        clusters,
        endpoints: endpoints.collect(),
    }
}

/// What became of grants that were to be written.
pub enum Written {
    /// They stand in this file.
    Into(String),
    /// They stood in this file already.
    There(String),
    /// The user said no.
    Declined,
    /// They could not be written; why.
    No(String),
}

/// Puts grants into the clusters.yaml in use. `ask`: on a terminal, before anything is written.
///
/// # Errors
/// stdin or stderr cannot be used.
pub fn write(global: &Global, wanted: &Wanted<'_>, ask: bool) -> Result<Written, Failure> {
    if global.demo {
        return Ok(Written::No(
            "the demo fleet's inventory is made anew each time".to_owned(),
        ));
    }
    let names = plugins::all(global)?;
    let names: Vec<&str> = names.iter().map(|plugin| plugin.name.as_str()).collect();
    let load = |config| Inventory::load(LoadOptions::of_process(config, &names));
    let load_now = || load(global.config.clone());
    let found = match load_now() {
        Ok(inventory) => inventory,
        Err(error) => return Ok(Written::No(error.to_string())),
    };
    let Origin::File(path) = &found.origin else {
        return Ok(Written::No(format!(
            "there is no clusters.yaml, and clusters are those of {}",
            found.origin
        )));
    };
    let shown = path.display().to_string();
    let is_there = |before: &Inventory| {
        let granted = before.policy(wanted.plugin).grants.unwrap_or_default();
        let is_there = |(endpoint, operations): &(&str, Vec<&str>)| {
            granted.iter().any(|grant| {
                let texts: Vec<String> = grant.operations.iter().map(ToString::to_string).collect();
                grant.clusters == wanted.clusters
                    && grant.endpoint.as_deref().is_none_or(|it| it == *endpoint)
                    && operations
                        .iter()
                        .all(|it| texts.iter().any(|text| text == it))
            })
        };
        wanted.endpoints.iter().all(is_there)
    };
    if is_there(&found) {
        return Ok(Written::There(shown));
    }
    if ask && std::io::stdin().is_terminal() && !agreed(&shown)? {
        return Ok(Written::Declined);
    }
    // Somebody may have thought about the question for minutes, and another process may grant too.
    let _turn = match turn(path) {
        Ok(turn) => turn,
        Err(why) => return Ok(Written::No(format!("{shown}: {why}"))),
    };
    let before = match load_now() {
        Ok(before) if is_there(&before) => return Ok(Written::There(shown)),
        Ok(before) => before,
        Err(error) => return Ok(Written::No(error.to_string())),
    };
    let replaced = replace(path, wanted, |beside| {
        let after = load(Some(beside.to_owned())).map_err(|error| {
            let written = beside.display().to_string();
            error.to_string().replace(&written, "with the grants in it")
        })?;
        as_wanted(&before, &after, wanted)
    });
    Ok(match replaced {
        Ok(()) => Written::Into(shown),
        Err(why) => Written::No(format!("{shown}: {why}")),
    })
}

/// Keeps other processes from granting in a file until it is dropped: by its folder, in which nothing is left behind.
fn turn(path: &Path) -> Result<File, String> {
    let failed = |error: std::io::Error| error.to_string();
    let path = std::fs::canonicalize(path).map_err(failed)?;
    let folder = File::open(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    let begin = Instant::now();
    loop {
        match folder.try_lock() {
            // The system lets it go when the process ends, however it ends.
            Ok(()) => return Ok(folder),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        if begin.elapsed() > BUSY_TIME {
            return Err(format!(
                "another trawl grants in its folder for more than {} s; try again when it is done",
                BUSY_TIME.as_secs()
            ));
        }
        std::thread::sleep(BUSY_PAUSE);
    }
}

fn agreed(shown: &str) -> Result<bool, Failure> {
    let mut stderr = std::io::stderr();
    write!(stderr, "grant all of this in {shown}? [y/N] ")?;
    stderr.flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// Writes the new text beside the file, has it checked, and puts it in the file's place.
fn replace(
    path: &Path,
    wanted: &Wanted<'_>,
    check: impl Fn(&Path) -> Result<(), String>,
) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    // A link stays one: what it leads to is written.
    let path = std::fs::canonicalize(path).map_err(failed)?;
    let read = std::fs::read_to_string(&path).map_err(failed)?;
    let text = wanted.put_into(&read)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    // In the same folder, from which relative paths in it count.
    let mut beside = tempfile::Builder::new()
        .prefix(".clusters-")
        .suffix(".yaml")
        .tempfile_in(folder)
        .map_err(failed)?;
    beside.write_all(text.as_bytes()).map_err(failed)?;
    beside.as_file().sync_all().map_err(failed)?;
    let permissions = std::fs::metadata(&path).map_err(failed)?.permissions();
    std::fs::set_permissions(beside.path(), permissions).map_err(failed)?;
    check(beside.path())?;
    // An editor asks nobody for a turn.
    if std::fs::read_to_string(&path).map_err(failed)? != read {
        return Err("it was changed at this moment by somebody else: try again".to_owned());
    }
    beside.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Whether an inventory is another one with the grants added, and nothing else.
fn as_wanted(before: &Inventory, after: &Inventory, wanted: &Wanted<'_>) -> Result<(), String> {
    let not_understood =
        || "it is written in a way that is not understood here, and was left alone".to_owned();
    // Places in the file are no part of them: what stands below the grants moved.
    let connections = |it: &Inventory| -> Vec<Connection> {
        let connections = it.connections.iter().cloned();
        let placeless = |it| Connection {
            places: Places::default(),
            ..it
        };
        connections.map(placeless).collect()
    };
    // Where things stand is another thing than what they say.
    let granted = |it: &Inventory, plugin: &str| -> Vec<String> {
        let policy = it.policy(plugin);
        let grants = policy.grants.unwrap_or_default().into_iter();
        let said = grants.map(|it| {
            let operations: Vec<String> = it.operations.iter().map(ToString::to_string).collect();
            format!("{:?} {:?} {operations:?}", it.clusters, it.endpoint)
        });
        said.collect()
    };
    let mut expected = granted(before, wanted.plugin);
    for (endpoint, operations) in &wanted.endpoints {
        let endpoint = Some(*endpoint);
        expected.push(format!("{:?} {endpoint:?} {operations:?}", wanted.clusters));
    }
    let others = |it: &Inventory| -> Vec<(String, Vec<String>, PluginLimits)> {
        let names = it.policies.keys().filter(|name| *name != wanted.plugin);
        names
            .map(|name| (name.clone(), granted(it, name), it.policy(name).limits))
            .collect()
    };
    let same = before.clusters == after.clusters
        && before.default == after.default
        && connections(before) == connections(after)
        && others(before) == others(after)
        && before.policy(wanted.plugin).limits == after.policy(wanted.plugin).limits
        && granted(after, wanted.plugin) == expected;
    if same { Ok(()) } else { Err(not_understood()) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use trawl_exec::DeclaredEndpoint;

    use super::*;

    #[test]
    fn an_endpoint_that_asks_nothing_needs_no_grant() {
        let endpoint = |name: &str, operations: &[&str]| DeclaredEndpoint {
            name: name.to_owned(),
            kind: "http".to_owned(),
            description: None,
            operations: operations.iter().map(|it| (*it).to_owned()).collect(),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
        };
        let it = Examined {
            name: "things".to_owned(),
            version: "1.0.0".to_owned(),
            description: None,
            metadata: BTreeMap::new(),
            endpoints: vec![endpoint("later", &[]), endpoint("api", &["GET /a"])],
            config_schema: serde_json::Value::Null,
            cluster_key: None,
            tables: Vec::new(),
        };
        let clusters = ["*".to_owned()];
        assert_eq!(
            wanted("things", &it, &clusters).block(),
            "plugins:\n  things:\n    grants:\n      - clusters: [\"*\"]\n        endpoint: api\n        operations:\n          - \"GET /a\"\n"
        );
    }
}
