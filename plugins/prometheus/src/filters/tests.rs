//! Owns the table of tests and the matchers that they become; what they select is judged by a real server in `tests/real.rs`.

use trawl_sdk::filter::Test;
use trawl_sdk::schema::{Type, request_column, request_path};
use trawl_sdk::types::{CompareOp, Literal, TextOp};

use super::*;

fn take_one(column: &Column, test: Test<'_>) -> (String, Pushed, bool) {
    let mut selector = Selector::default();
    let pushed = take(&Predicate { column, test }, &mut selector);
    (selector.to_string(), pushed, selector.is_bounded())
}

fn utf8(text: &str) -> Literal {
    Literal::Utf8(text.to_owned())
}

#[test]
fn tests_become_matchers() {
    let label = request_path("labels", vec![PathStep::Key("a".into())], Type::Utf8);
    let (x, y, empty) = (utf8("x.1"), utf8("y"), utf8(""));
    let set = |items: &[&'static str], negated| (items.to_vec(), negated);
    let text = |op, pattern: &'static str, ignore_case, negated| Test::Text {
        op,
        pattern,
        ignore_case,
        negated,
    };
    use Pushed::{Exact, Inexact, NotPushed};
    for (test, expected, pushed, bounded) in [
        (
            Test::Compare(CompareOp::Eq, &x),
            r#"{a="x.1"}"#,
            Exact,
            true,
        ),
        (
            Test::Compare(CompareOp::Ne, &x),
            r#"{a!="x.1"}"#,
            Exact,
            false,
        ),
        (Test::Compare(CompareOp::Eq, &empty), "{}", NotPushed, false),
        (Test::Compare(CompareOp::Ne, &empty), "{}", NotPushed, false),
        (Test::Compare(CompareOp::Gt, &x), "{}", NotPushed, false),
        (Test::IsNull, r#"{a=""}"#, Exact, false),
        (Test::IsNotNull, r#"{a!=""}"#, Exact, true),
        (
            text(TextOp::Prefix, "x.", false, false),
            r#"{a=~"x\\.(?s:.*)"}"#,
            Exact,
            true,
        ),
        (
            text(TextOp::Suffix, "x", true, true),
            r#"{a!~"(?s:.*)[xX]"}"#,
            Exact,
            false,
        ),
        (
            text(TextOp::Contains, "i", true, false),
            r#"{a=~"(?s:.*)[iI\\x{130}](?s:.*)"}"#,
            Inexact,
            true,
        ),
        (
            text(TextOp::Contains, "i", true, true),
            "{}",
            NotPushed,
            false,
        ),
        (
            text(TextOp::Has, "x", false, false),
            r#"{a=~"(?s:.*)x(?s:.*)"}"#,
            Inexact,
            true,
        ),
        (text(TextOp::Has, "x", false, true), "{}", NotPushed, false),
        (
            text(TextOp::Contains, "", false, false),
            "{}",
            NotPushed,
            false,
        ),
        (
            text(TextOp::Regex, "^x|y$", false, false),
            r#"{a!="",a=~"(?s:.*)(?-s:^x|y$)(?s:.*)"}"#,
            Exact,
            true,
        ),
        (
            text(TextOp::Regex, r"\d", false, false),
            "{}",
            NotPushed,
            false,
        ),
        (
            text(TextOp::Regex, "x", false, true),
            "{}",
            NotPushed,
            false,
        ),
    ] {
        let what = format!("{test:?}");
        let found = take_one(&label, test);
        assert_eq!(found, (expected.to_owned(), pushed, bounded), "{what}");
    }
    for ((items, negated), expected, pushed) in [
        (set(&["x.1", "y"], false), r#"{a=~"x\\.1|y"}"#, Exact),
        (set(&["x.1", "y"], true), r#"{a!~"x\\.1|y"}"#, Exact),
        (set(&["y"], false), r#"{a="y"}"#, Exact),
        (set(&["y", ""], false), "{}", NotPushed),
        (set(&[], false), "{}", NotPushed),
    ] {
        let known = |item: &&str| match *item {
            "x.1" => &x,
            "y" => &y,
            _ => &empty,
        };
        let items: Vec<&Literal> = items.iter().map(known).collect();
        let (text, found, _) = take_one(&label, Test::In { items, negated });
        assert_eq!((text.as_str(), found), (expected, pushed));
    }
}

#[test]
fn only_labels_are_matched() {
    let key = |key: &str| vec![PathStep::Key(key.into())];
    for (column, label) in [
        (request_column("metric", Type::Utf8), Some("__name__")),
        (
            request_path("labels", key("__name__"), Type::Utf8),
            Some("__name__"),
        ),
        (request_path("labels", key("a.b"), Type::Utf8), None),
        (request_path("labels", key("a"), Type::Int64), None),
        (request_column("labels", Type::map(Type::Utf8)), None),
        (request_column("value", Type::Utf8), None),
    ] {
        assert_eq!(label_of(&column), label, "{column:?}");
    }
}
