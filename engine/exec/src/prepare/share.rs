//! Scans that want the same of a connection are one fetch: a table behind a `let` that is used more than once, and equal requests
//! from anywhere. The fetch has the columns of all its readers and the conditions that all of them have; a limit, an order and
//! partial results are asked for only where all of them want the same.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::logical_expr::Expr;
use trawl_host::types::{self, ScanRequest};

use super::site::Wish;
use crate::catalog::Provider;
use crate::fetch::Asked;
use crate::limits;
use crate::placement::{self, Whose};
use crate::pushdown;
use crate::record::Record;
use crate::scoped::NAMESPACE;
use crate::sources::Source;

/// How a scan reads a fetch.
pub(super) struct Reading {
    /// Position of the fetch.
    pub(super) fetch: usize,
    /// Which of its readers the scan is.
    pub(super) reader: usize,
    /// Positions of the scan's columns in the fetch's rows.
    pub(super) columns: HashMap<String, usize>,
}

/// Scans that share what they ask of one connection.
struct Group<'a> {
    source: &'a Source,
    link: usize,
    whose: Whose,
    members: Vec<usize>,
}

/// What is asked on behalf of some scans.
pub(super) struct Shares {
    /// The fetches.
    pub(super) asked: Vec<Asked>,
    /// For each scan how it reads them.
    pub(super) readings: Vec<Vec<Reading>>,
}

/// The fetches, and for each wish how it reads them.
pub(super) fn group(wishes: &[Wish<'_>]) -> Shares {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut of_link: HashMap<(&str, usize), Vec<usize>> = HashMap::new();
    for (position, wish) in wishes.iter().enumerate() {
        let Provider::Plugin(source) = &wish.resolved.provider else {
            continue;
        };
        for (link, whose) in &wish.links {
            let known = of_link.entry((&source.name, *link)).or_default();
            let joins = |group: &Group<'_>| {
                let mut members = group.members.iter().filter_map(|at| wishes.get(*at));
                members.any(|member| same(member, wish))
            };
            let found = known
                .iter()
                .copied()
                .find(|at| groups.get(*at).is_some_and(&joins));
            match found.and_then(|at| groups.get_mut(at)) {
                Some(group) => {
                    group.members.push(position);
                    let link = group.source.links.get(*link);
                    group.whose.join(whose, link.map_or(&[], |it| &it.clusters));
                }
                None => {
                    known.push(groups.len());
                    groups.push(Group {
                        source,
                        link: *link,
                        whose: whose.clone(),
                        members: vec![position],
                    });
                }
            }
        }
    }

    let mut asked = Vec::new();
    let mut readings: Vec<Vec<Reading>> = wishes.iter().map(|_| Vec::new()).collect();
    for group in groups {
        let members: Vec<&Wish<'_>> = group
            .members
            .iter()
            .filter_map(|at| wishes.get(*at))
            .collect();
        let Some((fetch, columns)) = ask(&group, &members) else {
            continue;
        };
        for (reader, (member, wish)) in group.members.iter().zip(&members).enumerate() {
            let positions = wish.projection.iter().filter_map(|(name, column)| {
                let position = columns.iter().position(|known| known == column)?;
                Some((name.clone(), position))
            });
            if let Some(own) = readings.get_mut(*member) {
                own.push(Reading {
                    fetch: asked.len(),
                    reader,
                    columns: positions.collect(),
                });
            }
        }
        asked.push(fetch);
    }
    Shares { asked, readings }
}

/// Whether two scans of a connection become one fetch.
fn same(a: &Wish<'_>, b: &Wish<'_>) -> bool {
    // One place of the text, met twice: a `let` that is used twice.
    if a.table.site == b.table.site {
        return true;
    }
    a.resolved.path == b.resolved.path
        && a.resolved.arguments == b.resolved.arguments
        && a.limit() == b.limit()
        && a.sort == b.sort
        && a.projection.len() == b.projection.len()
        && a.projection
            .iter()
            .all(|(_, column)| b.projection.iter().any(|(_, other)| other == column))
        && equal_conditions(a, b)
}

fn equal_conditions(a: &Wish<'_>, b: &Wish<'_>) -> bool {
    a.offered.len() == b.offered.len() && a.offered.iter().all(|(_, condition)| has(b, condition))
}

