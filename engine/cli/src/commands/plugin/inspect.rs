//! `trawl plugin inspect`: what a component is, what it wants, and what it would be refused for.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};
use trawl_exec::{DeclaredEndpoint, Examined, Inspection, Verdict};
use trawl_install::Source;

use super::bytes;
use super::look::{Look, look};
use crate::args::{self, Global, ListFormat};
use crate::exit::{Failure, Outcome};
use crate::output::{self, Table, visible};
use crate::plugins;

/// Shows a component.
///
/// # Errors
/// There is none, or it is no component.
pub async fn run(global: &Global, inspect: &args::Inspect) -> Result<Outcome, Failure> {
    let (name, wasm) = component(global, inspect).await?;
    let look = look(&wasm, name.as_deref(), inspect.columns).await;
    let look = look.map_err(|failure| match failure {
        Failure::Refused(why) => Failure::Refused(format!("{}: {why}", inspect.what)),
        other => other,
    })?;
    match inspect.output {
        ListFormat::Json => output::data(format!("{:#}\n", document(&look)).as_bytes())?,
        ListFormat::Table => output::data(text(&inspect.what, &look).as_bytes())?,
    }
    Ok(match look.itself {
        Ok(_) => Outcome::Complete,
        Err(_) => Outcome::WrongQuery,
    })
}

/// A component by its file or its installed name, and that name.
async fn component(
    global: &Global,
    inspect: &args::Inspect,
) -> Result<(Option<String>, Vec<u8>), Failure> {
    let what = inspect.what.as_str();
    let lock = plugins::locked(global)?;
    if let Some(entry) = lock.get(what).filter(|_| !Path::new(what).exists()) {
        let folder = plugins::folder(global)?;
        let release = if inspect.next {
            entry.next.as_ref().ok_or_else(|| {
                Failure::Usage(format!("no newer version of `{what}` waits to serve"))
            })?
        } else {
            &entry.installed
        };
        let wasm = folder.load(&release.digest);
        return Ok((Some(entry.name.clone()), wasm.map_err(plugins::failed)?));
    }
    if inspect.next {
        return Err(Failure::Usage(format!(
            "--next wants the name of an installed plugin, and `{what}` is none"
        )));
    }
    let mut bundled = trawl_exec::bundled_plugins().into_iter();
    if let Some(plugin) = bundled.find(|it| it.name == what)
        && !Path::new(what).exists()
    {
        let wasm = plugin.component().await;
        let wasm = wasm.map_err(|error| Failure::Usage(error.to_string()))?;
        return Ok((Some(plugin.name), wasm));
    }
    if !Path::new(what).exists() && trawl_install::check_name(what).is_ok() {
        let names: Vec<&str> = lock.entries().map(|it| it.name.as_str()).collect();
        return Err(Failure::Usage(format!(
            "`{what}` is no file, and no plugin of that name is installed; installed: {}",
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        )));
    }
    let source = Source::File(what.into());
    let fetched = trawl_install::fetch(&source, None).await;
    Ok((None, fetched.map_err(plugins::failed)?.wasm))
}

fn text(what: &str, look: &Look) -> String {
    let file = &look.file;
    let mut text = match &look.itself {
        Ok(it) => head(it),
        Err(_) => format!("{what}\n"),
    };
    let contract = file.contract.as_deref().unwrap_or("none");
    text.push_str(&format!(
        "  size      {}\n  digest    sha256:{}\n  contract  {contract}\n",
        bytes(file.bytes),
        file.digest
    ));
    if let Ok(it) = &look.itself {
        text.push_str(&metadata(&it.metadata));
    }
    text.push_str(&imports(file));
    match &look.itself {
        Ok(it) => text.push_str(&itself(it, look)),
        Err(reasons) => {
            text.push_str("\nIt would be refused:\n");
            for reason in reasons {
                text.push_str(&format!("  {}\n", visible(reason)));
            }
        }
    }
    output::shown(&text)
}

/// Name, version and what it is for, in one line.
pub fn head(it: &Examined) -> String {
    let (name, version) = (visible(&it.name), visible(&it.version));
    format!("{name} {version}{}\n", said(it.description.as_deref()))
}

/// What a component says of a thing, on the same line: nobody who approves it must take it for a line of ours.
fn said(description: Option<&str>) -> String {
    let said = description.map(|it| format!(": {}", visible(it)));
    said.unwrap_or_default()
}

/// Its own words, below a heading of ours: a key of them may be `digest`.
fn metadata(metadata: &BTreeMap<String, String>) -> String {
    if metadata.is_empty() {
        return String::new();
    }
    let lines = metadata.iter();
    let lines = lines.map(|(key, value)| format!("  {:<9} {}\n", visible(key), visible(value)));
    format!("\nit says of itself\n{}", lines.collect::<String>())
}

