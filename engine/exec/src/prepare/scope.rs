//! Which connections a scan asks, and for each one that it leaves out, why.

use datafusion::logical_expr::Expr;
use trawl_fleet::Cluster;
use trawl_host::types;

use crate::catalog::{Provider, Resolved};
use crate::context::QueryContext;
use crate::error::Error;
use crate::explain::words;
use crate::fleet::{self, Place};
use crate::limits;
use crate::sources::Link;
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
    serves: Vec<String>,
    place: Place,
}

/// The connections whose rows the placed filters (over bare virtual columns) let through.
///
/// # Errors
/// When there are more than one query may have.
pub(super) fn resolve(
    table: &ScanTable,
    resolved: &Resolved,
    placed: &[Expr],
) -> Result<(Scope, Vec<(usize, Place)>), Error> {
    let context = &table.context;
    let inventory = &context.view.inventory;
    let Provider::Plugin(source) = &resolved.provider else {
        return Ok((Scope::default(), Vec::new()));
    };
    let candidates: Vec<Candidate> = source
        .links
        .iter()
        .enumerate()
        .map(|(position, link)| Candidate {
            link: position,
            name: link.spec.name.clone(),
            serves: link.spec.serves.clone(),
            place: place(resolved.placement, link, context),
        })
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
    let (mut kept, _) = cut(
        candidates,
        &mut reasons,
        context.view.words(),
        |candidates| {
            let seen = |name: &String| context.view.cluster(name).is_some();
            Ok(candidates
                .iter()
                .map(|candidate| candidate.serves.iter().any(seen))
                .collect())
        },
    )?;
    let total = kept.len();
    let name = &resolved.table.name;
    for condition in placed {
        let text = words::condition(condition);
        let dropped;
        (kept, dropped) = cut(kept, &mut reasons, text, |candidates| {
            let places: Vec<Place> = candidates.iter().map(|c| c.place.clone()).collect();
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
    let links = kept.into_iter().map(|c| (c.link, c.place)).collect();
    Ok((scope, links))
}

/// Drops the candidates for which the selection is false and notes the clusters that are thereby left out. Gives what is kept and
/// the names of the connections that are not.
fn cut(
    candidates: Vec<Candidate>,
    reasons: &mut Vec<Reason>,
    text: String,
    select: impl FnOnce(&[Candidate]) -> Result<Vec<bool>, Error>,
) -> Result<(Vec<Candidate>, Vec<String>), Error> {
    let selected = select(&candidates)?;
    let (kept, dropped): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .zip(selected)
        .partition(|(_, keep)| *keep);
    let bare = |pairs: Vec<(Candidate, bool)>| -> Vec<Candidate> {
        pairs.into_iter().map(|(candidate, _)| candidate).collect()
    };
    let (kept, dropped) = (bare(kept), bare(dropped));
    let still = served(&kept);
    let left_out = served(&dropped)
        .into_iter()
        .filter(|name| !still.contains(name))
        .collect();
    reasons.push(Reason {
        text,
        clusters: None,
        left_out,
    });
    Ok((kept, dropped.into_iter().map(|c| c.name).collect()))
}

fn served(candidates: &[Candidate]) -> std::collections::BTreeSet<String> {
    candidates
        .iter()
        .flat_map(|candidate| candidate.serves.iter().cloned())
        .collect()
}

/// Where the rows of a connection belong: to its cluster; rows of an account or of several clusters to no single one.
fn place(placement: types::Placement, link: &Link, context: &QueryContext) -> Place {
    let inventory = &context.view.inventory;
    let clusters: Vec<&Cluster> = link
        .spec
        .serves
        .iter()
        .filter_map(|name| inventory.cluster(name))
        .collect();
    let mut place = Place::shared(&clusters);
    if placement == types::Placement::Connection {
        place.cluster = None;
    }
    place
}
