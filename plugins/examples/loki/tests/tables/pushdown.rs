//! Owns the comparison of pushdown on against off: the rows that Loki gives for a condition against all rows, looked at by the
//! language's own meaning of it. Refuses to trust what is called exact.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use loki_fake as fake;
use serde_json::Value;
use trawl_sdk::types::{CompareOp, Pushed, TextOp};

use crate::asked::{Asked, Became, Condition, NOW, SECOND, run, transport, utf8};

const COLUMNS: [&str; 9] = [
    "timestamp",
    "line",
    "level",
    "namespace",
    "labels",
    "metadata",
    "labels.app",
    "metadata.trace_id",
    "metadata.app",
];

/// Patterns are compiled once: an unoptimised compiler of patterns takes longer than all else here.
fn compiled(pattern: &str, ignore_case: bool) -> regex::Regex {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, regex::Regex>> = RefCell::default();
    }
    let flags = if ignore_case { "(?i)" } else { "" };
    let whole = format!("{flags}{pattern}");
    KNOWN.with_borrow_mut(|known| {
        let entry = known.entry(whole.clone());
        entry
            .or_insert_with(|| regex::Regex::new(&whole).unwrap())
            .clone()
    })
}

/// The meaning of a condition in the language, where null is never equal and always unequal.
fn means(condition: &Condition, value: Option<&str>) -> bool {
    match condition {
        Condition::Compare(op, literal) => {
            let trawl_sdk::types::Literal::Utf8(text) = literal else {
                return false;
            };
            match op {
                CompareOp::Eq => value == Some(text),
                CompareOp::Ne => value != Some(text),
                CompareOp::Lt => value.is_some_and(|value| value < text.as_str()),
                _ => unreachable!(),
            }
        }
        Condition::In(items, negated) => {
            value.is_some_and(|value| items.contains(&value)) != *negated
        }
        Condition::Text(op, pattern, ignore_case, negated) => {
            let found = value.is_some_and(|value| {
                let fold = |text: &str| {
                    if *ignore_case {
                        text.to_lowercase()
                    } else {
                        text.to_owned()
                    }
                };
                let (text, part) = (fold(value), fold(pattern));
                match op {
                    TextOp::Contains => text.contains(&part),
                    TextOp::Prefix => text.starts_with(&part),
                    TextOp::Suffix => text.ends_with(&part),
                    TextOp::Has => text
                        .split(|c: char| !c.is_alphanumeric())
                        .any(|word| word == part),
                    TextOp::Regex => compiled(pattern, *ignore_case).is_match(value),
                }
            });
            found != *negated
        }
        Condition::IsNull => value.is_none(),
        Condition::IsNotNull => value.is_some(),
    }
}

fn conditions() -> Vec<Condition> {
    use Condition::{Compare, In, IsNotNull, IsNull, Text};
    let mut all = vec![IsNull, IsNotNull];
    for text in [
        "web",
        "t7",
        "error",
        "disk full",
        "",
        "quote \" and \\ and `tick`",
        "two\nlines",
        "meta",
    ] {
        all.push(Compare(CompareOp::Eq, utf8(text)));
        all.push(Compare(CompareOp::Ne, utf8(text)));
    }
    all.push(Compare(CompareOp::Lt, utf8("m")));
    for negated in [false, true] {
        all.push(In(vec!["web", "search", "x.y(z)"], negated));
        all.push(In(vec!["t1", "t11", "error"], negated));
        all.push(In(vec!["web", ""], negated));
        for ignore_case in [false, true] {
            for (op, pattern) in [
                (TextOp::Contains, "timeout"),
                (TextOp::Contains, "aab"),
                (TextOp::Contains, "\\"),
                (TextOp::Contains, "größe"),
                (TextOp::Contains, "kelvin"),
                (TextOp::Contains, "i"),
                (TextOp::Contains, "e"),
                (TextOp::Contains, ""),
                (TextOp::Contains, "two\nlines"),
                (TextOp::Prefix, "level=error"),
                (TextOp::Prefix, "w"),
                (TextOp::Prefix, "{\"msg\""),
                (TextOp::Suffix, "full"),
                (TextOp::Suffix, "r"),
                (TextOp::Has, "timeout"),
                (TextOp::Has, "time"),
                (TextOp::Has, "web"),
                (TextOp::Regex, "time.*"),
                (TextOp::Regex, "^(web|search)$"),
                (TextOp::Regex, "lines$"),
                (TextOp::Regex, r"x\.y\(z\)"),
                (TextOp::Regex, ".+"),
                (TextOp::Regex, "two.lines"),
                (TextOp::Regex, "(?i)TIMEOUT|disk"),
                (TextOp::Regex, r"\d+"),
                (TextOp::Regex, "[^a-z ]$"),
                (TextOp::Regex, ""),
            ] {
                all.push(Text(op, pattern, ignore_case, negated));
            }
        }
    }
    all
}

fn value<'r>(row: &'r Value, column: &str) -> Option<&'r str> {
    row[column].as_str()
}

