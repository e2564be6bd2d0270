//! The namespaces whose rows a caller sees: a condition of each scan, and a second look at what comes out. Owns what becomes of tables
//! whose rows name no namespace; refuses partial results, at which nobody could look again.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Expr, lit};
use trawl_lang::ast::TextOp;
use trawl_plan::kernels::call;
use trawl_plan::kernels::text::TextMatch;

use crate::context::QueryContext;
use crate::record::Record;
use crate::schema::SourceColumn;
use crate::scope::Scope;
use crate::scoped::{NAMESPACE, namespace_column};

/// The namespaces of a scope.
#[derive(Debug, Clone)]
pub struct Namespaces {
    scope: Arc<Scope>,
}

/// The namespaces that rows of a table with these columns must be of; none where the caller sees all, or where the scope has the
/// table by its own name (`is_named`) and its rows name no namespace.
///
/// # Errors
/// When the caller does not see the table.
pub fn of_rows(
    columns: &[SourceColumn],
    is_named: bool,
    context: &QueryContext,
) -> std::result::Result<Option<Namespaces>, ()> {
    let scope = &context.scope;
    match (&scope.namespaces, namespace_column(columns)) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Ok(Some(Namespaces {
            scope: Arc::clone(scope),
        })),
        (Some(_), None) if is_named => Ok(None),
        (Some(_), None) => Err(()),
    }
}

impl Namespaces {
    /// It as a condition that a source can be asked, with the bare column name. Rows are looked at again here whatever the source
    /// makes of it; a source that cannot be asked is not asked for a limit either, which would count rows of others.
    pub fn condition(&self) -> Expr {
        let globs = self.scope.namespaces.as_deref().unwrap_or_default();
        let column = Expr::Column(Column::from_name(NAMESPACE));
        let is_glob = |glob: &String| glob.contains(['*', '?']);
        if globs.iter().any(is_glob) {
            let pattern = globs.iter().map(|glob| pattern(glob));
            let pattern = format!("^({})$", pattern.collect::<Vec<_>>().join("|"));
            let matches = TextMatch {
                op: TextOp::MatchesRegex,
                ignore_case: false,
            };
            return call(matches, vec![column, lit(pattern)]);
        }
        let names = globs.iter().map(|name| lit(name.as_str())).collect();
        Expr::InList(InList::new(Box::new(column), names, false))
    }

    /// The rows of a batch that are of one of them, by this column; what is left out is counted and not told.
    ///
    /// # Errors
    /// When the batch has no text at this column: our bug, the host holds plugins to what was asked.
    pub fn seen(&self, batch: RecordBatch, column: usize, record: &Record) -> Result<RecordBatch> {
        let names = batch.columns().get(column).ok_or_else(|| {
            DataFusionError::Internal("rows that name their namespaces lack the column".to_owned())
        })?;
        let names = cast(names, &DataType::Utf8)?;
        let keep: BooleanArray = names
            .as_string::<i32>()
            .iter()
            .map(|name| Some(name.is_some_and(|name| self.scope.sees_namespace(name))))
            .collect();
        let hidden = keep.len() - keep.true_count();
        if hidden == 0 {
            return Ok(batch);
        }
        record.hidden(u64::try_from(hidden).unwrap_or(u64::MAX));
        Ok(filter_record_batch(&batch, &keep)?)
    }
}

/// A glob as a regular expression.
fn pattern(glob: &str) -> String {
    let mut pattern = String::with_capacity(glob.len());
    for character in glob.chars() {
        match character {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            '\\' | '.' | '+' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                pattern.push('\\');
                pattern.push(character);
            }
            other => pattern.push(other),
        }
    }
    pattern
}
