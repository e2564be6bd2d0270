//! Where the rows of a table belong: what a plugin says of a table on each connection, and which clusters its rows can be of there.
//! Owns what is wrong with such a claim; the rows themselves are `per_row`'s.

use std::collections::BTreeMap;

use futures::FutureExt;
use trawl_host::types::{self, Placement, ServedCluster};
use trawl_plan::virtuals;

use crate::arguments;
use crate::catalog::Resolved;
use crate::completeness::TargetError;
use crate::context::QueryContext;
use crate::discover::at_once;
use crate::error::Error;
use crate::fleet::Place;
use crate::per_row::PerRow;
use crate::schema::{self, SourceColumn};
use crate::scope::Scope;
use crate::sources::{Link, Source};

/// What the connections of a source say of one table.
#[derive(Debug, Clone)]
pub struct Placements {
    usual: Placement,
    /// By the connection's position, where it is not the usual.
    own: BTreeMap<usize, Result<Placement, TargetError>>,
}

impl Placements {
    /// The same on every connection.
    pub fn all(usual: Placement) -> Self {
        Self {
            usual,
            own: BTreeMap::new(),
        }
    }

    /// What connections said themselves, by their positions; `usual` for the others.
    pub fn said(usual: Placement, own: BTreeMap<usize, Result<Placement, TargetError>>) -> Self {
        Self { usual, own }
    }

    /// What a connection says, or why it does not.
    pub fn of(&self, link: usize) -> Result<Placement, TargetError> {
        self.own.get(&link).cloned().unwrap_or(Ok(self.usual))
    }

    /// Whether some connection's rows name their clusters themselves.
    pub fn some_per_row(&self) -> bool {
        let own = self.own.values().any(|it| *it == Ok(Placement::PerRow));
        own || self.usual == Placement::PerRow
    }
}

/// Asks the connections whose configuration can change where the rows of a table belong, one for each configuration: with none
/// it is as the plugin said without a connection. This asks no remote.
pub async fn ask(
    source: &Source,
    path: &[String],
    arguments: &[types::Argument],
    usual: Placement,
    context: &QueryContext,
) -> Placements {
    let mut alike: Vec<(&Link, Vec<usize>)> = Vec::new();
    for (position, link) in source.links.iter().enumerate() {
        if link.spec.config.is_empty() {
            continue;
        }
        let known = alike
            .iter_mut()
            .find(|(known, _)| known.spec.config == link.spec.config);
        match known {
            Some((_, positions)) => positions.push(position),
            None => alike.push((link, vec![position])),
        }
    }
    let connections = alike
        .iter()
        .map(|(link, _)| link.connection.within(context.describing()));
    let answers = at_once(connections, |connection| {
        let (path, arguments) = (path.to_vec(), arguments.to_vec());
        async move { connection.table_schema(&path, &arguments).await }.boxed()
    })
    .await;
    let mut own = BTreeMap::new();
    for ((link, positions), answer) in alike.into_iter().zip(answers) {
        let said = match answer {
            Ok(detail) => own_columns(&detail)
                .map(|_| detail.placement)
                .map_err(|error| TargetError::defect(&error)),
            Err(error) => Err(link.told(&error)),
        };
        own.extend(positions.into_iter().map(|at| (at, said.clone())));
    }
    Placements::said(usual, own)
}

/// The columns of a table without that by which rows name their cluster.
///
/// # Errors
/// When the schema is malformed, or rows are said to name their cluster and have no such column of text.
pub fn own_columns(detail: &types::TableDetail) -> Result<Vec<SourceColumn>, Error> {
    let mut columns = schema::columns(&detail.schema)?;
    if detail.placement != Placement::PerRow {
        return Ok(columns);
    }
    let named = columns
        .iter()
        .position(|column| column.column.name == virtuals::CLUSTER);
    let column = named.map(|at| columns.remove(at));
    match column.as_ref().map(|column| column.fields.as_slice()) {
        Some([field]) if field.data_type == types::DataType::Utf8 => Ok(columns),
        _ => Err(Error::Internal(
            "the plugin says that each row names its cluster, but the table has no column `cluster` of text: report it to the plugin's author".to_owned(),
        )),
    }
}

/// What a source that names the clusters of its rows is asked for beside the query's columns.
pub fn cluster_column() -> types::Column {
    types::Column {
        name: virtuals::CLUSTER.to_owned(),
        path: Vec::new(),
        output: schema::path_fields(virtuals::CLUSTER, &trawl_plan::Type::String),
    }
}

/// Whose the rows of a target are.
#[derive(Debug, Clone)]
pub enum Owner {
    /// All of one place.
    One(Box<Place>),
    /// Each row says.
    PerRow(PerRow),
}

/// What a scan wants of a connection.
#[derive(Debug, Clone)]
pub struct Whose {
    /// Whose its rows are.
    pub owner: Owner,
    /// The cluster, where it is the target's only one.
    pub cluster: Option<String>,
    /// The clusters whose rows are wanted, as the source is told.
    pub clusters: Vec<ServedCluster>,
    /// Whether rows that belong to no cluster are wanted.
    pub unplaced: bool,
    /// Why it is not asked.
    pub refused: Option<TargetError>,
}

impl Whose {
    /// Takes in what another scan wants of the same connection. `served` are all its clusters.
    pub fn join(&mut self, other: &Self, served: &[ServedCluster]) {
        let wanted: Vec<ServedCluster> = served
            .iter()
            .filter(|it| self.clusters.contains(it) || other.clusters.contains(it))
            .cloned()
            .collect();
        self.clusters = wanted;
        self.unplaced |= other.unplaced;
        if let (Owner::PerRow(own), Owner::PerRow(other)) = (&mut self.owner, &other.owner) {
            own.join(other);
        }
    }

    /// Whether each row says whose it is.
    pub fn is_per_row(&self) -> bool {
        matches!(self.owner, Owner::PerRow(_))
    }
}

/// Why a table is not read from a connection that also serves clusters which the caller does not see, if it is not.
pub fn beyond_scope(
    resolved: &Resolved,
    placement: Placement,
    link: &Link,
    scope: &Scope,
) -> Option<TargetError> {
    let denied = |message: String| TargetError {
        code: trawl_host::code_name(types::ErrorCode::PermissionDenied).to_owned(),
        message,
        hint: Some("ask for a wider scope".to_owned()),
    };
    let (table, connection) = (&resolved.table.name, &link.spec.name);
    if !link.is_shared_beyond() {
        None
    } else if placement != Placement::PerRow {
        Some(denied(format!(
            "rows of `{table}` do not say of which cluster they are: {connection} gives a caller with a scope only tables whose rows do"
        )))
    } else if arguments::has_text(&resolved.arguments) && !scope.raw {
        Some(denied(format!(
            "`{table}` is given a text in its source's own language: {connection} takes one from a caller with a scope only where it allows `raw: true`"
        )))
    } else {
        None
    }
}

/// Why a table is not read from a connection that serves several clusters.
pub fn of_no_cluster(table: &str, link: &Link) -> TargetError {
    TargetError {
        code: trawl_host::code_name(types::ErrorCode::InvalidConfig).to_owned(),
        message: format!(
            "all rows of `{table}` belong to the cluster of their connection, but {} serves {}: nothing says which row is whose",
            link.spec.name,
            link.spec.serves.join(", ")
        ),
        hint: Some(
            "give each cluster a connection of its own, or configure what tells them apart there"
                .to_owned(),
        ),
    }
}
