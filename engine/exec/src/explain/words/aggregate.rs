//! Calls of aggregates in the query's words, those included that merge partial results. Plain expressions are its parent's.

use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::AggregateFunction;

use super::text;

/// The call as a query writes it.
pub(super) fn words(function: &AggregateFunction) -> String {
    let params = &function.params;
    // `countif` counts a value that only the rows have of which its condition is true.
    if let ("count", [Expr::Case(case)]) = (function.func.name(), params.args.as_slice())
        && let ([(condition, _)], None) = (case.when_then_expr.as_slice(), &case.else_expr)
    {
        return format!("countif({})", text(condition));
    }
    let args: Vec<String> = match params.args.as_slice() {
        [Expr::Literal(..)] => Vec::new(),
        args => args.iter().map(text).collect(),
    };
    // The value of the row whose key comes first: of the key itself that is the least or the greatest.
    if let ("first_value", [key]) = (function.func.name(), params.order_by.as_slice()) {
        let key_text = text(&key.expr);
        return match (args.first() == Some(&key_text), key.asc) {
            (true, true) => format!("min({key_text})"),
            (true, false) => format!("max({key_text})"),
            (false, true) => format!("arg_min({key_text}, {})", args.join(", ")),
            (false, false) => format!("arg_max({key_text}, {})", args.join(", ")),
        };
    }
    // What sums and counts of parts are together the mean of.
    if let ("partial_mean", [sums, counts]) = (function.func.name(), args.as_slice()) {
        return format!("sum({sums}) / sum({counts})");
    }
    let name = match (function.func.name(), params.distinct) {
        ("count", true) => "dcount",
        ("array_agg", true) => "make_set",
        ("array_agg", false) => "make_list",
        ("first_value", _) => "take_any",
        ("total" | "partial_count", _) => "sum",
        ("mean", _) => "avg",
        (own, _) => own,
    };
    format!("{name}({})", args.join(", "))
}
