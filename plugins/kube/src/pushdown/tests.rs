//! Owns the table of filters, what is sent for them and how exactly; refuses to run a scan.

mod fields;

use trawl_sdk::plan::request_for;
use trawl_sdk::schema::{Type, request_path};
use trawl_sdk::types::{CompareExpr, Expr, Filters, InSetExpr};

use super::*;
use crate::kinds;

/// `labels.app` as a column of a request.
fn column(path: &str, of: Type) -> Column {
    let mut parts = path.split('.');
    let name = parts.next().unwrap();
    let steps = parts
        .map(|key| PathStep::Key(key.replace('|', ".")))
        .collect();
    request_path(name, steps, of)
}

/// A filter on one column.
enum Case<'c> {
    Eq(&'c str),
    Ne(&'c str),
    In(&'c [&'c str]),
    NotIn(&'c [&'c str]),
    Null,
    NotNull,
    True,
    NotTrue,
    False,
    NotFalse,
    Count(i64),
    NotCount(i64),
    Less(&'c str),
}

fn request(table: &str, filters: &[(&str, Case<'_>)]) -> ScanRequest {
    let mut nodes = Vec::new();
    let mut roots = Vec::new();
    let mut refs = Vec::new();
    for (path, case) in filters {
        let of = match case {
            Case::True | Case::NotTrue | Case::False | Case::NotFalse => Type::Bool,
            Case::Count(_) | Case::NotCount(_) => Type::Int64,
            _ => Type::Utf8,
        };
        refs.push(column(path, of));
        let at = nodes.len() as u32;
        nodes.push(Expr::ColumnRef(refs.len() as u32 - 1));
        let mut compare = |op, literal| {
            nodes.push(Expr::Value(literal));
            Expr::Compare(CompareExpr {
                op,
                left: at,
                right: at + 1,
            })
        };
        let utf8 = |text: &str| Literal::Utf8(text.to_owned());
        let set = |items: &[&str], negated| {
            Expr::InSet(InSetExpr {
                value: at,
                items: items.iter().map(|item| utf8(item)).collect(),
                negated,
            })
        };
        let root = match case {
            Case::Eq(text) => compare(CompareOp::Eq, utf8(text)),
            Case::Ne(text) => compare(CompareOp::Ne, utf8(text)),
            Case::Less(text) => compare(CompareOp::Lt, utf8(text)),
            Case::True => compare(CompareOp::Eq, Literal::Boolean(true)),
            Case::NotTrue => compare(CompareOp::Ne, Literal::Boolean(true)),
            Case::False => compare(CompareOp::Eq, Literal::Boolean(false)),
            Case::NotFalse => compare(CompareOp::Ne, Literal::Boolean(false)),
            Case::Count(count) => compare(CompareOp::Eq, Literal::Int64(*count)),
            Case::NotCount(count) => compare(CompareOp::Ne, Literal::Int64(*count)),
            Case::In(items) => set(items, false),
            Case::NotIn(items) => set(items, true),
            Case::Null => Expr::IsNull(at),
            Case::NotNull => Expr::IsNotNull(at),
        };
        nodes.push(root);
        roots.push(nodes.len() as u32 - 1);
    }
    ScanRequest {
        refs,
        filters: Filters { nodes, roots },
        ..request_for(&[table])
    }
}

/// What is sent, as one text, and how exact the first filter is.
fn sent(table: &str, filters: &[(&str, Case<'_>)]) -> (String, Pushed) {
    let resource = Resource::built_in(kinds::find(table).unwrap());
    let (selection, pushed) = select(&resource, &request(table, filters));
    let set = |name: &str, set: &Option<BTreeSet<String>>| {
        set.as_ref().map(|set| {
            format!(
                "{name}[{}]",
                set.iter().cloned().collect::<Vec<_>>().join(" ")
            )
        })
    };
    let mut parts: Vec<String> = Vec::new();
    parts.extend(set("ns", &selection.namespaces));
    parts.extend(set("name", &selection.names));
    parts.extend(
        (!selection.labels.is_empty()).then(|| format!("l:{}", selection.labels.join(","))),
    );
    parts.extend(
        (!selection.fields.is_empty()).then(|| format!("f:{}", selection.fields.join(","))),
    );
    if selection.nothing {
        parts.push("nothing".to_owned());
    }
    (parts.join(" "), pushed[0])
}

#[test]
fn each_filter_is_taken_as_far_as_it_is_the_same() {
    use Case::*;
    use Pushed::{Exact, NotPushed};
    for (table, path, case, expected, exactness) in [
        // namespace and name, which no object lacks
        ("pods", "namespace", Eq("a"), "ns[a]", Exact),
        ("pods", "namespace", In(&["b", "a", "b"]), "ns[a b]", Exact),
        ("pods", "namespace", Eq("../x"), "ns[] nothing", Exact),
        ("pods", "namespace", Eq(""), "ns[] nothing", Exact),
        ("pods", "namespace", In(&["A", "a"]), "ns[a]", Exact),
        ("pods", "namespace", In(&[]), "ns[] nothing", Exact),
        (
            "pods",
            "namespace",
            Ne("a"),
            "f:metadata.namespace!=a",
            Exact,
        ),
        (
            "pods",
            "namespace",
            NotIn(&["a", "b"]),
            "f:metadata.namespace!=a,metadata.namespace!=b",
            Exact,
        ),
        ("pods", "namespace", Less("a"), "", NotPushed),
        ("pods", "namespace", Null, "", NotPushed),
        ("nodes", "name", Eq("n1"), "name[n1]", Exact),
        ("nodes", "name", Ne("n,1"), r"f:metadata.name!=n\,1", Exact),
        ("pods", "name", In(&["x", "y"]), "name[x y]", Exact),
        // labels: an absent key differs from every value on both sides
        ("pods", "labels.app", Eq("x"), "l:app=x", Exact),
        ("pods", "labels.app", Eq(""), "l:app=", Exact),
        ("pods", "labels.app", Ne("x"), "l:app!=x", Exact),
        (
            "pods",
            "labels.a|b/c",
            In(&["x", "y"]),
            "l:a.b/c in (x,y)",
            Exact,
        ),
        (
            "pods",
            "labels.app",
            NotIn(&["x", "y"]),
            "l:app notin (x,y)",
            Exact,
        ),
        ("pods", "labels.app", In(&["x", ""]), "", NotPushed),
        ("pods", "labels.app", Null, "l:!app", Exact),
        ("pods", "labels.app", NotNull, "l:app", Exact),
        ("pods", "labels.app", Eq("not a value"), "nothing", Exact),
        ("pods", "labels.app", Ne("not a value"), "", Exact),
        (
            "pods",
            "labels.app",
            In(&["x", "not a value"]),
            "l:app=x",
            Exact,
        ),
        ("pods", "labels.app", In(&[]), "nothing", Exact),
        ("pods", "labels.not a key", Eq("x"), "", NotPushed),
        ("pods", "labels.app", Less("x"), "", NotPushed),
        ("pods", "labels.app.deeper", Eq("x"), "", NotPushed),
        ("pods", "annotations.app", Eq("x"), "", NotPushed),
        // computed columns and unknown ones
        ("pods", "state", Eq("Running"), "", NotPushed),
        ("pods", "workload.kind", Eq("Job"), "", NotPushed),
        ("pods", "nope", Eq("x"), "", NotPushed),
    ] {
        let (text, pushed) = sent(table, &[(path, case)]);
        assert_eq!(
            (text.as_str(), pushed),
            (expected, exactness),
            "{table}.{path}"
        );
    }
}

#[test]
fn conjuncts_meet() {
    use Case::*;
    let both = sent(
        "pods",
        &[
            ("namespace", In(&["a", "b"])),
            ("namespace", In(&["b", "c"])),
        ],
    );
    assert_eq!(both.0, "ns[b]");
    let none = sent("pods", &[("namespace", Eq("a")), ("namespace", Eq("b"))]);
    assert_eq!(none.0, "ns[] nothing");
    let all = sent(
        "pods",
        &[
            ("namespace", Eq("a")),
            ("name", Eq("x")),
            ("labels.app", Eq("y")),
            ("phase", Ne("z")),
        ],
    );
    assert_eq!(all.0, "ns[a] name[x] l:app=y f:status.phase!=z");
}

#[test]
fn too_many_lists_are_left_to_the_host() {
    let many: Vec<String> = (0..=MAX_LISTS).map(|i| format!("n{i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (text, pushed) = sent("pods", &[("namespace", Case::In(&many))]);
    assert_eq!((text.as_str(), pushed), ("", Pushed::NotPushed));
    let resource = Resource::built_in(kinds::find("pods").unwrap());
    let half = &many[..MAX_LISTS / 2];
    let request = request(
        "pods",
        &[
            ("namespace", Case::In(half)),
            ("name", Case::In(&["a", "b", "c"])),
        ],
    );
    let (selection, pushed) = select(&resource, &request);
    assert_eq!(pushed, [Pushed::Exact, Pushed::NotPushed]);
    assert_eq!((selection.names, selection.nothing), (None, false));
}

#[test]
fn a_selector_compares_text_only() {
    let mut request = request("pods", &[("labels.app", Case::Eq("5"))]);
    request.refs[0] = column("labels.app", Type::Json);
    let resource = Resource::built_in(kinds::find("pods").unwrap());
    let (_, pushed) = select(&resource, &request);
    assert_eq!(pushed, [Pushed::NotPushed]);
}
