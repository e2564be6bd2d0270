//! Owns random PromQL: what a server of one cluster answers to it, one of several must answer for that cluster. Refuses to know what the
//! answer is.

use crate::asked::Ask;
use crate::real::{QUIET, columns, of_api, of_rows, seconds};
use crate::story::{self, FROM};
use trawl_programs::Prometheus as Live;

/// Expressions that are tried.
const EXPRESSIONS: usize = 600;

/// A small generator of numbers, the same in every run (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: usize) -> usize {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % count as u64).unwrap()
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

const SPACES: [&str; 5] = ["", " ", "  ", "\n", " # a comment with load{x=\"y\"}\n"];

/// A selector, awkwardly written.
fn selector(numbers: &mut Numbers) -> String {
    let space = numbers.one(&SPACES);
    let matchers = numbers.one(&[
        "job=\"api\"",
        "job!='web'",
        "instance=~`.*`,",
        " job = \"api\" , instance != \"}\" ",
        "instance!=\"a|b.c\\\"d\\\\e\"",
        "",
    ]);
    let metric = numbers.one(&["load", "lat_bucket", "lat_count", "nothing"]);
    match numbers.below(4) {
        0 => metric.to_owned(),
        1 => format!("{{__name__=\"{metric}\"}}"),
        _ => format!("{metric}{space}{{{matchers}}}"),
    }
}

fn vector(numbers: &mut Numbers, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else {
        return selector(numbers);
    };
    let space = numbers.one(&SPACES);
    let inner = |numbers: &mut Numbers| vector(numbers, depth);
    match numbers.below(11) {
        0 => {
            let aggregation = numbers.one(&["sum", "max", "COUNT", "avg", "group", "stddev"]);
            let grouping = numbers.one(&["by", "without", "BY"]);
            let labels = numbers.one(&["", "job", "job, instance", "le,"]);
            let of = inner(numbers);
            match numbers.below(3) {
                0 => format!("{aggregation}{space}({of})"),
                1 => format!("{aggregation} {grouping}{space}({labels}){space}({of})"),
                _ => format!("{aggregation}({of}){space} {grouping} ({labels})"),
            }
        }
        1 => format!("topk({space}{}, {})", numbers.below(4), inner(numbers)),
        2 => {
            let (left, right) = (inner(numbers), inner(numbers));
            let operator = numbers.one(&[
                "+", "-", "/", "> bool", "==", "and", "or", "unless", "^", "OR",
            ]);
            let matching = numbers.one(&[
                "",
                "on (job)",
                "ignoring (instance, le)",
                "on (job, instance, le)",
            ]);
            let is_set = ["and", "or", "unless", "OR"].contains(&operator);
            let side = if is_set || matching.is_empty() {
                ""
            } else {
                numbers.one(&["", "group_left", "group_right ()"])
            };
            format!("({left}) {operator} {matching} {side}{space} ({right})")
        }
        3 => {
            let function = numbers.one(&[
                "rate",
                "sum_over_time",
                "count_over_time",
                "delta",
                "last_over_time",
            ]);
            let range = numbers.one(&["[5m]", "[ 90s ]", "[1h30m]"]);
            let offset = numbers.one(&[
                "",
                " offset 1m",
                " offset -1m",
                " @ 1700000900",
                " @ end()",
                " @ start() offset 1m",
            ]);
            format!("{function}({}{range}{offset})", selector(numbers))
        }
        4 => format!(
            "max_over_time(({})[5m:{}])",
            inner(numbers),
            numbers.one(&["", "1m", "30s"])
        ),
        5 => format!(
            "label_replace({}, \"to\", \"{{$1}} load\", 'job', `(.*)`)",
            inner(numbers)
        ),
        6 => format!("-{space}({})", inner(numbers)),
        7 => format!(
            "{} * {}",
            inner(numbers),
            numbers.one(&["2", "1e1", "0x1F", ".5", "Inf", "-NaN", "1e-3"])
        ),
        8 => format!("clamp_max(abs({}),{space}3)", inner(numbers)),
        9 => format!("vector(scalar({}))", inner(numbers)),
        _ => format!(
            "{}{}",
            selector(numbers),
            numbers.one(&["", " offset 5m", " @ 1700000900"])
        ),
    }
}

#[test]
fn random_expressions_are_about_one_cluster() {
    if !Live::is_here() {
        return;
    }
    let shared = Live::start(&story::samples(|_| true), QUIET, "");
    let own = Live::start(&story::samples(|it| it == "a"), QUIET, "");
    let at = FROM + 25 * 15_000;
    let mut numbers = Numbers(2_026);
    let (mut with_rows, mut refused) = (0, 0);
    for _ in 0..EXPRESSIONS {
        let promql = vector(&mut numbers, 2);
        let ask = Ask::promql(&promql)
            .columns(columns())
            .until(at)
            .clusters(&[("a", None)]);
        let ran = ask.run_on(r#"{"cluster_label": "cluster"}"#, shared.transport());
        let pairs = [("query", promql.as_str()), ("time", &seconds(at))];
        match own.try_api("query", &pairs) {
            Ok(expected) => {
                let found = of_rows(&ran.rows());
                let close = |a: &str, b: &str| {
                    let (a, b): (f64, f64) = (a.parse().unwrap(), b.parse().unwrap());
                    a == b
                        || (a.is_nan() && b.is_nan())
                        || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
                };
                let expected = of_api(&expected);
                assert_eq!(found.len(), expected.len(), "{promql}");
                for (a, b) in found.iter().zip(&expected) {
                    assert_eq!((a.0, &a.2), (b.0, &b.2), "{promql}");
                    assert!(close(&a.1, &b.1), "{promql}: {a:?} {b:?}");
                }
                with_rows += usize::from(!expected.is_empty());
            }
            // Duplicate series in a match: both say so, or the one cluster has none of them.
            Err(words) => {
                let error = ran.result.unwrap_err();
                let start: String = words.chars().take(20).collect();
                assert!(
                    error.message.contains(&start),
                    "{promql}: {} {words}",
                    error.message
                );
                refused += 1;
            }
        }
    }
    assert!(
        with_rows > EXPRESSIONS / 4,
        "{with_rows} with rows, {refused} refused"
    );
}