fn sorted(rows: impl Iterator<Item = Value>) -> Vec<String> {
    let mut texts: Vec<String> = rows.map(|row| row.to_string()).collect();
    texts.sort();
    texts
}

/// What becomes of a request at a server of its own.
fn asked_of(story: &Rc<fake::Loki>, asked: Asked) -> Became {
    run(&transport(Rc::clone(story)), "", &asked).unwrap()
}

fn base() -> Asked {
    let mut asked = Asked::of(&["logs"], &COLUMNS)
        .filter("labels.cluster", &Condition::IsNotNull)
        .time(CompareOp::Gt, NOW - 480 * SECOND);
    asked.0.max_partitions = 1;
    asked
}

#[test]
fn conditions_mean_the_same_at_loki() {
    let story = Rc::new(fake::story(NOW));
    let everything = asked_of(&story, base()).rows();
    assert!(everything.len() > 80, "{}", everything.len());
    let mut taken = [0, 0, 0];
    let mut different = 0;
    for column in [
        "line",
        "level",
        "namespace",
        "labels.app",
        "metadata.trace_id",
        "metadata.app",
    ] {
        // Matchers and label filters have one form for all labels: a few will do for all but one of each.
        let stride = if matches!(column, "line" | "labels.app" | "level") {
            1
        } else {
            5
        };
        for condition in conditions().into_iter().step_by(stride) {
            let became = asked_of(&story, base().filter(column, &condition));
            let what = format!("{column} {condition:?}: {}", became.plan.explain);
            let wanted: Vec<Value> = everything
                .iter()
                .filter(|row| means(&condition, value(row, column)))
                .cloned()
                .collect();
            let rows = became.rows();
            let kept: Vec<Value> = match became.plan.filters[2] {
                Pushed::Exact => {
                    taken[0] += 1;
                    rows
                }
                pushed => {
                    taken[if pushed == Pushed::Inexact { 1 } else { 2 }] += 1;
                    rows.into_iter()
                        .filter(|row| means(&condition, value(row, column)))
                        .collect()
                }
            };
            different += usize::from(wanted.len() != everything.len() && !wanted.is_empty());
            assert_eq!(
                sorted(kept.into_iter()),
                sorted(wanted.into_iter()),
                "{what}"
            );
        }
    }
    // A test that pushes nothing down, or compares nothing with nothing, proves nothing.
    assert!(taken[0] > 150 && taken[1] > 10, "{taken:?}");
    assert!(different > 80, "{different}");
}

#[test]
fn an_embedded_query_takes_what_its_lines_can_be_asked() {
    let story = Rc::new(fake::story(NOW));
    let columns = [
        "timestamp",
        "line",
        "labels.app",
        "metadata.trace_id",
        "parsed.n",
    ];
    for text in [
        r#"{app="web"} | json # lines"#,
        r#"({app=~"web|search"} |= "e")"#,
        r#"{app=~".+"}"#,
    ] {
        let base = || {
            Asked::of(&[], &columns)
                .argument("query", utf8(text))
                .time(CompareOp::Gt, NOW - 450 * SECOND)
        };
        let everything = asked_of(&story, base()).rows();
        assert!(!everything.is_empty());
        for column in ["line", "labels.app", "metadata.trace_id", "parsed.n"] {
            // Only lines can be asked for behind such a text; of the others a few will do.
            let stride = if column == "line" { 1 } else { 11 };
            for condition in conditions().into_iter().step_by(stride) {
                let became = asked_of(&story, base().filter(column, &condition));
                let means = |row: &Value| means(&condition, value(row, column));
                let exact = became.plan.filters[1] == Pushed::Exact;
                let kept = became.rows().into_iter().filter(|row| exact || means(row));
                let wanted = everything.iter().filter(|row| means(row)).cloned();
                assert_eq!(sorted(kept), sorted(wanted), "{}", became.plan.explain);
            }
        }
    }
}

#[test]
fn times_are_exact_to_the_nanosecond() {
    let story = Rc::new(fake::story(NOW));
    let times: Vec<i64> = asked_of(&story, base())
        .rows()
        .iter()
        .map(|row| row["timestamp"].as_i64().unwrap())
        .collect();
    let at = times[times.len() / 2];
    for op in [
        CompareOp::Eq,
        CompareOp::Ne,
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Gt,
        CompareOp::Ge,
    ] {
        let keeps = |it: &i64| match op {
            CompareOp::Eq => *it == at,
            CompareOp::Lt => *it < at,
            CompareOp::Le => *it <= at,
            CompareOp::Gt => *it > at,
            CompareOp::Ge => *it >= at,
            // Left to the host.
            CompareOp::Ne => true,
        };
        let became = asked_of(&story, base().time(op, at));
        let pushed = became.plan.filters[2];
        let expected = times.iter().filter(|it| keeps(it)).count();
        assert_eq!(became.rows().len(), expected, "{op:?}");
        assert_eq!(pushed == Pushed::Exact, op != CompareOp::Ne);
    }
}
