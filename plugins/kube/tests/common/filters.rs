//! Owns the writing of filters for requests; refuses to send them.
#![allow(dead_code, reason = "each test crate uses its part")]

use trawl_sdk::schema::Type;
use trawl_sdk::types::{CompareExpr, CompareOp, Expr, InSetExpr, Literal, ScanRequest};

use super::path;

/// Adds `where column op literal`.
pub fn and(mut request: ScanRequest, column: &str, op: CompareOp, literal: Literal) -> ScanRequest {
    let of = match literal {
        Literal::Boolean(_) => Type::Bool,
        Literal::TimestampNs(_) => Type::Timestamp,
        _ => Type::Utf8,
    };
    let at = u32::try_from(request.filters.nodes.len()).unwrap();
    request.filters.nodes.extend([
        Expr::ColumnRef(u32::try_from(request.refs.len()).unwrap()),
        Expr::Value(literal),
        Expr::Compare(CompareExpr {
            op,
            left: at,
            right: at + 1,
        }),
    ]);
    request.filters.roots.push(at + 2);
    request.refs.push(path(column, of));
    request
}

/// Adds `where column == "value"`.
pub fn eq(request: ScanRequest, column: &str, value: &str) -> ScanRequest {
    and(request, column, CompareOp::Eq, Literal::Utf8(value.into()))
}

/// Adds `where column in (values)`.
pub fn within(mut request: ScanRequest, column: &str, values: &[&str]) -> ScanRequest {
    let at = u32::try_from(request.filters.nodes.len()).unwrap();
    request.filters.nodes.extend([
        Expr::ColumnRef(u32::try_from(request.refs.len()).unwrap()),
        Expr::InSet(InSetExpr {
            value: at,
            items: values.iter().map(|&v| Literal::Utf8(v.into())).collect(),
            negated: false,
        }),
    ]);
    request.filters.roots.push(at + 1);
    request.refs.push(path(column, Type::Utf8));
    request
}

/// Adds `where timestamp op time`.
pub fn at(request: ScanRequest, op: CompareOp, time: i64) -> ScanRequest {
    and(request, "timestamp", op, Literal::TimestampNs(time))
}
