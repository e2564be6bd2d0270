//! Binding: names to columns, types checked, operators to plan nodes. Owns the `Binder`, the walk, and what
//! several operators need; each operator has its file in `operators/`.

mod carried;
mod declared;
mod filter;
mod group;
mod items;
pub(crate) mod lets;
mod membership;
mod mistakes;
mod order;
mod root;
mod source;
mod unmatched;
mod values;

pub(crate) use carried::Carried;
pub(crate) use declared::declared_type;
pub(crate) use items::{distinct_names, implied_name, item_name};
pub(crate) use membership::{Membership, Test};
pub(crate) use order::{never_constant, order_key};
pub use unmatched::{Effect, Unmatched};

use std::collections::{BTreeMap, BTreeSet};

use datafusion_common::DataFusionError;
use datafusion_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use trawl_lang::Diagnostic;
use trawl_lang::ast;
use trawl_lang::span::Span;

use crate::catalog::{Catalog, ClusterSet, Fleet};
use crate::expr::{Bound, Result};
use crate::limits;
use crate::operators::{MakeSeries, misplaced_render};
use crate::paths::PathUses;
use crate::relation::{Relation, ScanId};
use crate::value::Value;

/// A scan that a join restricted to the clusters of its other side.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// Where the scan's table is named.
    pub site: Span,
    /// Where the join stands.
    pub join: Span,
    /// The clusters that are left.
    pub clusters: ClusterSet,
}

/// One walk over a query text.
pub struct Binder<'a> {
    pub(crate) catalog: &'a dyn Catalog,
    pub(crate) fleet: &'a dyn Fleet,
    /// Paths that this walk meets.
    pub(crate) paths: PathUses,
    /// Paths that an earlier walk met: scans put them out as columns.
    known_paths: PathUses,
    /// Parameters and scalar `let`s: expressions over no row.
    scalars: BTreeMap<String, Bound>,
    lets: &'a [ast::Let],
    /// How many of `lets` are visible: a `let` sees those before it, so that none can refer to itself.
    visible_lets: usize,
    told: mistakes::Told,
    /// Whether what is being bound has to do with something that is wrong and was told.
    pub(crate) tainted: bool,
    /// Columns of the plan that stand for what is wrong.
    pub(crate) wrong: BTreeSet<String>,
    /// Scalar `let`s that are wrong.
    wrong_scalars: BTreeSet<String>,
    /// Names of the items before the one being bound, of the same operator.
    pub(crate) siblings: Vec<String>,
    /// Positions of the `let`s that are tables and were bound.
    bound_lets: BTreeSet<usize>,
    /// Where each scan's table is named.
    pub(crate) sites: Vec<(ScanId, Span)>,
    /// Scans that joins restricted.
    pub(crate) joined: Vec<Joined>,
    /// Sides of joins that are missed where they are incomplete.
    pub(crate) unmatched: Vec<Unmatched>,
    names: usize,
    /// Operators bound so far.
    operators: usize,
    scans: ScanId,
    /// The sets that are queries of the `where` being bound; none outside a `where`.
    pub(crate) memberships: Option<Vec<Membership>>,
    /// The table that each scan reads, for messages.
    pub(crate) scan_tables: BTreeMap<ScanId, String>,
    now: i64,
}

impl<'a> Binder<'a> {
    /// A binder for one file.
    pub fn new(
        file: &'a ast::File,
        scalars: BTreeMap<String, Value>,
        known_paths: PathUses,
        catalog: &'a dyn Catalog,
        fleet: &'a dyn Fleet,
        now: i64,
    ) -> Self {
        Self {
            catalog,
            fleet,
            paths: PathUses::default(),
            known_paths,
            scalars: scalars
                .into_iter()
                .map(|(name, value)| (name, Bound::constant(value, Span::default())))
                .collect(),
            lets: &file.lets,
            visible_lets: file.lets.len(),
            told: mistakes::Told::default(),
            tainted: false,
            wrong: BTreeSet::new(),
            wrong_scalars: BTreeSet::new(),
            siblings: Vec::new(),
            bound_lets: BTreeSet::new(),
            sites: Vec::new(),
            joined: Vec::new(),
            unmatched: Vec::new(),
            names: 0,
            operators: 0,
            scans: 0,
            memberships: None,
            scan_tables: BTreeMap::new(),
            now,
        }
    }

    /// Binds a query: its source, then its operators.
    ///
    /// # Errors
    /// A mistake that leaves nothing to bind later operators against; it is reported already, as those before it are.
    pub fn query(&mut self, query: &ast::Query) -> Result<Relation> {
        self.piped(&query.source, &query.ops)
    }

