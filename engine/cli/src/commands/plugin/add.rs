//! `trawl plugin add`: fetches a component, looks at it, locks it by its digest, and says what it wants. It grants nothing that was
//! not asked for.

use std::sync::Arc;

use trawl_exec::{DeclaredEndpoint, Examined, MissingGrant, Why};
use trawl_install::{Added, Candidate, Digest, Endpoint, Entry, Fetched, Source, is_same_place};

use super::grant::{self, Written};
use super::inspect::{endpoints, head};
use super::look::{Look, look};
use super::{bytes, list};
use crate::args::{self, Global};
use crate::exit::{Failure, Outcome, QueryText};
use crate::output;
use crate::plugins;

/// Where grants hold that nobody narrowed yet.
const EVERYWHERE: &str = "*";
/// How a grant begins for a file that has none at all.
const TOP: &str = "plugins:";

/// Installs a plugin, or a newer version of one.
///
/// # Errors
/// It cannot be fetched, is not what was meant, or would be refused: nothing is installed then.
pub async fn run(global: &Global, add: &args::Add) -> Result<Outcome, Failure> {
    let folder = plugins::folder(global)?;
    let source: Source = add.source.parse().map_err(plugins::failed)?;
    // What cannot be installed need not be fetched.
    if let Some(name) = &add.name {
        plugins::free_name(name).map_err(Failure::Usage)?;
    }
    let before = folder.read().map_err(plugins::failed)?;
    let fetched = trawl_install::fetch(&source, add.digest.as_ref()).await;
    let Fetched { wasm, digest } = fetched.map_err(plugins::failed)?;
    let refused = |why: &str| Failure::Refused(format!("{source} is not installed: {why}"));
    let look = look(&wasm, add.name.as_deref(), false).await;
    let look = look.map_err(|failure| match failure {
        Failure::Refused(why) => refused(&why),
        other => other,
    })?;
    let Look { file, itself, .. } = look;
    let it = itself.map_err(|reasons| refused(&reasons.join("; ")))?;
    let name = add.name.clone().unwrap_or_else(|| it.name.clone());
    plugins::free_name(&name)
        .map_err(|why| Failure::Usage(format!("{why}; --name gives it another one")))?;
    match before.get(&name) {
        None => is_no_table(&name).await?,
        Some(known) if add.name.is_none() => is_of_the_same(known, &source, &digest)?,
        // Whoever names it means it.
        Some(_) => {}
    }
    let serving = match before.get(&name) {
        Some(known) if known.next.is_some() => list::serving(global, &name).await,
        _ => None,
    };
    let candidate = Candidate {
        name: &name,
        version: it.version.clone(),
        contract: file.contract.clone().unwrap_or_default(),
        source: source.to_string(),
        endpoints: it.endpoints.iter().map(locked).collect(),
        accepted: add.accept,
        wasm: &wasm,
        serving,
    };
    let added = folder.add(&candidate).map_err(plugins::failed)?;
    output::words(head(&it).trim_end());
    let (size, contract) = (bytes(file.bytes), &candidate.contract);
    output::words(&format!("{digest}, {size}, contract {contract}"));
    output::words(&installed(&name, &it, &added));
    let wants = it.endpoints.iter().any(|it| !it.operations.is_empty());
    if !wants {
        output::words("it asks nobody, so that there is nothing to grant");
        return Ok(Outcome::Complete);
    }
    output::words(&format!("it wants:\n{}", endpoints(&it.endpoints)));
    let outcome = if add.grants.is_empty() {
        ungranted(global, &name, &it).await?
    } else {
        let written = granted(global, add, &name, &it)?;
        if matches!(written, Written::Into(_) | Written::There(_)) {
            folder.accept(&name, &digest).map_err(plugins::failed)?;
        }
        match written {
            Written::No(_) => Outcome::Usage,
            _ => Outcome::Complete,
        }
    };
    if matches!(added, Added::Waits { .. }) {
        let standing = list::standing(global, &name).await;
        let serving = standing.as_ref().and_then(list::digest_of);
        if serving.as_ref() == Some(&digest) {
            folder.promote(&name, &digest).map_err(plugins::failed)?;
            output::words(&format!("{} serves now", it.version));
        } else if !add.grants.is_empty()
            && let Some(held) = standing.and_then(|it| it.held)
        {
            // On other clusters it may be granted less.
            output::words(&held.to_string());
        }
    }
    Ok(outcome)
}

/// An endpoint as the lock file has it.
fn locked(it: &DeclaredEndpoint) -> (String, Endpoint) {
    let endpoint = Endpoint {
        kind: it.kind.clone(),
        operations: it.operations.clone(),
        request_headers: it.request_headers.clone(),
        response_headers: it.response_headers.clone(),
    };
    (it.name.clone(), endpoint)
}

/// Refuses a component that calls itself like an installed one and comes from elsewhere: it would get what that one is granted.
fn is_of_the_same(known: &Entry, source: &Source, digest: &Digest) -> Result<(), Failure> {
    let source = source.to_string();
    let mut releases = std::iter::once(&known.installed).chain(&known.next);
    if releases.any(|it| it.digest == *digest || is_same_place(&it.source, &source)) {
        return Ok(());
    }
    let name = &known.name;
    Err(Failure::Usage(format!(
        "{source} calls itself `{name}`, and the installed `{name}` came from {}: nothing was installed, since it would get what that one is granted. --name {name} puts it in its place all the same, another --name installs it beside it",
        known.installed.source
    )))
}

