//! Tests of parameters: what each rule sends for which conditions, and how exactly it says to have taken them.

use super::*;
use crate::testing::Query;
use crate::types::ScanRequest;

/// The parameters as a query, then a letter for each condition: exact, inexact or left.
fn sent(request: ScanRequest, rules: &[Parameter]) -> String {
    let mut filters = Pushdown::of(&request);
    let pairs = filters.parameters(rules);
    let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let pushed = filters.pushed().into_iter().map(|pushed| match pushed {
        Pushed::Exact => 'e',
        Pushed::Inexact => 'i',
        Pushed::NotPushed => '-',
    });
    format!("{} {}", pairs.join("&"), pushed.collect::<String>())
}

fn t() -> Query {
    Query::of("t")
}

const S: i64 = 1_000_000_000;

#[test]
fn texts_become_parameters() {
    let equal = &[Parameter::equal("a", "x")];
    let named = &[Parameter::equal("a", "x").values(&[("on", "1")])];
    let any = &[Parameter::any_of("a", "x")];
    let joined = &[Parameter::any_of("a", "x").joined(",")];
    let prefix = &[Parameter::prefix("a", "x")];
    let contains = &[Parameter::contains("a", "x").inexact()];
    let both = &[Parameter::equal("a", "x"), Parameter::prefix("a", "p")];
    for (query, rules, expected) in [
        (t().equal("a", "1"), &equal[..], "x=1 e"),
        (t().equal("a", "1").equal("a", "2"), equal, "x=1 e-"),
        (t().equal("b", "1"), equal, " -"),
        (t().equal("a", ""), equal, " -"),
        (t().equal("a", 1_i64), equal, " -"),
        (t().any_of("a", ["1", "2"]), equal, " -"),
        (t().equal("a", "on"), named, "x=1 e"),
        (t().equal("a", "off"), named, " -"),
        (t().any_of("a", ["1", "2"]), any, "x=1&x=2 e"),
        (t().equal("a", "1"), any, "x=1 e"),
        (t().any_of("a", ["1", "2"]), joined, "x=1,2 e"),
        (t().any_of("a", ["1", "2,3"]), joined, " -"),
        (t().equal("a", "2,3"), joined, " -"),
        (t().text("a", TextOp::Prefix, "1"), prefix, "x=1 e"),
        (t().equal("a", "1"), prefix, "x=1 i"),
        (
            t().equal("a", "12").text("a", TextOp::Prefix, "1"),
            prefix,
            "x=1 -e",
        ),
        (t().text("a", TextOp::Suffix, "1"), contains, "x=1 i"),
        (t().text("a", TextOp::Contains, "1"), contains, "x=1 i"),
        (t().text("a", TextOp::Regex, "1"), contains, " -"),
        (
            t().equal("a", "12").text("a", TextOp::Prefix, "1"),
            both,
            "x=12&p=1 ee",
        ),
    ] {
        assert_eq!(sent(query.request(), rules), expected);
    }
}

#[test]
fn times_become_bounds_that_never_lose_a_row() {
    let from = Parameter::from("t", "from", Unit::Seconds);
    let until = Parameter::until("t", "to", Unit::Seconds);
    let open = until.exclusive();
    let at = Timestamp::from_ns;
    for (query, rules, expected) in [
        (
            t().at_least("t", at(5 * S)).at_most("t", at(9 * S)),
            &[from, until][..],
            "from=5&to=9 ee",
        ),
        (
            t().at_least("t", at(5 * S + 1)).at_most("t", at(9 * S + 1)),
            &[from, until],
            "from=5&to=10 ii",
        ),
        (t().less("t", at(9 * S)), &[until], "to=9 i"),
        (t().less("t", at(9 * S)), &[open], "to=9 e"),
        (t().at_most("t", at(9 * S)), &[open], "to=10 i"),
        (t().greater("t", at(9 * S)), &[from.exclusive()], "from=9 e"),
        (t().equal("t", at(9 * S)), &[from, until], "from=9&to=9 i"),
        (
            t().at_least("t", at(5 * S)).at_least("t", at(7 * S)),
            &[from],
            "from=7 ee",
        ),
        (t().at_least("t", "x"), &[from], " -"),
        (
            t().at_least("t", at(S / 2)),
            &[Parameter::from("t", "from", Unit::Rfc3339)],
            "from=1970-01-01T00:00:00.5Z e",
        ),
        (t().at_least("t", at(i64::MIN)), &[from.exclusive()], " -"),
    ] {
        assert_eq!(sent(query.request(), rules), expected);
    }
}
