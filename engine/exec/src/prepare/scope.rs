//! Which connections a scan asks, and for each one that it leaves out, why.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::logical_expr::Expr;
use trawl_fleet::Cluster;
use trawl_host::types;

use crate::catalog::{Provider, Resolved};
use crate::completeness::TargetError;
use crate::context::QueryContext;
use crate::error::Error;
use crate::explain::words;
use crate::fleet::{self, Place};
use crate::limits;
use crate::per_row::PerRow;
use crate::placement::{self, Owner, Whose, of_no_cluster};
use crate::sources::{Link, Source};
use crate::table::ScanTable;

/// The clusters of a scan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope {
    /// Clusters of the inventory.
    pub of: usize,
    /// Those that are asked, in the inventory's order.
    pub clusters: Vec<String>,
    /// What left the others out, in this order.
    pub reasons: Vec<Reason>,
}

/// Something that leaves clusters out.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// In the query's words: `environment == "production"`.
    pub text: String,
    /// The clusters that it names, when it is only about names.
    pub clusters: Option<Vec<String>>,
    /// Whom it left out that nothing before it did.
    pub left_out: Vec<String>,
}

/// A connection that may be asked.
struct Candidate {
    link: usize,
    name: String,
    /// What its plugin says of the table, or why it is not asked for it.
    placement: Result<types::Placement, TargetError>,
    /// Whose its rows may be, as long as nothing says otherwise.
    rows: Vec<Rows>,
}

/// Rows of one place.
#[derive(Clone)]
struct Rows {
    /// The clusters that are asked for them.
    clusters: Vec<String>,
    place: Place,
}

/// The connections whose rows the placed filters (over bare virtual columns) let through, each with what is wanted of it.
///
/// # Errors
/// When there are more than one query may have.
pub(super) fn resolve(
    table: &ScanTable,
    resolved: &Resolved,
    placed: &[Expr],
) -> Result<(Scope, Vec<(usize, Whose)>), Error> {
    let context = &table.context;
    let inventory = &context.view.inventory;
    let Provider::Plugin(source) = &resolved.provider else {
        return Ok((Scope::default(), Vec::new()));
    };
    let candidates: Vec<Candidate> = source
        .links
        .iter()
        .enumerate()
        .map(|(position, link)| candidate(position, link, resolved, context))
        .collect();
    let mut reasons = Vec::new();
    let connected = served(&candidates);
    let unconnected: Vec<String> = inventory
        .clusters
        .iter()
        .filter(|cluster| !connected.contains(&cluster.name))
        .map(|cluster| cluster.name.clone())
        .collect();
    reasons.push(Reason {
        text: format!("no connection to {}", source.name),
        clusters: None,
        left_out: unconnected,
    });
    let (mut kept, _) = cut(candidates, &mut reasons, context.view.words(), |rows| {
        let seen = |name: &String| context.view.cluster(name).is_some();
        Ok(rows
            .iter()
            .map(|rows| rows.clusters.iter().any(seen))
            .collect())
    })?;
    // Rows that name no cluster are there as long as a cluster of their connection is.
    for candidate in &mut kept {
        let unplaced = unplaced(candidate, source, context);
        candidate.rows.extend(unplaced);
    }
    let total = kept.len();
    let name = &resolved.table.name;
    for condition in placed {
        let text = words::condition(condition);
        let dropped;
        (kept, dropped) = cut(kept, &mut reasons, text, |rows| {
            let places: Vec<Place> = rows.iter().map(|it| it.place.clone()).collect();
            fleet::select(&places, std::slice::from_ref(condition)).map_err(Error::from)
        })?;
        if let Some(reason) = reasons.last_mut() {
            reason.clusters = words::cluster_names(condition);
        }
        for connection in dropped {
            context.prune(&connection, name);
        }
    }
    if kept.len() > limits::TARGETS {
        return Err(Error::Limit(format!(
            "the query would ask {} targets, the limit is {}; name clusters with `where cluster in (…)`",
            kept.len(),
            limits::TARGETS
        )));
    }
    match (total, kept.len()) {
        (0, _) => context.warn(format!("no cluster of the query has a connection for `{name}`")),
        (_, 0) => context.warn(format!(
            "what the query says of cluster, region, environment, account or tags leaves none of {total} targets of `{name}`"
        )),
        _ => {}
    }
    let clusters = served(&kept);
    reasons.retain(|reason| !reason.left_out.is_empty());
    let scope = Scope {
        of: inventory.clusters.len(),
        clusters: inventory
            .clusters
            .iter()
            .filter(|cluster| clusters.contains(&cluster.name))
            .map(|cluster| cluster.name.clone())
            .collect(),
        reasons,
    };
    let links = kept
        .into_iter()
        .filter_map(|candidate| {
            let link = source.links.get(candidate.link)?;
            Some((candidate.link, whose(candidate, link, resolved, context)))
        })
        .collect();
    Ok((scope, links))
}