    pub(crate) fn piped(&mut self, source: &ast::Source, ops: &[ast::Op]) -> Result<Relation> {
        let outer = std::mem::replace(&mut self.tainted, false);
        let mut relation = self.source(source);
        for op in ops {
            let Ok(input) = relation else { break };
            self.tainted = false;
            relation = self.operator(input, op);
        }
        let tainted = std::mem::replace(&mut self.tainted, outer);
        if let Err(error) = &relation {
            if !tainted {
                self.report((**error).clone());
            }
            self.tainted = true;
        }
        relation
    }

    fn operator(&mut self, input: Relation, op: &ast::Op) -> Result<Relation> {
        use ast::OpKind as K;
        self.operators += 1;
        if self.operators > limits::PLANNED_OPERATORS {
            return Err(Diagnostic::error(
                "Q0215",
                format!(
                    "the query has more than {} operators, its `let`s counted at each use",
                    limits::PLANNED_OPERATORS
                ),
            )
            .label(op.span, "this is one too many")
            .help("use a `let` less often, or cut the query in two")
            .into());
        }
        match &op.kind {
            K::Where(predicate) => self.filter(input, predicate),
            K::Extend(items) => self.extend(input, items),
            K::Project(items) => self.project(input, items),
            K::ProjectAway(names) => self.project_away(input, names),
            K::ProjectRename(pairs) => self.project_rename(input, pairs),
            K::Summarize { items, by } => self.summarize(input, items, by),
            K::Count => self.count(input, op.span),
            K::Distinct(items) => self.distinct(input, items, op.span),
            K::Sort(keys) => self.sort(input, keys),
            K::Take(count) => self.take(input, count),
            K::Top { count, by } => self.top(input, count, by),
            K::Join { kind, tail } => self.join(input, kind.as_ref(), tail, op),
            K::GetSchema => self.getschema(&input, op.span),
            K::Lookup(tail) => self.lookup(input, tail, op),
            K::Union(branches) => self.union(input, branches, op.span),
            K::MakeSeries {
                series,
                on,
                from,
                to,
                step,
                by,
            } => {
                let parts = MakeSeries {
                    series,
                    on,
                    from,
                    to,
                    step,
                    by,
                    span: op.span,
                };
                self.make_series(input, &parts)
            }
            K::MvExpand { kind, item } => self.mv_expand(input, kind.as_ref(), item, op.span),
            K::Parse { expr, pattern } => self.parse(input, expr, pattern, op.span),
            K::Render { .. } => {
                self.report(*misplaced_render(op));
                Ok(input)
            }
        }
    }

    /// Adds computed columns to a plan; the others stay. Unused ones are pruned by the optimizer.
    pub(crate) fn with_columns(
        &self,
        plan: LogicalPlan,
        computed: Vec<(Expr, String)>,
        span: Span,
    ) -> Result<LogicalPlan> {
        if computed.is_empty() {
            return Ok(plan);
        }
        let kept = plan.schema().columns().into_iter().map(Expr::Column);
        let exprs: Vec<Expr> = kept
            .chain(computed.into_iter().map(|(expr, name)| expr.alias(name)))
            .collect();
        self.built(LogicalPlanBuilder::from(plan).project(exprs), span)
    }

    /// Finishes a plan node.
    pub(crate) fn built(
        &self,
        builder: std::result::Result<LogicalPlanBuilder, DataFusionError>,
        span: Span,
    ) -> Result<LogicalPlan> {
        builder
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.bug(&error, span))
    }

    /// DataFusion refused what our own checks let through.
    pub(crate) fn bug(&self, error: &DataFusionError, span: Span) -> Box<Diagnostic> {
        let message = error.strip_backtrace();
        Diagnostic::error(
            crate::BUG_CODE,
            format!("this could not be planned: {message}"),
        )
        .label(span, "while planning this")
        .help("this is a bug in trawl: please report the query")
        .into()
    }

    /// The number of the next scan. Both walks meet the scans in the same order, so that a number means the same in both.
    pub(crate) fn next_scan(&mut self) -> ScanId {
        self.scans += 1;
        self.scans
    }

    /// A name that no other column or scan of the plan has.
    pub(crate) fn unique(&mut self, name: &str) -> String {
        self.names += 1;
        format!("{name}#{}", self.names)
    }

    /// The query's `now()`, in nanoseconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// Scans that joins restricted to the clusters of their other sides.
    pub fn take_joined(&mut self) -> Vec<Joined> {
        std::mem::take(&mut self.joined)
    }

    /// The paths that were met.
    pub fn take_paths(&mut self) -> PathUses {
        std::mem::take(&mut self.paths)
    }
}
