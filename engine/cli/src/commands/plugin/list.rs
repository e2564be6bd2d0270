//! `trawl plugin list`: the plugins that there are, and how each stands: which version serves, and what a newer one waits for.

use serde_json::{Value as Json, json};
use trawl_exec::{Engine, Standing, Why};
use trawl_install::{Digest, Entry, Release};

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
    /// Of the component that serves.
    digest: Option<Digest>,
    /// Where that came from.
    source: String,
}

/// How a plugin stands, as it is shown.
struct Stands {
    version: String,
    state: &'static str,
    why: Vec<String>,
    digest: Option<Digest>,
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
        let stands = stands(engine.as_ref(), &name, None).await;
        rows.push(Row {
            name,
            version: stands.version,
            state: stands.state,
            why: stands.why,
            entry: None,
            digest: stands.digest,
            source: format!("in development: {}", file.display()),
        });
    }
    for entry in lock.entries() {
        let unused = |why: &str| Stands {
            version: entry.installed.version.clone(),
            state: "not used",
            why: vec![why.to_owned()],
            digest: Some(entry.installed.digest.clone()),
        };
        let stands = if plugins::is_bundled(&entry.name) {
            unused("a plugin of that name came with this trawl")
        } else if rows.iter().any(|it| it.name == entry.name) {
            unused("--dev-plugin stands in its place")
        } else {
            stands(engine.as_ref(), &entry.name, Some(entry)).await
        };
        let next = entry.next.as_ref();
        let serving = next.filter(|next| Some(&next.digest) == stands.digest.as_ref());
        rows.push(Row {
            name: entry.name.clone(),
            version: stands.version,
            state: stands.state,
            why: stands.why,
            digest: stands.digest,
            source: serving.unwrap_or(&entry.installed).source.clone(),
            entry: Some(entry.clone()),
        });
    }
    for plugin in trawl_exec::bundled_plugins() {
        rows.push(Row {
            name: plugin.name,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            state: "serving",
            why: Vec::new(),
            entry: None,
            digest: None,
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

/// How an installed plugin stands.
async fn stands(engine: Option<&Engine>, name: &str, entry: Option<&Entry>) -> Stands {
    let installed = entry.map(|it| &it.installed);
    let unloaded = |state, why| Stands {
        version: installed.map(|it| it.version.clone()).unwrap_or_default(),
        state,
        why,
        digest: installed.map(|it| it.digest.clone()),
    };
    let Some(engine) = engine else {
        return unloaded("unknown", Vec::new());
    };
    let it = match engine.standing(name).await {
        Ok(Some(it)) => it,
        Ok(None) => return unloaded("unknown", Vec::new()),
        Err(error) => return unloaded("cannot be loaded", vec![error.to_string()]),
    };
    let mut why: Vec<String> = it.missing.iter().map(ToString::to_string).collect();
    why.extend(it.held.as_ref().map(ToString::to_string));
    let state = match it.held.as_ref().map(|held| &held.why) {
        Some(Why::Missing(_)) => "next waits for grants",
        Some(Why::Unaccepted(_)) => "next waits to be accepted",
        Some(Why::Refused(_)) => "next is refused",
        None if it.connections == 0 => "not connected",
        None if !it.missing.is_empty() => "waits for grants",
        None => "serving",
    };
    Stands {
        digest: digest_of(&it),
        version: it.version,
        state,
        why,
    }
}

/// The digest of the component that serves.
pub fn digest_of(standing: &Standing) -> Option<Digest> {
    format!("sha256:{}", standing.digest).parse().ok()
}

fn text(rows: &[Row]) -> String {
    let heads = ["name", "version", "state", "digest", "source"];
    let mut table = Table::new(heads.map(|head| (head.to_owned(), false)));
    for row in rows {
        let digest = row.digest.as_ref().map(Digest::short);
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
            "endpoints": it.endpoints,
        })
    };
    let plugins = rows.iter().map(|row| {
        json!({
            "name": row.name,
            "version": row.version,
            "state": row.state,
            "why": row.why,
            "digest": row.digest.as_ref().map(ToString::to_string),
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

/// The component of an installed plugin that serves in the inventory in use; none where that cannot be known.
pub async fn serving(global: &Global, name: &str) -> Option<Digest> {
    standing(global, name).await.as_ref().and_then(digest_of)
}