fn has(wish: &Wish<'_>, condition: &Expr) -> bool {
    wish.offered.iter().any(|(_, own)| own == condition)
}

/// What a group asks, and the columns of its rows.
fn ask(group: &Group<'_>, members: &[&Wish<'_>]) -> Option<(Asked, Vec<types::Column>)> {
    let (first, others) = members.split_first()?;
    let link = group.source.links.get(group.link)?;
    let context = &first.table.context;

    let mut projection: Vec<types::Column> = Vec::new();
    for (_, column) in members.iter().flat_map(|wish| &wish.projection) {
        if !projection.contains(column) {
            projection.push(column.clone());
        }
    }
    let cluster_column = group.whose.is_per_row().then_some(projection.len());
    projection.extend(cluster_column.map(|_| placement::cluster_column()));
    // Rows are looked at again here, whatever the source was told.
    let namespaces = first.resolved.namespaces.clone();
    let namespaces = namespaces.and_then(|namespaces| {
        let column = first.table.request_column(NAMESPACE)?;
        let known = projection.iter().position(|known| *known == column);
        let at = known.unwrap_or(projection.len());
        if known.is_none() {
            projection.push(column);
        }
        Some((namespaces, at))
    });
    let conditions: Vec<Expr> = first
        .offered
        .iter()
        .map(|(_, condition)| condition)
        .filter(|condition| others.iter().all(|wish| has(wish, condition)))
        .cloned()
        .collect();
    let request_column = |name: &str| {
        members
            .iter()
            .find_map(|wish| wish.table.request_column(name))
    };
    let translation = pushdown::translate(&conditions, &request_column);
    // A limit or an aggregate counts only over filters that the source applies: all of each reader's must be there, each with a
    // form.
    let counts = translation.roots.iter().all(Option::is_some)
        && members
            .iter()
            .all(|wish| wish.offered.len() == conditions.len());
    let cuts = |wish: &&Wish<'_>| wish.limit() == first.limit() && wish.sort == first.sort;
    let mut refs = translation.refs;
    let limit = first.limit().filter(|_| counts && members.iter().all(cuts));
    let sort = first.sort.iter().filter(|_| limit.is_some());
    let sort: Option<Vec<types::SortKey>> = sort.map(|by| by.offer(&mut refs)).collect();
    // Without the order that decides which rows come first a limit is none.
    let limit = limit.filter(|_| sort.is_some());
    // Partial results are as good as rows for a reader that wants just these, of all the rows that pass the same filters.
    let groups = |wish: &&Wish<'_>| wish.partials == first.partials;
    let partials = first.partials.as_ref();
    let partials = partials.filter(|_| counts && limit.is_none() && members.iter().all(groups));
    let aggregate = partials.and_then(|partials| partials.offer(&mut refs));
    let request = ScanRequest {
        table: first.resolved.path.clone(),
        arguments: first.resolved.arguments.clone(),
        now_ns: context.now_ns,
        clusters: group.whose.clusters.clone(),
        others: link
            .clusters
            .iter()
            .filter(|it| !group.whose.clusters.contains(it))
            .chain(&link.beyond)
            .cloned()
            .collect(),
        unplaced: group.whose.unplaced,
        projection: projection.clone(),
        refs,
        filters: translation.filters,
        limit,
        sort: sort.unwrap_or_default(),
        aggregate,
        max_partitions: limits::PARTITIONS_PER_SCAN,
    };
    let record = Record::new(
        group.whose.cluster.clone(),
        link.spec.name.clone(),
        group
            .whose
            .clusters
            .iter()
            .map(|it| it.name.clone())
            .collect(),
        group.source.name.clone(),
        first.resolved.table.name.clone(),
    );
    let record = record.quiet(link.spec.is_guarded());
    let record = context.record(record.within(&context.scope, link.beyond.clone()));
    let asked = Asked {
        connection: link.connection.clone(),
        owner: group.whose.owner.clone(),
        cluster_column,
        namespaces,
        refused: group.whose.refused.clone(),
        max_cost: link
            .spec
            .endpoint
            .limits()
            .max_cost_micro_usd
            .unwrap_or(limits::COST_MICRO_USD),
        request,
        offered: conditions.into_iter().zip(translation.roots).collect(),
        record,
        context: Arc::clone(context),
        readers: members.len(),
    };
    Some((asked, projection))
}
