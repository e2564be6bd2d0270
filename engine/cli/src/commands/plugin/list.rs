//! `trawl plugin list`: the plugins that there are, and how each stands: which version serves, and what a newer one waits for.

use serde_json::{Value as Json, json};
use trawl_exec::{Engine, Standing, Why};
use trawl_install::{Entry, Release};

use crate::args::{self, Global, ListFormat};
use crate::exit::{Failure, Outcome};
use crate::output::{self, Table};
use crate::plugins;
use crate::setup;

/// A line of the listing.
struct Row {
    name: String,
    version: String,
    state: &'static str,
    /// What stands behind the state, in lines of their own.
    why: Vec<String>,
    entry: Option<Entry>,
    /// Where it came from.
    source: String,
}

/// Lists the plugins. No cluster is contacted.
///
/// # Errors
/// The lock file is wrong.
pub async fn run(global: &Global, list: &args::List) -> Result<Outcome, Failure> {
    let lock = plugins::locked(global)?;
    // The plugins that came with trawl need no inventory, and no look at them.
    let engine = if lock.entries().next().is_some() || !global.dev_plugin.is_empty() {
        Some(engine(global).await)
    } else {
        None
    };
    let engine = engine.transpose().unwrap_or_else(|failure| {
        output::words("without an inventory it is not known what is granted:");
        failure.tell(trawl_lang::Style::Plain);
        None
    });
    let mut rows = Vec::new();
    for (name, file) in plugins::developed(global)? {
        let (version, state, why) = stands(engine.as_ref(), &name, None).await;
        rows.push(Row {
            name,
            version,
            state,
            why,
            entry: None,
            source: format!("in development: {}", file.display()),
        });
    }
    for entry in lock.entries() {
        let source = entry.installed.source.clone();
        let row = |version: String, state, why| Row {
            name: entry.name.clone(),
            version,
            state,
            why,
            entry: Some(entry.clone()),
            source,
        };
        if plugins::is_bundled(&entry.name) {
            let why = vec!["a plugin of that name came with this trawl".to_owned()];
            rows.push(row(entry.installed.version.clone(), "not used", why));
        } else if rows.iter().any(|it| it.name == entry.name) {
            let why = vec!["--dev-plugin stands in its place".to_owned()];
            rows.push(row(entry.installed.version.clone(), "not used", why));
        } else {
            let (version, state, why) = stands(engine.as_ref(), &entry.name, Some(entry)).await;
            rows.push(row(version, state, why));
        }
    }
    for plugin in trawl_exec::bundled_plugins() {
        rows.push(Row {
            name: plugin.name,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            state: "serving",
            why: Vec::new(),
            entry: None,
            source: "came with trawl".to_owned(),
        });
    }
    match list.output {
        ListFormat::Json => output::data(format!("{:#}\n", document(&rows)).as_bytes())?,
        ListFormat::Table => {
            output::data(text(&rows).as_bytes())?;
            if !global.quiet
                && let Ok(folder) = plugins::folder(global)
            {
                output::words(&format!("installed in {}", folder.path().display()));
            }
        }
    }
    Ok(Outcome::Complete)
}

/// An engine with the inventory in use and all plugins.
async fn engine(global: &Global) -> Result<Engine, Failure> {
    // Without any inventory no plugin is connected, which is an answer.
    Ok(setup::reading(global, None).await?.engine)
}

/// Version, state and reasons of an installed plugin.
async fn stands(
    engine: Option<&Engine>,
    name: &str,
    entry: Option<&Entry>,
) -> (String, &'static str, Vec<String>) {
    let locked = entry.map(|it| it.installed.version.clone());
    let Some(engine) = engine else {
        return (locked.unwrap_or_default(), "unknown", Vec::new());
    };
    let it = match engine.standing(name).await {
        Ok(Some(it)) => it,
        Ok(None) => return (locked.unwrap_or_default(), "unknown", Vec::new()),
        Err(error) => {
            let why = vec![error.to_string()];
            return (locked.unwrap_or_default(), "cannot be loaded", why);
        }
    };
    let mut why: Vec<String> = it.missing.iter().map(ToString::to_string).collect();
    why.extend(it.held.as_ref().map(ToString::to_string));
    let state = match it.held.as_ref().map(|held| &held.why) {
        Some(Why::Missing(_)) => "next waits for grants",
        Some(Why::Refused(_)) => "next is refused",
        None if it.connections == 0 => "not connected",
        None if !it.missing.is_empty() => "waits for grants",
        None => "serving",
    };
    (it.version, state, why)
}

fn text(rows: &[Row]) -> String {
    let heads = ["name", "version", "state", "digest", "source"];
    let mut table = Table::new(heads.map(|head| (head.to_owned(), false)));
    for row in rows {
        let digest = row.entry.as_ref().map(|it| it.installed.digest.short());
        table.row([
            row.name.clone(),
            row.version.clone(),
            row.state.to_owned(),
            digest.unwrap_or_default(),
            row.source.clone(),
        ]);
    }
    let mut text = table.text();
    for row in rows {
        for why in &row.why {
            text.push_str(&format!("\n{}: {why}\n", row.name));
        }
    }
    output::shown(&text)
}

fn document(rows: &[Row]) -> Json {
    let release = |it: &Release| {
        json!({
            "version": it.version,
            "digest": it.digest.to_string(),
            "size": it.size,
            "contract": it.contract,
            "source": it.source,
            "operations": it.operations,
        })
    };
    let plugins = rows.iter().map(|row| {
        json!({
            "name": row.name,
            "version": row.version,
            "state": row.state,
            "why": row.why,
            "source": row.source,
            "installed": row.entry.as_ref().map(|it| release(&it.installed)),
            "next": row.entry.as_ref().and_then(|it| it.next.as_ref()).map(release),
        })
    });
    json!({ "plugins": plugins.collect::<Vec<_>>() })
}

/// How an installed plugin stands in the inventory in use; none where that cannot be known.
pub async fn standing(global: &Global, name: &str) -> Option<Standing> {
    let engine = engine(global).await.ok()?;
    engine.standing(name).await.ok().flatten()
}
