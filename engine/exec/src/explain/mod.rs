//! A query explained: what each source would be asked, of which clusters and why of those, and what would run here. Built from a
//! plan that was prepared and not run.

mod model;
mod text;
pub mod tree;
pub mod words;

use std::sync::Arc;

use datafusion::logical_expr::LogicalPlan;
use trawl_host::types::{self, Pushed};
use trawl_lang::Diagnostic;
use trawl_plan::{ClusterSet, Joined, virtuals};

use crate::answer::AnswerColumn;
use crate::budget::Cost;
use crate::catalog::{Provider, Resolved};
use crate::fetch::Fetch;
use crate::prepare::{Prepared, Scope, TargetScan};
use crate::table::ScanTable;

pub use model::{
    ArgumentExplanation, AskExplanation, ClustersExplanation, ColumnExplanation, Explanation,
    FilterExplanation, GroupsExplanation, LeftOut, LimitExplanation, ScanExplanation, Taken, Told,
};

/// What an explanation is made from.
pub(crate) struct Parts<'a> {
    /// The prepared plan.
    pub plan: &'a LogicalPlan,
    /// Its scans, in its order.
    pub scans: &'a [Arc<ScanTable>],
    /// The result's columns.
    pub columns: Vec<AnswerColumn>,
    /// What was found worth saying, with places.
    pub diagnostics: Vec<Diagnostic>,
    /// And without.
    pub warnings: Vec<String>,
    /// Scans that joins restricted.
    pub joined: &'a [Joined],
    /// The query's text.
    pub text: &'a str,
}

impl Explanation {
    pub(crate) fn of(parts: Parts<'_>) -> Self {
        let prepared: Vec<(&ScanTable, &Resolved, &Prepared)> = parts
            .scans
            .iter()
            .filter_map(|table| {
                Some((
                    table.as_ref(),
                    table.resolved.as_deref()?,
                    table.prepared()?.as_ref(),
                ))
            })
            .collect();
        let scans: Vec<ScanExplanation> = prepared
            .iter()
            .enumerate()
            .map(|(position, (table, resolved, scan))| ScanExplanation {
                number: position + 1,
                table: resolved.table.name.clone(),
                source: match &resolved.provider {
                    Provider::Plugin(source) => Some(source.name.clone()),
                    Provider::Declared => None,
                },
                span: table.site,
                arguments: resolved.arguments.iter().map(argument).collect(),
                clusters: clusters(table, &scan.scope, &parts),
                columns: columns(table, scan),
                filters: scan
                    .offered
                    .iter()
                    .map(|(_, bare)| filter(bare, resolved, scan))
                    .collect(),
                limit: limit(resolved, scan),
                groups: groups(resolved, scan),
                shared_with: shared(position, &prepared),
                asks: asks(&scan.targets),
            })
            .collect();
        let fetches = prepared.iter().flat_map(|(_, _, scan)| &scan.targets);
        let cost = total(fetches.map(|target| &target.fetch));
        let here = tree::lines(parts.plan, &|number, table| format!("{table} ({number})"));
        Self {
            scans,
            cost,
            here,
            columns: parts.columns,
            diagnostics: parts.diagnostics,
            warnings: parts.warnings,
        }
    }
}

