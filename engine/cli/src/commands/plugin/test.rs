//! `trawl plugin test`: whether a plugin keeps the rules of the contract. A project is built first, so that what is tested is what its
//! sources say. The findings go to stdout; exit 1 says that one of them is a failure.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use trawl_conformance::project::{Against, Options, Prepared, prepare};
use trawl_conformance::{CHECKS, Check, Error, Finding, Report, name_of, named, record, update};
use trawl_demo::Fleet;
use trawl_exec::is_bundled_component;
use trawl_fleet::{Inventory, LoadOptions};
use trawl_install::Digest;

use crate::args::{self, Global, ListFormat};
use crate::commands::plugin_compile;
use crate::exit::{Failure, Outcome};
use crate::output::{self, Table};
use crate::plugins;
use crate::project::Project;
use crate::setup;

use super::build::built;

/// The recordings that `--record` writes, below the project's folder.
const RECORDED: &str = "tests/recorded/live.http";

/// Runs the checks on a component.
///
/// # Errors
/// The project or a file of it is wrong, there is no such check or connection, or the component is refused.
pub async fn run(global: &Global, test: &args::Test) -> Result<Outcome, Failure> {
    let checks = chosen(&test.only)?;
    let target = target(global, test).await?;
    let cache = setup::cache_dir();
    // Who builds a project made it; a file can be anybody's.
    let compiler = match target.folder {
        Some(_) => None,
        None => plugin_compile::compiler(),
    };
    let name = match test.name.clone().or(target.name) {
        Some(name) => name,
        None => name_of(&target.wasm, cache.as_deref(), compiler.clone())
            .await
            .map_err(failed)?,
    };
    if test.live.is_some() && test.name.is_none() {
        is_meant(global, &name, &target.wasm)?;
    }
    let fleet = match global.demo && test.live.is_some() {
        true => Some(setup::fleet(global).await?),
        false => None,
    };
    let inventory = match &test.live {
        Some(_) => Some(inventory(global, fleet.as_ref(), &name)?),
        None => None,
    };
    let against = match (&test.live, &inventory) {
        (Some(connection), Some(inventory)) => Against::Live {
            inventory,
            connection,
        },
        _ => Against::Project,
    };
    let options = Options {
        name: Some(name),
        wasm: target.wasm,
        folder: target.folder.clone(),
        against,
        now_ns: now_ns(),
        cache,
        compiler,
    };
    let outcome = match prepare(options).await {
        Ok(prepared) => tried(global, test, &prepared, &checks, target.folder.as_deref()).await,
        Err(error) => Err(failed(error)),
    };
    if let Some(fleet) = fleet {
        fleet.shutdown().await;
    }
    outcome
}

/// Refuses a component that calls itself what another one is called: it would be given the connections and grants of that one.
fn is_meant(global: &Global, name: &str, wasm: &[u8]) -> Result<(), Failure> {
    let other = match plugins::is_bundled(name) {
        true => !is_bundled_component(name, wasm),
        false => {
            let locked = plugins::locked(global)?;
            let mut entries = locked.entries();
            let digest = Digest::of(wasm);
            entries.any(|it| {
                let next = it.next.iter().map(|next| &next.digest);
                it.name == name && !next.chain([&it.installed.digest]).any(|it| *it == digest)
            })
        }
    };
    match other {
        true => Err(Failure::Usage(format!(
            "this component calls itself `{name}`, as another one does that {}: `--name {name}` tries it on the connections of that one with what clusters.yaml grants it, another name on its own",
            match plugins::is_bundled(name) {
                true => "came with trawl",
                false => "is installed",
            }
        ))),
        false => Ok(()),
    }
}

/// The inventory that `--live` is about. It may name the plugin whether it is installed or not.
fn inventory(global: &Global, fleet: Option<&Fleet>, name: &str) -> Result<Inventory, Failure> {
    let installed = plugins::all(global)?;
    let mut names: Vec<&str> = installed.iter().map(|it| it.name.as_str()).collect();
    if !names.contains(&name) {
        names.push(name);
    }
    Inventory::load(LoadOptions::of_process(
        setup::config(global, fleet),
        &names,
    ))
    .map_err(|error| Failure::Usage(error.to_string()))
}

