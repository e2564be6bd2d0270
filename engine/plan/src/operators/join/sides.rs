//! The columns of a join: what either side brings, what is merged, and names that may not collide.

use std::sync::Arc;

use datafusion_common::Column as PlanColumn;
use trawl_lang::Diagnostic;
use trawl_lang::ast::{self, Ident, Tail};

use super::kind::Kind;
use crate::expr::Result;
use crate::relation::{BoundColumn, Relation, ScanId};
use crate::types::Type;

/// Whether two columns are the same virtual column of two scans whose clusters the keys equate: what derives from the cluster is
/// the same on both sides and is not brought twice.
pub(super) fn is_twin(
    left: &BoundColumn,
    right: &BoundColumn,
    places: Option<(ScanId, ScanId)>,
) -> bool {
    let origins = left.origin.as_ref().zip(right.origin.as_ref());
    left.name == right.name
        && left.is_virtual()
        && right.is_virtual()
        && origins.is_some_and(|(l, r)| l.column == r.column && Some((l.scan, r.scan)) == places)
}

/// `as d`: the right side as one struct, whose marker column is null where a row has no partner.
pub(super) fn named_side(
    left: &Relation,
    alias: &Ident,
    added: Vec<BoundColumn>,
    marker: String,
    kind: Kind,
) -> Result<BoundColumn> {
    if left.column(&alias.name).is_some() {
        return Err(Diagnostic::error(
            "Q0406",
            format!("the left side has a column `{}`", alias.name),
        )
        .label(alias.span, "the right side cannot be called so")
        .help("choose another name, or rename the column before the join")
        .into());
    }
    let fields = added
        .iter()
        .map(|column| (column.name.clone(), column.ty.clone()))
        .collect();
    Ok(BoundColumn {
        name: alias.name.clone(),
        column: PlanColumn::from_name(marker),
        ty: Type::Struct(fields),
        nullable: kind.right_can_miss(),
        origin: None,
        shape: None,
        parts: Some(Arc::new(added)),
    })
}

/// `as d` where the result has no columns of the right side.
pub(super) fn useless_name(alias: &Ident, kind: &Ident) -> Box<Diagnostic> {
    Diagnostic::error(
        "Q0409",
        format!("`kind={}` gives no columns of the right side", kind.name),
    )
    .label(alias.span, "there is nothing to call so")
    .help(format!("leave out `as {}`", alias.name))
    .into()
}

/// The error for a name on both sides, with the join as it could be written.
pub(super) fn collision(name: &str, left: &Relation, tail: &Tail, op: &ast::Op) -> Box<Diagnostic> {
    let (right, table) = match &tail.right {
        ast::Branch::Table(table) => {
            let path: Vec<_> = table.path.iter().map(|part| part.name.as_str()).collect();
            let arguments = if table.args.is_some() { "(…)" } else { "" };
            (
                format!("{}{arguments}", path.join(".")),
                path.last().copied(),
            )
        }
        ast::Branch::Query(_) => ("(…)".to_owned(), None),
    };
    let operator = match &op.kind {
        ast::OpKind::Lookup(_) => "lookup".to_owned(),
        ast::OpKind::Join {
            kind: Some(kind), ..
        } => format!("join kind={}", kind.name),
        _ => "join".to_owned(),
    };
    let candidates = [table.map(singular), table, Some("right"), Some("other")];
    let alias = candidates
        .into_iter()
        .flatten()
        .find(|candidate| left.column(candidate).is_none())
        .unwrap_or("r");
    Diagnostic::error("Q0402", format!("both join sides have a column `{name}`"))
        .label(op.span, "")
        .help(format!(
            "name the right side, then use `{alias}.{name}`: `{operator} {right} as {alias} on …`"
        ))
        .into()
}

/// `nodes` as `node`: a row of a table is called in the singular. Names that no rule knows stay.
fn singular(table: &str) -> &str {
    match table.strip_suffix('s') {
        Some(stem) if !stem.is_empty() && !stem.ends_with(['s', 'u', 'i', 'e']) => stem,
        Some(stem) if stem.ends_with('e') && !stem.ends_with("se") && !stem.ends_with("ie") => stem,
        _ => table,
    }
}

#[cfg(test)]
mod tests {
    use super::singular;

    #[test]
    fn a_row_is_called_in_the_singular() {
        for (table, row) in [
            ("nodes", "node"),
            ("pods", "pod"),
            ("namespaces", "namespace"),
            ("ingresses", "ingresses"),
            ("policies", "policies"),
            ("status", "status"),
            ("prometheus", "prometheus"),
            ("s", "s"),
        ] {
            assert_eq!(singular(table), row);
        }
    }
}