/// What became of it, in one line.
fn installed(name: &str, it: &Examined, added: &Added) -> String {
    let version = &it.version;
    match added {
        Added::New => format!("installed as `{name}`"),
        Added::Same => format!("`{name}` was this component already"),
        Added::Replaced(before) if before.version == *version => {
            format!("installed as `{name}` in place of another component of {version}")
        }
        Added::Replaced(before) => {
            format!("installed as `{name}` in place of {}", before.version)
        }
        Added::Waits { behind, wider } => {
            let until = match (wider.operations.is_empty(), wider.others.is_empty()) {
                (true, _) => "is accepted",
                (_, true) => "is granted",
                _ => "is granted and accepted",
            };
            let more: Vec<&str> = wider.lines().collect();
            format!(
                "installed as the next version of `{name}`: {} serves on until all that {version} declares {until}; it declares more:\n  {}",
                behind.version,
                more.join("\n  ")
            )
        }
    }
}

/// A plugin's name goes before the tables of the cluster: one that is called like them would get their queries.
async fn is_no_table(name: &str) -> Result<(), Failure> {
    let engine = setup_alone()?;
    let (tables, unlisted) = engine.tables(&Arc::default()).await;
    if let Some(ours) = unlisted.into_iter().next() {
        return Err(Failure::Query(ours.error, QueryText::default()));
    }
    let called = |table: &trawl_exec::TableListing| {
        table.name == name || table.aliases.iter().any(|alias| alias == name)
    };
    match tables.iter().find(|table| called(table)) {
        None => Ok(()),
        Some(table) => Err(Failure::Usage(format!(
            "`{name}` is a table of {}, and a plugin of that name would get its queries: --name gives it another one",
            table.source
        ))),
    }
}

/// An engine with what came with trawl, and no cluster.
fn setup_alone() -> Result<trawl_exec::Engine, Failure> {
    crate::setup::made(trawl_exec::EngineOptions {
        inventory: trawl_fleet::Inventory::of(
            Vec::new(),
            Vec::new(),
            trawl_fleet::Origin::Kubeconfig(Vec::new()),
        ),
        plugins: trawl_exec::bundled_plugins(),
        declared: Vec::new(),
        cache_dir: crate::setup::cache_dir(),
    })
}

/// Writes the grants that were asked for, and says what became of them.
fn granted(
    global: &Global,
    add: &args::Add,
    name: &str,
    it: &Examined,
) -> Result<Written, Failure> {
    let wanted = grant::wanted(name, it, &add.grants);
    let clusters = add.grants.join(", ");
    let written = grant::write(global, &wanted, !add.yes)?;
    match &written {
        Written::Into(file) => {
            output::words(&format!("all of that is granted on {clusters} in {file}"));
        }
        Written::There(file) => {
            output::words(&format!(
                "all of that is granted on {clusters} in {file} already"
            ));
        }
        Written::Declined => output::words("nothing of that is granted"),
        Written::No(why) => {
            output::words(&format!(
                "error: nothing of that is granted yet, since {why}"
            ));
            output::words("this grants it, in a clusters.yaml:");
            output::data(format!("{}\n", wanted.block().trim_end()).as_bytes())?;
        }
    }
    Ok(written)
}

/// Says what of it is not granted, and how it would be.
async fn ungranted(global: &Global, name: &str, it: &Examined) -> Result<Outcome, Failure> {
    let standing = list::standing(global, name).await;
    let missing: Vec<MissingGrant> = match &standing {
        Some(standing) => match standing.held.as_ref().map(|held| &held.why) {
            Some(Why::Missing(missing)) => missing.clone(),
            Some(Why::Unaccepted(things)) => {
                output::words(&format!(
                    "all that it asks is granted already. What no grant names has to be accepted, with `trawl plugin add … --accept`:\n  {}",
                    things.join("\n  ")
                ));
                return Ok(Outcome::Complete);
            }
            Some(Why::Refused(why)) => {
                output::words(&format!("error: it does not serve: {why}"));
                return Ok(Outcome::WrongQuery);
            }
            None => standing.missing.clone(),
        },
        None => Vec::new(),
    };
    if missing.is_empty() && standing.is_some_and(|it| it.connections > 0) {
        output::words("all of that is granted already, wherever it is used");
        return Ok(Outcome::Complete);
    }
    // Where a file says something of the plugin already, the block would be a second one.
    if !missing.is_empty() && !missing.iter().any(|it| it.line.starts_with(TOP)) {
        output::words("what is not granted of it yet:");
        for grant in &missing {
            output::words(&format!("{}:", grant.place));
            output::data(format!("{}\n", grant.line).as_bytes())?;
        }
        return Ok(Outcome::Complete);
    }
    let mut clusters: Vec<String> = Vec::new();
    for cluster in missing.iter().flat_map(|it| &it.clusters) {
        if !clusters.contains(cluster) {
            clusters.push(cluster.clone());
        }
    }
    if clusters.is_empty() {
        clusters.push(EVERYWHERE.to_owned());
    }
    let wanted = grant::wanted(name, it, &clusters);
    output::words(
        "nothing of that is granted by installing it. This grants it, in your clusters.yaml; `clusters` takes names and globs, and `trawl plugin add … --grant GLOB` writes it there:",
    );
    output::data(wanted.block().as_bytes())?;
    Ok(Outcome::Complete)
}