async fn tried(
    global: &Global,
    test: &args::Test,
    prepared: &Prepared,
    checks: &[&Check],
    folder: Option<&Path>,
) -> Result<Outcome, Failure> {
    if test.update {
        let changed = update(&prepared.suite).await.map_err(failed)?;
        for path in &changed {
            output::words(&format!(
                "{} is rewritten: read what changed",
                path.display()
            ));
        }
        if changed.is_empty() {
            output::words("every case gives what it expects");
        }
    }
    if test.record {
        recorded(prepared, folder).await?;
    }
    // What was expected was read before it was rewritten.
    if test.update || test.record {
        return Ok(Outcome::Complete);
    }
    let against = prepared.against.clone();
    let quiet = global.quiet || test.output == ListFormat::Json;
    let mut progress = |check: &str| {
        if !quiet {
            output::words(&format!("trying {check}"));
        }
    };
    let report = trawl_conformance::run(&prepared.suite, checks, against, &mut progress).await;
    let report = report.map_err(failed)?;
    match test.output {
        ListFormat::Json => {
            let json = serde_json::to_string_pretty(&report);
            let json = json.map_err(|error| Failure::Internal(error.into()))?;
            output::data(format!("{json}\n").as_bytes())?;
        }
        ListFormat::Table => output::data(table(&report).text().as_bytes())?,
    }
    if test.output == ListFormat::Table {
        for finding in &report.findings {
            if let Some(help) = &finding.help {
                output::words(&format!("help: {}: {help}", finding.check));
            }
        }
    }
    if !global.quiet || !report.is_clean() {
        output::words(&report.line());
    }
    Ok(if report.is_clean() {
        Outcome::Complete
    } else {
        Outcome::WrongQuery
    })
}

/// The findings, a line each.
fn table(report: &Report) -> Table {
    let heads = ["check", "about", "result", "detail"];
    let mut table = Table::new(heads.map(|head| (head.to_owned(), false)));
    for Finding {
        check,
        about,
        verdict,
        detail,
        ..
    } in &report.findings
    {
        let about = if about.is_empty() { "-" } else { about };
        table.row([
            (*check).to_owned(),
            about.to_owned(),
            verdict.to_string(),
            detail.clone(),
        ]);
    }
    table
}

/// The checks of these names; no name means all.
fn chosen(names: &[String]) -> Result<Vec<&'static Check>, Failure> {
    if names.is_empty() {
        return Ok(CHECKS.to_vec());
    }
    let known: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    let found = names.iter().map(|name| {
        named(name).ok_or_else(|| {
            let near = trawl_lang::nearest(name, known.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            Failure::Usage(format!(
                "--only expects a check ({}), got `{name}`{near}",
                known.join(", ")
            ))
        })
    });
    found.collect()
}

/// What is tested.
struct Target {
    wasm: Vec<u8>,
    name: Option<String>,
    folder: Option<PathBuf>,
}

/// The component that the command names: a file, or what a project built.
async fn target(global: &Global, test: &args::Test) -> Result<Target, Failure> {
    let read = |path: &Path, hint: &str| {
        std::fs::read(path).map_err(|error| {
            Failure::Usage(format!("{} cannot be read: {error}{hint}", path.display()))
        })
    };
    if !test.target.is_dir() {
        return Ok(Target {
            wasm: read(&test.target, "")?,
            name: None,
            folder: None,
        });
    }
    let project = Project::find(&test.target)?;
    if !test.no_build {
        let line = built(&project, global.verbose > 0).await?.line;
        if !global.quiet {
            output::words(&line);
        }
    }
    Ok(Target {
        wasm: read(&project.component(), "; `trawl plugin build` makes it")?,
        name: Some(project.name.clone()),
        folder: Some(project.folder),
    })
}

/// Writes what the living remote answered to the project's cases, and to whole tables.
async fn recorded(prepared: &Prepared, folder: Option<&Path>) -> Result<(), Failure> {
    let tape = &prepared.suite.subject.tape;
    let Some(folder) = folder.filter(|_| tape.is_live()) else {
        return Err(Failure::Usage(
            "--record writes what a living remote answers into a project: expected a project's folder, and --live CONNECTION or tests/remote".to_owned(),
        ));
    };
    let cases = named("cases").into_iter().collect::<Vec<_>>();
    let against = prepared.against.clone();
    let ran = trawl_conformance::run(&prepared.suite, &cases, against, &mut |_| {}).await;
    ran.map_err(failed)?;
    let exchanges = tape.exchanges();
    let path = folder.join(RECORDED);
    record::write(&path, &exchanges).map_err(failed)?;
    output::words(&format!(
        "{} exchanges are written to {}: read them before you commit them",
        exchanges.len(),
        path.display()
    ));
    Ok(())
}

fn failed(error: Error) -> Failure {
    match error {
        Error::Refused(_) => Failure::Refused(error.to_string()),
        Error::Engine(trawl_exec::Error::Config(why)) => Failure::Usage(why),
        Error::Engine(_) => Failure::Internal(error.into()),
        _ => Failure::Usage(error.to_string()),
    }
}

/// Now, in nanoseconds since the Unix epoch.
fn now_ns() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(elapsed.unwrap_or_default().as_nanos()).unwrap_or(i64::MAX)
}
