//! Tables that only the clusters themselves know: each connection that the query can want is asked for the table, all at once, and
//! what they say is one table.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use trawl_host::{Connection, types};
use trawl_plan::ClusterSet;

use crate::completeness::TargetError;
use crate::context::QueryContext;
use crate::limits;
use crate::placement::{self, Placements};
use crate::schema::SourceColumn;
use crate::scoped::namespace_column;
use crate::sources::{Link, Source};
use crate::unite::{Drift, unite};

/// A table as the connections have it.
#[derive(Debug)]
pub struct Discovered {
    /// What its name means, with the connections that say so, where it could mean several things.
    pub meanings: BTreeMap<String, Vec<String>>,
    /// Where its rows belong, connection by connection.
    pub placements: Placements,
    /// Columns of each inner list of which a query must filter on one.
    pub required: Vec<Vec<String>>,
    /// All columns of all connections.
    pub columns: Vec<SourceColumn>,
    /// Where the connections differ.
    pub drift: Vec<Drift>,
    /// Connections that have it.
    pub having: Vec<String>,
    /// Connections that do not have it.
    pub absent: Vec<String>,
    /// Connections that gave no answer, and why.
    pub silent: Vec<(String, TargetError)>,
    /// What to tell the user of it.
    pub notes: Vec<String>,
}

/// Asks the connections of a source that serve one of the clusters.
/// One that cannot say is told among the silent ones.
pub async fn discover(
    source: &Source,
    path: &[String],
    reach: &ClusterSet,
    context: &QueryContext,
) -> Discovered {
    let asked = asked(source, reach, context);
    let connections = asked.iter().map(|(_, _, connection)| connection.clone());
    let answers = at_once(connections, |connection| {
        let path = path.to_vec();
        async move { connection.table_schema(&path, &[]).await }.boxed()
    })
    .await;

    let mut said = Vec::new();
    let mut found = Discovered {
        meanings: BTreeMap::new(),
        placements: Placements::all(types::Placement::Cluster),
        required: Vec::new(),
        columns: Vec::new(),
        drift: Vec::new(),
        having: Vec::new(),
        absent: Vec::new(),
        silent: Vec::new(),
        notes: Vec::new(),
    };
    let mut placements = BTreeMap::new();
    for ((position, link, _), answer) in asked.into_iter().zip(answers) {
        let name = link.spec.name.clone();
        match answer {
            Ok(detail) => {
                let columns = placement::own_columns(&detail);
                placements.insert(position, Ok(detail.placement));
                found.required = detail.required_filters;
                let notes = detail.notes.into_iter();
                // What a source says to those who see all of its clusters.
                for note in notes.filter(|_| !link.is_shared_beyond()) {
                    if !found.notes.contains(&note) {
                        found.notes.push(note);
                    }
                }
                if let Some(identity) = detail.identity {
                    let connections = found.meanings.entry(identity).or_default();
                    connections.push(name.clone());
                }
                match columns {
                    Ok(columns) => {
                        found.having.push(name.clone());
                        said.push((name, columns));
                    }
                    Err(error) => found.silent.push((name, TargetError::defect(&error))),
                }
            }
            Err(error) if error.code == types::ErrorCode::NotFound => found.absent.push(name),
            Err(error) => found.silent.push((name, link.told(&error))),
        }
    }
    found.placements = Placements::said(types::Placement::Cluster, placements);
    (found.columns, found.drift) = unite(&said);
    found
}

/// Asks connections the same thing, a bounded number of them at once. The answers come in the connections' order.
pub async fn at_once<T>(
    connections: impl Iterator<Item = Connection>,
    question: impl Fn(Connection) -> BoxFuture<'static, T>,
) -> Vec<T> {
    let questions: Vec<_> = connections.map(question).collect();
    let answers = futures::stream::iter(questions).buffered(limits::SCHEMAS_AT_ONCE);
    answers.collect().await
}

/// The connections that serve one of the clusters, with their positions, each to be asked in the time that there is for questions about tables.
fn asked<'s>(
    source: &'s Source,
    reach: &ClusterSet,
    context: &QueryContext,
) -> Vec<(usize, &'s Link, Connection)> {
    let serves = |link: &Link| link.spec.serves.iter().any(|name| reach.contains(name));
    let links = source.links.iter().enumerate();
    links
        .filter(|(_, link)| serves(link))
        .map(|(at, link)| (at, link, link.connection.within(context.describing())))
        .collect()
}

/// All names of the tables of the connections in reach that answer, for suggestions.
pub async fn names(source: &Source, reach: &ClusterSet, context: &QueryContext) -> Vec<String> {
    let connections = asked(source, reach, context).into_iter();
    let connections = connections.map(|(_, _, connection)| connection);
    let answers = at_once(connections, |connection| {
        async move { connection.tables().await }.boxed()
    })
    .await;
    let tables = answers.into_iter().filter_map(Result::ok).flatten();
    let tables = tables.filter(|table| source.lists(&table.path, &table.aliases));
    let names = tables.flat_map(|table| {
        let own = source.written(&table.path);
        std::iter::once(own).chain(table.aliases)
    });
    let names: BTreeSet<String> = names.collect();
    names.into_iter().collect()
}

impl Discovered {
    /// Whether some connection has the table.
    pub fn is_somewhere(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Whether the caller does not see the table that was found. It was asked for all the same, so that this takes as long as to find
    /// that there is none.
    pub fn is_hidden(&self, source: &Source, path: &[String]) -> bool {
        let no_namespaces = source.scope.namespaces.is_some()
            && namespace_column(&self.columns).is_none()
            && !source.is_named(path, &[]);
        no_namespaces || !source.sees(path, &[])
    }

    /// The same as it is told of a table that nobody has.
    #[must_use]
    pub fn hidden(self) -> Self {
        let mut absent = self.absent;
        absent.extend(self.having);
        Self {
            meanings: BTreeMap::new(),
            columns: Vec::new(),
            having: Vec::new(),
            absent,
            ..self
        }
    }
}
