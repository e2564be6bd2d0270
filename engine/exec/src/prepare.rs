//! The second step of pushdown, between optimisation and execution: each connection's plugin says what it takes, and what all
//! of them take exactly is not checked again.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::source_as_provider;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{FetchType, Filter, LogicalPlan, SkipType, TableScan};
use trawl_fleet::Cluster;
use trawl_host::types::{Pushed, ScanPlan, ScanRequest};
use trawl_host::{Connection, ScanContext, types};
use trawl_plan::virtuals;

use crate::completeness::{Record, TargetError};
use crate::context::QueryContext;
use crate::error::Error;
use crate::fleet::{self, Place};
use crate::limits;
use crate::pushdown::{self, Translation};
use crate::sources::Link;
use crate::table::{ScanTable, is_virtual};

/// A scan, ready to run on every target.
#[derive(Debug)]
pub struct Prepared {
    /// The targets that answered `plan`.
    pub targets: Vec<TargetScan>,
    /// What the query's scans share.
    pub context: Arc<QueryContext>,
    /// Filters that no target needs checked again.
    exact: Vec<datafusion::logical_expr::Expr>,
}

/// A scan of one connection.
pub struct TargetScan {
    /// Where to.
    pub connection: Connection,
    /// Where its rows come from.
    pub place: Place,
    /// What is asked.
    pub request: ScanRequest,
    /// How the plugin will answer.
    pub plan: ScanPlan,
    /// What becomes of it.
    pub record: Arc<Record>,
}

impl std::fmt::Debug for TargetScan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TargetScan")
            .field("connection", &self.connection.name())
            .field("place", &self.place)
            .field("plan", &self.plan.explain)
            .finish_non_exhaustive()
    }
}

/// Prepares every scan of an optimised plan and drops the filters that need no second check.
///
/// # Errors
/// When the query has more targets than one query may have, or asks what a plugin cannot plan anywhere.
pub async fn prepare(plan: LogicalPlan) -> std::result::Result<LogicalPlan, Error> {
    let mut sites = Vec::new();
    collect(&plan, None, &mut sites)?;
    let prepared = futures::future::join_all(sites.iter().map(Site::prepare)).await;
    for (site, prepared) in sites.iter().zip(prepared) {
        site.table()?.set_prepared(prepared?);
    }
    Ok(plan
        .transform_up(|node| Ok(drop_exact(node)))
        .map_err(Error::from)?
        .data)
}

/// A scan of the plan with what stands directly above it.
struct Site {
    scan: TableScan,
    provider: Arc<dyn datafusion::datasource::TableProvider>,
    limit: Option<u64>,
}

/// Walks down to the scans, carrying a limit as long as no operator between changes the number of rows.
fn collect(plan: &LogicalPlan, limit: Option<u64>, sites: &mut Vec<Site>) -> Result<()> {
    let below = match plan {
        LogicalPlan::Limit(node) => match (node.get_skip_type()?, node.get_fetch_type()?) {
            (SkipType::Literal(skip), FetchType::Literal(Some(fetch))) => {
                let rows = u64::try_from(skip.saturating_add(fetch)).unwrap_or(u64::MAX);
                Some(limit.map_or(rows, |outer| outer.min(rows)))
            }
            _ => None,
        },
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::Filter(_) => {
            limit
        }
        LogicalPlan::TableScan(scan) => {
            let provider = source_as_provider(&scan.source)?;
            let fetch = scan.fetch.and_then(|fetch| u64::try_from(fetch).ok());
            let limit = limit.into_iter().chain(fetch).min();
            sites.push(Site {
                scan: scan.clone(),
                provider,
                limit,
            });
            return Ok(());
        }
        _ => None,
    };
    // A filter with a condition that the scan was not offered must see all rows.
    let below = match plan {
        LogicalPlan::Filter(filter) if !is_offered(filter) => None,
        _ => below,
    };
    plan.inputs()
        .into_iter()
        .try_for_each(|input| collect(input, below, sites))
}