fn argument(argument: &types::Argument) -> ArgumentExplanation {
    use types::{ArgumentValue, Literal, TextPart};
    let literal = |literal: &Literal| match literal {
        Literal::Null => "null".to_owned(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Int64(value) => value.to_string(),
        Literal::Uint64(value) => value.to_string(),
        Literal::Float64(value) => value.to_string(),
        Literal::Utf8(value) | Literal::Decimal(value) => format!("{value:?}"),
        Literal::Binary(bytes) => format!("{} bytes", bytes.len()),
        Literal::TimestampNs(at) => trawl_plan::time_text::format_datetime(*at),
        Literal::DurationNs(span) => trawl_plan::time_text::format_timespan(*span),
    };
    ArgumentExplanation {
        name: argument.name.clone(),
        value: match &argument.value {
            ArgumentValue::Scalar(value) => literal(value),
            ArgumentValue::Template(parts) => parts
                .iter()
                .map(|part| match part {
                    TextPart::Text(text) => text.clone(),
                    TextPart::Bound(value) => format!("@{{{}}}", literal(value)),
                })
                .collect(),
        },
    }
}

fn clusters(table: &ScanTable, scope: &Scope, parts: &Parts<'_>) -> ClustersExplanation {
    let left_out = scope.reasons.iter().map(|reason| {
        let by_join = reason.clusters.as_ref().and_then(|names| {
            let names: ClusterSet = names.iter().cloned().collect();
            let mut own = parts
                .joined
                .iter()
                .filter(|joined| joined.site == table.site);
            own.find(|joined| joined.clusters == names)
        });
        LeftOut {
            by: match by_join {
                Some(joined) => {
                    let (line, _) = trawl_lang::line_column(parts.text, joined.join.start);
                    format!("the other side of the join in line {line}: {}", reason.text)
                }
                None => reason.text.clone(),
            },
            clusters: reason.left_out.clone(),
        }
    });
    ClustersExplanation {
        asked: scope.clusters.clone(),
        of: scope.of,
        left_out: left_out.collect(),
    }
}

fn columns(table: &ScanTable, scan: &Prepared) -> Vec<ColumnExplanation> {
    let own = scan
        .columns
        .iter()
        .filter(|name| !virtuals::is_virtual(name));
    own.filter_map(|name| {
        let (_, ty) = table
            .columns
            .iter()
            .find(|(column, _)| column.name == *name)?;
        Some(ColumnExplanation {
            name: words::column(name),
            ty: ty.outline(),
        })
    })
    .collect()
}

fn filter(
    bare: &datafusion::logical_expr::Expr,
    resolved: &Resolved,
    scan: &Prepared,
) -> FilterExplanation {
    let planned = || {
        scan.targets
            .iter()
            .map(|target| &target.fetch)
            .filter(|fetch| fetch.plan.is_ok())
    };
    let pushed = least(planned().map(|fetch| fetch.pushed(bare)));
    let why = (pushed == Taken::No).then(|| {
        let offered =
            |fetch: &Arc<Fetch>| fetch.offered.iter().find(|(own, _)| own == bare).cloned();
        match planned().next().map(offered) {
            None => None,
            Some(None) => Some("another part of the query needs the rows without it".to_owned()),
            Some(Some((_, None))) => Some("no source can be asked this".to_owned()),
            Some(Some((_, Some(_)))) => cannot(resolved, "filter by it"),
        }
    });
    FilterExplanation {
        condition: words::condition(bare),
        pushed,
        why: why.flatten(),
    }
}

fn limit(resolved: &Resolved, scan: &Prepared) -> Option<LimitExplanation> {
    let cut = scan.cut.as_ref()?;
    let planned = scan
        .targets
        .iter()
        .filter_map(|target| target.fetch.plan.as_ref().ok());
    let pushed = least(planned.map(|plan| plan.limit));
    let ordered = scan
        .targets
        .iter()
        .any(|target| !target.fetch.request.sort.is_empty());
    let refused = pushed == Taken::No && ordered;
    Some(LimitExplanation {
        rows: cut.rows,
        by: cut.order.clone(),
        pushed,
        why: refused
            .then(|| refusal(resolved, scan, "sort by it"))
            .flatten(),
    })
}

fn groups(resolved: &Resolved, scan: &Prepared) -> Option<GroupsExplanation> {
    let grouped = scan.grouped.as_ref()?;
    Some(GroupsExplanation {
        calls: grouped.calls.clone(),
        by: grouped.by.clone(),
        pushed: if grouped.taken {
            Taken::Exact
        } else {
            Taken::No
        },
        why: (!grouped.taken)
            .then(|| refusal(resolved, scan, "group by it"))
            .flatten(),
    })
}

/// Why not all connections of a source do something that they can only do when they apply all conditions.
fn refusal(resolved: &Resolved, scan: &Prepared, what: &str) -> Option<String> {
    let all_exact = scan
        .offered
        .iter()
        .all(|(_, condition)| scan.is_exact(condition));
    if all_exact {
        cannot(resolved, what)
    } else {
        Some("a condition is checked here".to_owned())
    }
}

/// That not all connections of a source do something that they were offered.
fn cannot(resolved: &Resolved, what: &str) -> Option<String> {
    match &resolved.provider {
        Provider::Plugin(source) => Some(format!("{} cannot {what}", source.name)),
        Provider::Declared => None,
    }
}

/// What can be counted on when sources take something in these ways.
fn least(pushed: impl Iterator<Item = Pushed>) -> Taken {
    pushed
        .map(|pushed| match pushed {
            Pushed::Exact => Taken::Exact,
            Pushed::Inexact => Taken::Inexact,
            Pushed::NotPushed => Taken::No,
        })
        .reduce(|a, b| match (a, b) {
            (Taken::Exact, Taken::Exact) => Taken::Exact,
            (Taken::No, _) | (_, Taken::No) => Taken::No,
            _ => Taken::Inexact,
        })
        .unwrap_or(Taken::No)
}

fn shared(position: usize, scans: &[(&ScanTable, &Resolved, &Prepared)]) -> Vec<usize> {
    let Some((_, _, own)) = scans.get(position) else {
        return Vec::new();
    };
    let of_own = |target: &TargetScan| {
        own.targets
            .iter()
            .any(|own| Arc::ptr_eq(&own.fetch, &target.fetch))
    };
    scans
        .iter()
        .enumerate()
        .filter(|(other, (_, _, scan))| *other != position && scan.targets.iter().any(of_own))
        .map(|(other, _)| other + 1)
        .collect()
}

fn asks(targets: &[TargetScan]) -> Vec<AskExplanation> {
    let mut asks: Vec<AskExplanation> = Vec::new();
    for fetch in targets.iter().map(|target| &target.fetch) {
        let connection = fetch.record.connection.clone();
        let (request, error) = match &fetch.plan {
            Ok(plan) => (fetch.record.explained(&plan.explain), fetch.refused.clone()),
            Err(error) => (String::new(), Some(error.clone())),
        };
        let (cost, of_clusters) = (cost(fetch), fetch.record.cluster.is_some());
        let known = asks.iter_mut().find(|ask| {
            (&ask.request, &ask.error, &ask.cost, ask.of_clusters)
                == (&request, &error, &cost, of_clusters)
        });
        match known {
            Some(ask) => ask.connections.push(connection),
            None => asks.push(AskExplanation {
                connections: vec![connection],
                request,
                cost,
                error,
                of_clusters,
            }),
        }
    }
    asks
}

/// What the remote will charge for a fetch.
fn cost(fetch: &Fetch) -> Option<Cost> {
    let plan = fetch.plan.as_ref().ok()?;
    plan.cost.as_ref().map(Cost::from)
}

/// What the remotes will charge for some fetches, each counted once; none when none of them charges.
fn total<'a>(fetches: impl Iterator<Item = &'a Arc<Fetch>>) -> Option<Cost> {
    let mut counted: Vec<*const Fetch> = Vec::new();
    let mut total: Option<Cost> = None;
    for fetch in fetches {
        if let Some(cost) = cost(fetch)
            && !counted.contains(&Arc::as_ptr(fetch))
        {
            counted.push(Arc::as_ptr(fetch));
            total.get_or_insert_default().add(&cost);
        }
    }
    total
}
