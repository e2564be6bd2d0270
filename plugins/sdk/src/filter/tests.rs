//! Owns the tests of the simple forms; refuses to test any source.

use super::*;
use crate::plan::request_for;
use crate::schema::{Type, request_column};
use crate::types::{CompareExpr, Filters, InSetExpr, TextExpr};

fn request(nodes: Vec<Expr>, roots: Vec<u32>) -> ScanRequest {
    ScanRequest {
        refs: vec![
            request_column("a", Type::Utf8),
            request_column("b", Type::Utf8),
        ],
        filters: Filters { nodes, roots },
        ..request_for(&["t"])
    }
}

fn compare(op: CompareOp, left: u32, right: u32) -> Expr {
    Expr::Compare(CompareExpr { op, left, right })
}

fn utf8(text: &str) -> Expr {
    Expr::Value(Literal::Utf8(text.to_owned()))
}

#[test]
fn either_side_may_be_the_column() {
    let nodes = vec![
        Expr::ColumnRef(0),
        utf8("x"),
        compare(CompareOp::Lt, 0, 1),
        compare(CompareOp::Lt, 1, 0),
        compare(CompareOp::Eq, 0, 0),
    ];
    let request = request(nodes, vec![2, 3, 4]);
    let found = predicates(&request);
    let x = Literal::Utf8("x".into());
    assert_eq!(
        found[0].as_ref().unwrap().test,
        Test::Compare(CompareOp::Lt, &x)
    );
    assert_eq!(
        found[1].as_ref().unwrap().test,
        Test::Compare(CompareOp::Gt, &x)
    );
    assert_eq!(found[2], None);
}

#[test]
fn null_comparisons_become_null_tests() {
    let nodes = vec![
        Expr::ColumnRef(0),
        Expr::Value(Literal::Null),
        compare(CompareOp::Eq, 0, 1),
        compare(CompareOp::Ne, 0, 1),
        Expr::Negate(3),
    ];
    let request = request(nodes, vec![2, 3, 4]);
    let tests: Vec<_> = predicates(&request)
        .into_iter()
        .map(|p| p.unwrap().test)
        .collect();
    assert_eq!(tests, [Test::IsNull, Test::IsNotNull, Test::IsNull]);
}

#[test]
fn negation_is_exact_or_refused() {
    let nodes = vec![
        Expr::ColumnRef(0),
        utf8("x"),
        compare(CompareOp::Eq, 0, 1),
        Expr::Negate(2),
        compare(CompareOp::Lt, 0, 1),
        Expr::Negate(4),
        Expr::TextMatch(TextExpr {
            value: 0,
            op: TextOp::Prefix,
            pattern: "p".into(),
            ignore_case: false,
            negated: false,
        }),
        Expr::Negate(6),
        Expr::InSet(InSetExpr {
            value: 0,
            items: vec![],
            negated: true,
        }),
        Expr::Negate(8),
    ];
    let request = request(nodes, vec![3, 5, 7, 9]);
    let found = predicates(&request);
    assert!(matches!(
        &found[0].as_ref().unwrap().test,
        Test::Compare(CompareOp::Ne, _)
    ));
    assert_eq!(found[1], None);
    assert!(matches!(
        &found[2].as_ref().unwrap().test,
        Test::Text { negated: true, .. }
    ));
    assert!(matches!(
        &found[3].as_ref().unwrap().test,
        Test::In { negated: false, .. }
    ));
}

#[test]
fn or_of_one_column_is_a_set() {
    let nodes = vec![
        Expr::ColumnRef(0),
        Expr::ColumnRef(1),
        utf8("x"),
        compare(CompareOp::Eq, 0, 2),
        compare(CompareOp::Eq, 1, 2),
        Expr::InSet(InSetExpr {
            value: 0,
            items: vec![Literal::Utf8("y".into())],
            negated: false,
        }),
        Expr::AnyOf(vec![3, 5]),
        Expr::AnyOf(vec![3, 4]),
        Expr::AnyOf(vec![]),
        Expr::AllOf(vec![3]),
    ];
    let request = request(nodes, vec![6, 7, 8, 9]);
    let found = predicates(&request);
    let Test::In { items, negated } = &found[0].as_ref().unwrap().test else {
        panic!("expected a set")
    };
    assert_eq!((texts(items).unwrap(), *negated), (vec!["x", "y"], false));
    assert_eq!(found[1..3], [None, None]);
    assert!(found[3].is_some());
}

#[test]
fn broken_arenas_have_no_form() {
    let nodes = vec![
        Expr::ColumnRef(9),
        Expr::IsNull(0),
        Expr::Negate(2),
        compare(CompareOp::Eq, u32::MAX, 0),
        Expr::AnyOf(vec![4]),
    ];
    let request = request(nodes, vec![0, 1, 2, 3, 4, u32::MAX]);
    assert!(predicates(&request).iter().all(Option::is_none));
}
