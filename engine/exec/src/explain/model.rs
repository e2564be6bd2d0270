//! An explanation as data: what the doors give out. Owns the JSON form (see `docs/results.md`).

use serde::Serialize;
use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::answer::AnswerColumn;
use crate::budget::Cost;
use crate::completeness::TargetError;

/// What a query would do.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Explanation {
    /// Each place of the query that reads a table, in the order of the plan.
    pub scans: Vec<ScanExplanation>,
    /// What the remotes will charge for all of it, where some do; what several scans share counts once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// What runs here, a step a line, in the manner of the language.
    pub here: Vec<String>,
    /// The columns of the result.
    pub columns: Vec<AnswerColumn>,
    /// What parser and planner found worth saying, with places in the text.
    #[schema(value_type = Vec<crate::shapes::Diagnostic>)]
    pub diagnostics: Vec<Diagnostic>,
    /// What is worth saying besides.
    pub warnings: Vec<String>,
}

/// How many of the targets could say what they would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// All of them, also where there are none.
    All,
    /// Some of them.
    Some,
    /// None of them.
    None,
}

impl Explanation {
    /// How many of the targets could say what they would do; why the others could not is in [`AskExplanation::error`].
    pub fn told(&self) -> Told {
        let asks = || self.scans.iter().flat_map(|scan| &scan.asks);
        if asks().all(|ask| ask.error.is_none()) {
            Told::All
        } else if asks().all(|ask| ask.error.is_some()) {
            Told::None
        } else {
            Told::Some
        }
    }
}

/// A place of the query that reads a table.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ScanExplanation {
    /// Its number, from 1.
    pub number: usize,
    /// The table.
    pub table: String,
    /// The plugin that gives it; none when it is only declared.
    pub source: Option<String>,
    /// Where the table's name stands in the text.
    #[schema(value_type = crate::shapes::Span)]
    pub span: Span,
    /// Arguments.
    pub arguments: Vec<ArgumentExplanation>,
    /// Which clusters are asked.
    pub clusters: ClustersExplanation,
    /// What is asked for beside the columns that say where a row comes from.
    pub columns: Vec<ColumnExplanation>,
    /// The query's conditions on its rows, and who checks them.
    pub filters: Vec<FilterExplanation>,
    /// Rows that are wanted at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitExplanation>,
    /// The groups that the sources were offered to make of their rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupsExplanation>,
    /// Numbers of other scans whose rows are fetched together with these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_with: Vec<usize>,
    /// What the connections are asked, in the plugin's words, equal ones together.
    pub asks: Vec<AskExplanation>,
}

/// An argument of a table.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ArgumentExplanation {
    /// Its name.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// The clusters of a scan.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ClustersExplanation {
    /// Those that are asked.
    pub asked: Vec<String>,
    /// Clusters of the inventory.
    pub of: usize,
    /// Why the others are not.
    pub left_out: Vec<LeftOut>,
}

/// Clusters that are not asked.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LeftOut {
    /// What leaves them out.
    pub by: String,
    /// Their names.
    pub clusters: Vec<String>,
}

/// A column that a source is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ColumnExplanation {
    /// Its name, or the path below a column: `status.phase`.
    pub name: String,
    /// As what.
    #[serde(rename = "type")]
    pub ty: String,
}

/// How a source takes a condition or a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Taken {
    /// The source applies it; it is not checked again.
    Exact,
    /// The source leaves out some of what does not match; it is checked again here.
    Inexact,
    /// It is applied here alone.
    No,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FilterExplanation {
    /// In the query's words.
    pub condition: String,
    /// How the sources take it: the least of what they say.
    pub pushed: Taken,
    /// Why no source takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Rows that are wanted at most.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LimitExplanation {
    /// How many.
    pub rows: u64,
    /// The order that decides which; empty for any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Whether the sources stop there by themselves.
    pub pushed: Taken,
    /// Why no source does, where they were asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Groups of rows.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct GroupsExplanation {
    /// What is computed of each.
    pub calls: Vec<String>,
    /// Their keys; without one all rows are one group.
    pub by: Vec<String>,
    /// `exact`: the sources give partial results, which are merged; `no`: they give rows.
    pub pushed: Taken,
    /// Why they give rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What connections are asked.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AskExplanation {
    /// Which.
    pub connections: Vec<String>,
    /// What, in the plugin's words.
    pub request: String,
    /// What the remote will charge each of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Why nothing can be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<TargetError>,
    /// Whether each of the connections is one cluster's.
    #[serde(skip)]
    pub of_clusters: bool,
}
