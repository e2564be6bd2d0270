//! What a table looks like, and where the clusters differ about it: `trawl describe`.

use std::sync::Arc;
use std::time::Duration;

use trawl_plan::{Fleet, Type};

use crate::completeness::TargetError;
use crate::context::{Purpose, Pushdown, QueryContext};
use crate::discover::discover;
use crate::engine::{Engine, now_ns};
use crate::error::Error;
use crate::fleet::View;
use crate::placement;
use crate::schema::SourceColumn;
use crate::unite::Drift;

/// A table, for people.
#[derive(Debug, serde::Serialize)]
pub struct Description {
    /// As it is written in a query.
    pub name: String,
    /// What the name means, where it can mean several things, with the connections that say so.
    pub meanings: Vec<(String, Vec<String>)>,
    /// What it holds.
    pub description: Option<String>,
    /// Its columns, without the virtual ones.
    pub columns: Vec<DescribedColumn>,
    /// Where the clusters differ.
    pub drift: Vec<Drift>,
    /// Connections that do not have it.
    pub absent: Vec<String>,
    /// Connections that gave no answer, and why.
    pub silent: Vec<Silent>,
    /// What the source says of it.
    pub notes: Vec<String>,
}

/// A connection that gave no answer.
#[derive(Debug, serde::Serialize)]
pub struct Silent {
    /// Which.
    pub connection: String,
    /// Why.
    pub error: TargetError,
}

/// A column or a part of one.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DescribedColumn {
    /// `phase`, `spec.template`.
    pub name: String,
    /// Its type; of a document what is known of it, without what is below its fields.
    #[serde(rename = "type")]
    pub ty: String,
    /// What it holds.
    pub description: Option<String>,
}

impl Engine {
    /// Describes a table, or the part of it below a path of keys. Clusters are asked only for what no plugin knows without them.
    ///
    /// # Errors
    /// [`Error::Config`] when nobody has the table or it has no such path, or for an unknown cluster.
    pub async fn describe(
        &self,
        table: &str,
        path: Option<&str>,
        clusters: &[String],
        timeout: Duration,
    ) -> Result<Description, Error> {
        let words: Vec<String> = table
            .trim_matches('`')
            .split('.')
            .map(str::to_owned)
            .collect();
        let state = self.state();
        let Some((source, rest)) = state.sources.find(&words).await? else {
            return Err(Error::Config(format!("no plugin gives a table `{table}`")));
        };
        let view = View::new(Arc::clone(&state.inventory), clusters)?;
        let reach = view.clusters();
        let context =
            QueryContext::new(view, now_ns(), timeout, Purpose::Read, Pushdown::Everything);
        let info = source.table(&rest).await?;
        let mut description = Description {
            name: source.written(info.map_or(&rest, |info| &info.path)),
            meanings: Vec::new(),
            description: info.and_then(|info| info.description.clone()),
            columns: Vec::new(),
            drift: Vec::new(),
            absent: Vec::new(),
            silent: Vec::new(),
            notes: Vec::new(),
        };
        let columns = if let Some(info) = info {
            let catalog = source.catalog().within(context.describing());
            let detail = catalog
                .table_schema(&info.path, &[])
                .await
                .map_err(|error| Error::Config(format!("`{table}` has no schema: {error}")))?;
            description.notes.clone_from(&detail.notes);
            placement::own_columns(&detail)?
        } else {
            let found = discover(&source, &rest, &reach, &context).await;
            if !found.is_somewhere() {
                let silent = found
                    .silent
                    .iter()
                    .map(|(name, error)| format!("; {name} did not answer: {}", error.message));
                return Err(Error::Config(format!(
                    "no table `{table}`: see `trawl tables`{}",
                    silent.collect::<String>()
                )));
            }
            if found.meanings.len() > 1 {
                let meanings = found
                    .meanings
                    .iter()
                    .map(|(meaning, by)| format!("`{meaning}` on {}", by.join(", ")));
                return Err(Error::Config(format!(
                    "`{table}` means different things, name one of them: {}",
                    meanings.collect::<Vec<_>>().join(", ")
                )));
            }
            description.meanings = found.meanings.into_iter().collect();
            description.drift = found.drift;
            description.absent = found.absent;
            description.notes = found.notes;
            description.silent = found
                .silent
                .into_iter()
                .map(|(connection, error)| Silent { connection, error })
                .collect();
            found.columns
        };
        description.columns = match path {
            None => columns.iter().map(described).collect(),
            Some(path) => below(&columns, path)?,
        };
        if let Some(path) = path {
            let within = |drift: &Drift| {
                let rest = drift.path.strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            description.drift.retain(within);
        }
        Ok(description)
    }
}

fn described(column: &SourceColumn) -> DescribedColumn {
    let column = &column.column;
    DescribedColumn {
        name: column.name.clone(),
        ty: match &column.shape {
            Some(shape) => summary(shape),
            None => column.ty.to_string(),
        },
        description: column.description.clone(),
    }
}

/// The fields below a path; the items of a list stand for the list.
fn below(columns: &[SourceColumn], path: &str) -> Result<Vec<DescribedColumn>, Error> {
    let mut keys = path.split('.');
    let root = keys.next().unwrap_or_default().trim_end_matches("[*]");
    let column = columns.iter().find(|column| column.column.name == root);
    let Some(column) = column else {
        let names = columns.iter().map(|column| column.column.name.as_str());
        return Err(Error::Config(format!(
            "no column `{root}`; columns: {}",
            names.collect::<Vec<_>>().join(", ")
        )));
    };
    let mut ty: &Type = column.column.shape.as_deref().unwrap_or(&column.column.ty);
    let mut walked = root.to_owned();
    for key in keys {
        let key = key.trim_end_matches("[*]");
        ty = match items(ty) {
            Type::Struct(fields) => match fields.iter().find(|(name, _)| name == key) {
                Some((_, ty)) => ty,
                None => {
                    let names = fields.iter().map(|(name, _)| name.as_str());
                    return Err(Error::Config(format!(
                        "no field `{key}` in `{walked}`; fields: {}",
                        names.collect::<Vec<_>>().join(", ")
                    )));
                }
            },
            Type::Map(value) => value,
            other => {
                return Err(Error::Config(format!(
                    "no field `{key}` in `{walked}`, which is of the type {}",
                    summary(other)
                )));
            }
        };
        walked = format!("{walked}.{key}");
    }
    let one = |name: String, ty: &Type| DescribedColumn {
        name,
        ty: summary(ty),
        description: None,
    };
    Ok(match items(ty) {
        Type::Struct(fields) => {
            let mark = if matches!(ty, Type::List(_)) {
                "[*]"
            } else {
                ""
            };
            let fields = fields.iter();
            fields
                .map(|(name, ty)| one(format!("{walked}{mark}.{name}"), ty))
                .collect()
        }
        _ => vec![one(walked, ty)],
    })
}

/// What a list is of, however deep.
fn items(ty: &Type) -> &Type {
    match ty {
        Type::List(item) => items(item),
        other => other,
    }
}

/// A type on one line: of a struct only how many fields it has.
fn summary(ty: &Type) -> String {
    match ty {
        Type::Struct(fields) => format!("struct of {} fields", fields.len()),
        Type::List(item) => format!("list<{}>", summary(item)),
        Type::Map(value) => format!("map<string, {}>", summary(value)),
        other => other.to_string(),
    }
}
