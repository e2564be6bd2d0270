//! Which columns of a scan an expression over it names: one of the source's, or one that says where a row comes from.

use datafusion::logical_expr::Expr;
use trawl_host::types;
use trawl_plan::{Type, virtuals};

use crate::pushdown;
use crate::table::ScanTable;

/// A column of a source, as a request names it.
pub(super) struct Named {
    /// What to ask for.
    pub(super) column: types::Column,
    /// Type of its values in the language.
    pub(super) ty: Type,
}

/// The source's column that an expression stands for: a column, a path below one or the key of a map. None where a value of the
/// source's and ours could differ.
pub(super) fn source_column(table: &ScanTable, expr: &Expr) -> Option<Named> {
    let column = pushdown::reference(expr, &|name| {
        let column = table.request_column(name)?;
        // Only of texts is it known how the values of a map travel.
        let is_key = !matches!(expr, Expr::Column(_));
        let of_texts = || table.column_type(name) == Some(&Type::Map(Box::new(Type::String)));
        (!is_key || of_texts()).then_some(column)
    })?;
    let [field] = column.output.as_slice() else {
        return None;
    };
    let ty = pushdown::lossless(field)?;
    Some(Named { column, ty })
}

/// The name of the virtual column that an expression stands for. It has one value for all rows of a connection, unless its rows are
/// placed one by one.
pub(super) fn place_column<'a>(table: &ScanTable, expr: &'a Expr) -> Option<&'a str> {
    let Expr::Column(column) = expr else {
        return None;
    };
    let own = table.request_column(&column.name).is_some();
    let is_place = virtuals::is_virtual(&column.name) && !own && !is_placed_by_row(table);
    is_place.then_some(column.name.as_str())
}

/// Whether the rows of one connection can be of different clusters.
pub(super) fn is_placed_by_row(table: &ScanTable) -> bool {
    let resolved = table.resolved.as_deref();
    resolved.is_none_or(|resolved| resolved.placements.some_per_row())
}