/// Whether each condition of a filter was offered to the scan beneath it.
fn is_offered(filter: &Filter) -> bool {
    let LogicalPlan::TableScan(scan) = filter.input.as_ref() else {
        return false;
    };
    let offered: HashSet<_> = scan.filters.iter().flat_map(split_conjunction).collect();
    split_conjunction(&filter.predicate)
        .into_iter()
        .all(|condition| offered.contains(condition))
}

impl Site {
    fn table(&self) -> Result<&ScanTable> {
        let provider: &dyn std::any::Any = self.provider.as_ref();
        provider
            .downcast_ref::<ScanTable>()
            .ok_or_else(|| DataFusionError::Internal("a scan of a foreign table".to_owned()))
    }

    async fn prepare(&self) -> std::result::Result<Prepared, Error> {
        let table = self.table()?;
        let Some(resolved) = &table.resolved else {
            return Err(Error::Internal("a scan of an unresolved table".to_owned()));
        };
        let context = &table.context;
        let conjuncts: Vec<_> = self
            .scan
            .filters
            .iter()
            .flat_map(|filter| split_conjunction(filter))
            .cloned()
            .collect();
        let (placed, offered): (Vec<_>, Vec<_>) = conjuncts.into_iter().partition(is_virtual);
        let translation = pushdown::translate(&offered, &|name| table.request_column(name));
        let request = self.request(table, &translation);

        let targets = targets(table, &placed)?;
        let table_name = &resolved.table.name;
        let plans = targets.into_iter().map(|(link, place)| {
            let record = context.record(Record::new(
                place.cluster.clone(),
                link.spec.name.clone(),
                resolved.source.name.clone(),
                table_name.clone(),
            ));
            let request = &request;
            async move {
                let within = ScanContext {
                    deadline: context.plan_deadline(),
                    stats: Arc::clone(&record.stats),
                };
                let planned = link.connection.within(within).plan(request).await;
                (link.connection.clone(), place, record, planned)
            }
        });
        let mut ready: Vec<TargetScan> = Vec::new();
        for (connection, place, record, planned) in futures::future::join_all(plans).await {
            match planned {
                Ok(plan) => {
                    record.partitions(plan.partitions.len());
                    ready.push(TargetScan {
                        connection,
                        place,
                        request: request.clone(),
                        plan,
                        record,
                    });
                }
                Err(error) => record.fail(TargetError::from(&error)),
            }
        }
        let exact = offered
            .iter()
            .zip(&translation.roots)
            .filter(|(_, root)| {
                root.is_some_and(|root| ready.iter().all(|target| is_exact(&target.plan, root)))
            })
            .map(|(filter, _)| filter.clone())
            .collect();
        Ok(Prepared {
            targets: ready,
            context: Arc::clone(context),
            exact,
        })
    }

    fn request(&self, table: &ScanTable, translation: &Translation) -> ScanRequest {
        let projection = self.scan.projected_schema.fields().iter();
        let projection = projection
            .filter_map(|field| table.request_column(field.name()))
            .collect();
        // A limit counts only over filters that the source applies; one without a form there spoils it.
        let all_offered = translation.roots.iter().all(Option::is_some);
        ScanRequest {
            table: table
                .resolved
                .as_ref()
                .map(|resolved| resolved.path.clone())
                .unwrap_or_default(),
            arguments: table
                .resolved
                .as_ref()
                .map(|resolved| resolved.arguments.clone())
                .unwrap_or_default(),
            now_ns: table.context.now_ns,
            clusters: Vec::new(),
            projection,
            refs: translation.refs.clone(),
            filters: translation.filters.clone(),
            limit: self.limit.filter(|_| all_offered),
            sort: Vec::new(),
            aggregate: None,
            max_partitions: limits::PARTITIONS_PER_SCAN,
        }
    }
}

