//! What a table looks like, and where the clusters differ about it: `trawl describe`.

use std::sync::Arc;
use std::time::Duration;

use trawl_host::types;
use trawl_plan::{Fleet, Type};

use crate::arguments::type_name;
use crate::completeness::TargetError;
use crate::context::{Purpose, Pushdown, QueryContext};
use crate::discover::{self, discover};
use crate::engine::{Engine, now_ns};
use crate::error::Error;
use crate::fleet::View;
use crate::placement;
use crate::schema::SourceColumn;
use crate::scope::Scope;
use crate::unite::Drift;

/// A table, for people.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Description {
    /// As it is written in a query.
    pub name: String,
    /// What the name means, where it can mean several things, with the connections that say so.
    pub meanings: Vec<(String, Vec<String>)>,
    /// What it holds.
    pub description: Option<String>,
    /// The arguments that it takes.
    pub arguments: Vec<DescribedArgument>,
    /// Its columns, without the virtual ones.
    pub columns: Vec<DescribedColumn>,
    /// Columns of each list of which a query must have a condition on one.
    pub required: Vec<Vec<String>>,
    /// The columns that tell one row of a cluster from another.
    pub key: Vec<String>,
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
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Silent {
    /// Which.
    pub connection: String,
    /// Why.
    pub error: TargetError,
}

/// An argument of a table.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct DescribedArgument {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it may be given without its name.
    pub positional: bool,
    /// What it means.
    pub description: Option<String>,
}

/// A column or a part of one.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
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
        scope: &Arc<Scope>,
    ) -> Result<Description, Error> {
        let words: Vec<String> = table
            .trim_matches('`')
            .split('.')
            .map(str::to_owned)
            .collect();
        let state = self.state_within(scope);
        let Some((source, rest)) = state.sources.find(&words).await? else {
            return Err(Error::Config(format!("no plugin gives a table `{table}`")));
        };
        let view = View::new(Arc::clone(&state.inventory), clusters)?;
        let reach = view.clusters();
        let mut context =
            QueryContext::new(view, now_ns(), timeout, Purpose::Read, Pushdown::Everything);
        context.scope = Arc::clone(scope);
        context.memory = self.memory_of_plugins();
        let info = source.table(&rest).await?;
        let mut description = Description {
            name: source.written(info.map_or(&rest, |info| &info.path)),
            meanings: Vec::new(),
            description: info.and_then(|info| info.description.clone()),
            arguments: info.map_or_else(Vec::new, |info| arguments(&info.params)),
            columns: Vec::new(),
            required: Vec::new(),
            key: Vec::new(),
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
            description.required.clone_from(&detail.required_filters);
            description.key.clone_from(&detail.primary_key);
            placement::own_columns(&detail)?
        } else {
            let found = discover(&source, &rest, &reach, &context).await;
            if !found.is_somewhere() || found.is_hidden(&source, &rest) {
                let silent = found
                    .silent
                    .iter()
                    .map(|(name, error)| format!("; {name} did not answer: {}", error.message));
                let mut known = discover::names(&source, &reach, &context).await;
                known.extend(
                    self.tables(scope)
                        .await
                        .0
                        .into_iter()
                        .map(|table| table.name),
                );
                return Err(Error::Config(format!(
                    "no table `{table}`{}; `trawl tables` lists them{}",
                    meant(table, known.iter().map(String::as_str)),
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

fn arguments(params: &[types::Param]) -> Vec<DescribedArgument> {
    let described = |param: &types::Param| DescribedArgument {
        name: param.name.clone(),
        ty: type_name(&param.data_type).to_owned(),
        required: param.required,
        positional: param.positional,
        description: param.description.clone(),
    };
    params.iter().map(described).collect()
}

/// A name that there is, where one looks like it.
fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    trawl_lang::nearest(name, known)
        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
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
        let names: Vec<&str> = columns
            .iter()
            .map(|column| column.column.name.as_str())
            .collect();
        return Err(Error::Config(format!(
            "no column `{root}`{}; columns: {}",
            meant(root, names.iter().copied()),
            names.join(", ")
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
                    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                    return Err(Error::Config(format!(
                        "no field `{key}` in `{walked}`{}; fields: {}",
                        meant(key, names.iter().copied()),
                        names.join(", ")
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