/// Drops the rows for which the selection is false, and candidates without rows, and notes the clusters that are thereby left out.
/// Gives what is kept and the names of the connections that are not.
fn cut(
    candidates: Vec<Candidate>,
    reasons: &mut Vec<Reason>,
    text: String,
    select: impl FnOnce(&[Rows]) -> Result<Vec<bool>, Error>,
) -> Result<(Vec<Candidate>, Vec<String>), Error> {
    let before = served(&candidates);
    let rows: Vec<Rows> = candidates.iter().flat_map(|it| it.rows.clone()).collect();
    let mut selected = select(&rows)?.into_iter();
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for mut candidate in candidates {
        candidate.rows.retain(|_| selected.next() == Some(true));
        if candidate.rows.is_empty() {
            dropped.push(candidate.name);
        } else {
            kept.push(candidate);
        }
    }
    let still = served(&kept);
    reasons.push(Reason {
        text,
        clusters: None,
        left_out: before.difference(&still).cloned().collect(),
    });
    Ok((kept, dropped))
}

fn served(candidates: &[Candidate]) -> BTreeSet<String> {
    candidates
        .iter()
        .flat_map(|candidate| &candidate.rows)
        .flat_map(|rows| rows.clusters.iter().cloned())
        .collect()
}

/// A connection with all rows that it can have.
fn candidate(
    position: usize,
    link: &Link,
    resolved: &Resolved,
    context: &QueryContext,
) -> Candidate {
    let clusters = inventoried(link, context);
    let placement = resolved.placements.of(position);
    let one = |cluster: &&Cluster| Rows {
        clusters: vec![cluster.name.clone()],
        place: Place::of(cluster),
    };
    let rows = match placement {
        Ok(types::Placement::Connection) => vec![Rows {
            clusters: link.spec.serves.clone(),
            place: connected(link, &clusters),
        }],
        // What cannot be read is told where it would have mattered.
        Ok(types::Placement::Cluster | types::Placement::PerRow) | Err(_) => {
            clusters.iter().map(one).collect()
        }
    };
    Candidate {
        link: position,
        name: link.spec.name.clone(),
        placement,
        rows,
    }
}

/// The rows of a connection that name no cluster, where there can be such.
fn unplaced(candidate: &Candidate, source: &Source, context: &QueryContext) -> Option<Rows> {
    let link = source.links.get(candidate.link)?;
    // Rows that name no cluster can be of one that the caller does not see.
    let can_be = candidate.placement == Ok(types::Placement::PerRow) && !link.is_shared_beyond();
    can_be.then(|| Rows {
        clusters: Vec::new(),
        place: connected(link, &inventoried(link, context)),
    })
}

/// The place of rows that are a connection's: its own region goes before that of its clusters.
fn connected(link: &Link, clusters: &[&Cluster]) -> Place {
    let shared = Place::connection(clusters);
    let own = link.spec.endpoint.region().map(str::to_owned);
    Place {
        region: own.or(shared.region),
        ..shared
    }
}

/// The clusters of a connection as the inventory has them.
fn inventoried<'c>(link: &Link, context: &'c QueryContext) -> Vec<&'c Cluster> {
    let inventory = &context.view.inventory;
    let names = link.spec.serves.iter();
    names.filter_map(|name| inventory.cluster(name)).collect()
}

/// What is wanted of a connection: the rows that are left.
fn whose(candidate: Candidate, link: &Link, resolved: &Resolved, context: &QueryContext) -> Whose {
    let table = &resolved.table.name;
    let beyond = |placement| placement::beyond_scope(resolved, placement, link, &context.scope);
    let left: BTreeSet<&String> = candidate.rows.iter().flat_map(|it| &it.clusters).collect();
    let clusters = link
        .clusters
        .iter()
        .filter(|it| left.contains(&it.name) && context.view.cluster(&it.name).is_some());
    let clusters: Vec<_> = clusters.cloned().collect();
    let unplaced = candidate.rows.iter().any(|rows| rows.clusters.is_empty());
    let only = match link.spec.serves.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    let first = || {
        let place = candidate.rows.first().map(|rows| rows.place.clone());
        Owner::One(Box::new(place.unwrap_or_default()))
    };
    let (owner, cluster, refused) = match &candidate.placement {
        Ok(types::Placement::Cluster) => {
            let refused = only.is_none().then(|| of_no_cluster(table, link));
            let refused = beyond(types::Placement::Cluster).or(refused);
            (first(), only, refused)
        }
        Ok(types::Placement::Connection) => (first(), None, beyond(types::Placement::Connection)),
        Ok(types::Placement::PerRow) => {
            let asked = candidate
                .rows
                .iter()
                .filter_map(|rows| Some((rows.clusters.first()?.clone(), rows.place.clone())));
            let per_row = PerRow::new(
                asked.collect(),
                link.spec.serves.len(),
                connected(link, &inventoried(link, context)),
                Arc::clone(&context.view.inventory),
            );
            let per_row = match (link.is_shared_beyond(), context.scope.restricts_clusters()) {
                (true, _) => per_row.only_placed(),
                (false, true) => per_row.only_known(),
                (false, false) => per_row,
            };
            (
                Owner::PerRow(per_row),
                only,
                beyond(types::Placement::PerRow),
            )
        }
        Err(error) => (first(), only, Some(error.clone())),
    };
    Whose {
        owner,
        cluster,
        clusters,
        unplaced,
        refused,
    }
}