fn is_exact(plan: &ScanPlan, root: usize) -> bool {
    plan.filters.get(root) == Some(&Pushed::Exact)
}

/// The connections whose rows the placed filters let through.
fn targets<'a>(
    table: &'a ScanTable,
    placed: &[datafusion::logical_expr::Expr],
) -> std::result::Result<Vec<(&'a Link, Place)>, Error> {
    let Some(resolved) = &table.resolved else {
        return Ok(Vec::new());
    };
    let context = &table.context;
    let in_view = |link: &&'a Link| {
        let mut serves = link.spec.serves.iter();
        serves.any(|name| context.view.cluster(name).is_some())
    };
    let candidates: Vec<_> = resolved
        .source
        .links
        .iter()
        .filter(in_view)
        .map(|link| (link, place(resolved.placement, link, context)))
        .collect();
    let places: Vec<Place> = candidates.iter().map(|(_, place)| place.clone()).collect();
    let bare: Vec<_> = placed.iter().map(unqualified).collect();
    let selected = fleet::select(&places, &bare).map_err(Error::from)?;
    let total = candidates.len();
    let kept: Vec<_> = candidates
        .into_iter()
        .zip(selected)
        .filter(|(_, keep)| *keep)
        .map(|(candidate, _)| candidate)
        .collect();
    context.prune(total - kept.len());
    if kept.len() > limits::TARGETS {
        return Err(Error::Limit(format!(
            "the query would ask {} targets, the limit is {}; name clusters with `where cluster in (…)`",
            kept.len(),
            limits::TARGETS
        )));
    }
    let table = &resolved.table.name;
    match (total, kept.len()) {
        (0, _) => context.warn(format!("no cluster of the query has a connection for `{table}`")),
        (_, 0) => context.warn(format!(
            "what the query says of cluster, region, environment, account or tags leaves none of {total} targets of `{table}`"
        )),
        _ => {}
    }
    Ok(kept)
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

/// The expression with bare column names, as the rows of places have them.
fn unqualified(expr: &datafusion::logical_expr::Expr) -> datafusion::logical_expr::Expr {
    use datafusion::common::Column;
    use datafusion::logical_expr::Expr;
    let bare = expr.clone().transform(|expr| {
        Ok(match expr {
            Expr::Column(column) if virtuals::is_virtual(&column.name) => {
                Transformed::yes(Expr::Column(Column::from_name(column.name)))
            }
            other => Transformed::no(other),
        })
    });
    bare.map_or_else(|_| expr.clone(), |transformed| transformed.data)
}

/// Removes from the filter above a scan what every target takes exactly.
fn drop_exact(node: LogicalPlan) -> Transformed<LogicalPlan> {
    let LogicalPlan::Filter(Filter {
        predicate, input, ..
    }) = &node
    else {
        return Transformed::no(node);
    };
    let LogicalPlan::TableScan(scan) = input.as_ref() else {
        return Transformed::no(node);
    };
    let Ok(provider) = source_as_provider(&scan.source) else {
        return Transformed::no(node);
    };
    let any: &dyn std::any::Any = provider.as_ref();
    let Some(prepared) = any
        .downcast_ref::<ScanTable>()
        .and_then(ScanTable::prepared)
    else {
        return Transformed::no(node);
    };
    let exact: HashSet<_> = prepared.exact.iter().collect();
    let all = split_conjunction(predicate);
    let kept: Vec<_> = all
        .iter()
        .filter(|conjunct| !exact.contains(**conjunct))
        .map(|c| (*c).clone())
        .collect();
    if kept.len() == all.len() {
        return Transformed::no(node);
    }
    match conjunction(kept) {
        None => Transformed::yes(input.as_ref().clone()),
        Some(predicate) => match Filter::try_new(predicate, Arc::clone(input)) {
            Ok(filter) => Transformed::yes(LogicalPlan::Filter(filter)),
            Err(_) => Transformed::no(node),
        },
    }
}
