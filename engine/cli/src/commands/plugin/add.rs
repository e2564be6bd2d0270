//! `trawl plugin add`: fetches a component, looks at it, locks it by its digest, and says what it wants. It grants nothing that was
//! not asked for.

use trawl_exec::{Examined, MissingGrant, Why};
use trawl_install::{Added, Candidate, Fetched, Source};

use super::grant::{self, Written};
use super::inspect::{endpoints, head};
use super::look::{Look, look};
use super::{bytes, list};
use crate::args::{self, Global};
use crate::exit::{Failure, Outcome};
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
    if before.get(&name).is_none() {
        is_no_table(&name).await?;
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
        operations: it
            .endpoints
            .iter()
            .map(|it| (it.name.clone(), it.operations.clone()))
            .collect(),
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
    if add.grants.is_empty() {
        ungranted(global, &name, &it).await?;
    } else {
        granted(global, add, &name, &it)?;
        if list::serving(global, &name).await.as_ref() == Some(&digest)
            && folder.promote(&name, &digest).map_err(plugins::failed)?
        {
            output::words(&format!("{} serves now", it.version));
        }
    }
    Ok(Outcome::Complete)
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
            let more: Vec<String> = wider
                .iter()
                .flat_map(|(endpoint, operations)| {
                    operations.iter().map(move |it| format!("{endpoint}: {it}"))
                })
                .collect();
            format!(
                "installed as the next version of `{name}`: {} serves on until all that {version} declares is granted; it declares more:\n  {}",
                behind.version,
                more.join("\n  ")
            )
        }
    }
}

/// A plugin's name goes before the tables of the cluster: one that is called like them would get their queries.
async fn is_no_table(name: &str) -> Result<(), Failure> {
    let engine = setup_alone()?;
    let tables = engine.tables().await;
    let tables = tables.map_err(|error| Failure::Usage(error.to_string()))?;
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

/// Writes the grants that were asked for.
fn granted(global: &Global, add: &args::Add, name: &str, it: &Examined) -> Result<(), Failure> {
    let wanted = grant::wanted(name, it, &add.grants);
    let clusters = add.grants.join(", ");
    match grant::write(global, &wanted, !add.yes)? {
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
            output::words(&format!("nothing of that is granted yet, since {why}"));
            output::words("this grants it, in a clusters.yaml:");
            output::data(format!("{}\n", wanted.block().trim_end()).as_bytes())?;
        }
    }
    Ok(())
}

/// Says what of it is not granted, and how it would be.
async fn ungranted(global: &Global, name: &str, it: &Examined) -> Result<(), Failure> {
    let standing = list::standing(global, name).await;
    let missing: Vec<MissingGrant> = match &standing {
        Some(standing) => match standing.held.as_ref().map(|held| &held.why) {
            Some(Why::Missing(missing)) => missing.clone(),
            Some(Why::Refused(why)) => {
                output::words(&format!("it does not serve: {why}"));
                return Ok(());
            }
            None => standing.missing.clone(),
        },
        None => Vec::new(),
    };
    if missing.is_empty() && standing.is_some_and(|it| it.connections > 0) {
        output::words("all of that is granted already, wherever it is used");
        return Ok(());
    }
    // Where a file says something of the plugin already, the block would be a second one.
    if !missing.is_empty() && !missing.iter().any(|it| it.line.starts_with(TOP)) {
        output::words("what is not granted of it yet:");
        for grant in &missing {
            output::words(&format!("{}:", grant.place));
            output::data(format!("{}\n", grant.line).as_bytes())?;
        }
        return Ok(());
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
    Ok(())
}