fn imports(file: &Inspection) -> String {
    let rows: Vec<(&str, String)> = file
        .imports
        .iter()
        .map(|import| {
            let comes = match &import.verdict {
                Verdict::Contract => "the contract".to_owned(),
                Verdict::Runtime(behind) => format!("of its language's runtime; {behind}"),
                Verdict::Refused(why) => format!("REFUSED: {why}"),
            };
            (import.name.as_str(), comes)
        })
        .collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = "\nimports\n".to_owned();
    for (name, comes) in rows {
        let comes = visible(&comes);
        text.push_str(&format!("  {:<width$}  {comes}\n", visible(name)));
    }
    text
}

fn itself(it: &Examined, look: &Look) -> String {
    let mut text = "\nendpoints\n".to_owned();
    text.push_str(&endpoints(&it.endpoints));
    text.push_str("\ntables\n");
    let mut tables = Table::new(
        ["table", "aliases", "arguments", "description"].map(|head| (head.to_owned(), false)),
    );
    for table in &it.tables {
        tables.row([
            table.name.clone(),
            table.aliases.join(", "),
            table.arguments.join(", "),
            table.description.clone().unwrap_or_default(),
        ]);
    }
    text.push_str(&indented(&tables.text()));
    for (name, columns) in &look.columns {
        text.push_str(&format!("\ncolumns of {}\n", visible(name)));
        match columns {
            Err(why) => text.push_str(&format!("  {}\n", visible(why))),
            Ok(columns) => {
                let mut table = Table::new(
                    ["column", "type", "description"].map(|head| (head.to_owned(), false)),
                );
                for column in columns {
                    table.row([
                        column.name.clone(),
                        column.ty.clone(),
                        column.description.clone().unwrap_or_default(),
                    ]);
                }
                text.push_str(&indented(&table.text()));
            }
        }
    }
    text.push_str("\nconfiguration\n");
    text.push_str(&indented(&format!("{:#}", it.config_schema)));
    if let Some(key) = &it.cluster_key {
        text.push_str(&format!(
            "  `{}` tells the clusters of one connection apart\n",
            visible(key)
        ));
    }
    text
}

/// What a plugin calls, for the operator to approve.
pub fn endpoints(endpoints: &[DeclaredEndpoint]) -> String {
    let mut text = String::new();
    if endpoints.is_empty() {
        text.push_str("  none: it asks nobody\n");
    }
    for endpoint in endpoints {
        text.push_str(&format!(
            "  {} ({}){}\n",
            visible(&endpoint.name),
            visible(&endpoint.kind),
            said(endpoint.description.as_deref())
        ));
        for operation in &endpoint.operations {
            text.push_str(&format!("    {}\n", visible(operation)));
        }
        for (what, headers) in [
            ("sends", &endpoint.request_headers),
            ("reads", &endpoint.response_headers),
        ] {
            if !headers.is_empty() {
                let headers = visible(&headers.join(", "));
                text.push_str(&format!("    {what} the headers {headers}\n"));
            }
        }
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn document(look: &Look) -> Json {
    let file = &look.file;
    let imports = file.imports.iter().map(|import| {
        let (allowed, why) = match &import.verdict {
            Verdict::Contract => (true, None),
            Verdict::Runtime(behind) => (true, Some((*behind).to_owned())),
            Verdict::Refused(why) => (false, Some(why.clone())),
        };
        json!({"name": import.name, "allowed": allowed, "why": why})
    });
    let columns = look.columns.iter().map(|(name, columns)| {
        let columns = match columns {
            Ok(columns) => json!({ "columns": columns }),
            Err(why) => json!({ "error": why }),
        };
        (name.clone(), columns)
    });
    json!({
        "size": file.bytes,
        "digest": format!("sha256:{}", file.digest),
        "contract": file.contract,
        "imports": imports.collect::<Vec<_>>(),
        "exports": file.exports,
        "plugin": look.itself.as_ref().ok(),
        "columns": columns.collect::<serde_json::Map<_, _>>(),
        "refused": look.itself.as_ref().err(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_component_says_begins_a_line() {
        let lie = "nice\n    GET /only/this\u{1b}[2J";
        let endpoint = DeclaredEndpoint {
            name: "api".to_owned(),
            kind: "http".to_owned(),
            description: Some(lie.to_owned()),
            operations: vec!["POST /all".to_owned()],
            request_headers: vec!["x\nit asks nobody".to_owned()],
            response_headers: Vec::new(),
        };
        assert_eq!(
            endpoints(&[endpoint]),
            "  api (http): nice⏎    GET /only/this\u{fffd}[2J\n    POST /all\n    sends the headers x⏎it asks nobody\n"
        );
        let said = BTreeMap::from([("digest".to_owned(), "sha256:00\n  size 1".to_owned())]);
        assert_eq!(
            metadata(&said),
            "\nit says of itself\n  digest    sha256:00⏎  size 1\n"
        );
    }
}
