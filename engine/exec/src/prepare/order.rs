//! The order of a `top` that sources can be offered: its keys as columns of the scan beneath. Refuses keys that are computed.

use datafusion::logical_expr::expr::Sort as Key;
use datafusion::logical_expr::{Expr, Sort};
use trawl_plan::{Type, nan_to_null};

use super::named::{place_column, source_column};
use super::site::scan_table;
use super::trace;
use crate::pushdown::SortBy;

/// An order, as far as it is known of the scan beneath.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Order {
    /// Its keys over the scan's columns, else over those of the operator beneath.
    pub(super) keys: Vec<Key>,
    /// What the scan's sources are offered; empty where they are not.
    pub(super) offered: Vec<SortBy>,
}

/// The order of a sort.
pub(super) fn of(sort: &Sort) -> Order {
    let unknown = || Order {
        keys: sort.expr.clone(),
        offered: Vec::new(),
    };
    let exprs = sort.expr.iter().map(|key| key.expr.clone()).collect();
    let Some((scan, exprs)) = trace::to_scan(&sort.input, exprs) else {
        return unknown();
    };
    let keys: Vec<Key> = sort
        .expr
        .iter()
        .zip(exprs)
        .map(|(key, expr)| Key {
            expr,
            ..key.clone()
        })
        .collect();
    let Ok(table) = scan_table(scan) else {
        return unknown();
    };
    let column = |expr: &Expr| source_column(&table, expr);
    let mut offered: Vec<SortBy> = Vec::new();
    let mut rest = keys.as_slice();
    while let Some((key, behind)) = rest.split_first() {
        rest = behind;
        // All rows of a connection have the same place: it decides nothing among them.
        if place_column(&table, &key.expr).is_some() {
            continue;
        }
        let by = match column(&key.expr) {
            Some(named) if named.ty != Type::Real => SortBy {
                column: named.column,
                descending: !key.asc,
                nulls_first: key.nulls_first,
            },
            _ => {
                let real = ordered_real(&key.expr).filter(|_| !key.nulls_first);
                let Some((real, named)) = real.and_then(|real| Some((real, column(real)?))) else {
                    return Order {
                        keys,
                        offered: Vec::new(),
                    };
                };
                // The second key of a real puts NaN before null, where the contract has it.
                if let Some((second, behind)) = rest.split_first()
                    && matches!(&second.expr, Expr::IsNull(of) if of.as_ref() == real)
                    && second.asc
                {
                    rest = behind;
                }
                SortBy {
                    column: named.column,
                    descending: !key.asc,
                    nulls_first: false,
                }
            }
        };
        offered.push(by);
    }
    Order { keys, offered }
}

/// The column of reals that an expression has with NaN as null.
pub(super) fn ordered_real(expr: &Expr) -> Option<&Expr> {
    let Expr::Case(case) = expr else {
        return None;
    };
    let [(is_nan, _)] = case.when_then_expr.as_slice() else {
        return None;
    };
    let Expr::ScalarFunction(is_nan) = is_nan.as_ref() else {
        return None;
    };
    let [of] = is_nan.args.as_slice() else {
        return None;
    };
    (*expr == nan_to_null(of.clone(), &Type::Real)).then_some(of)
}
