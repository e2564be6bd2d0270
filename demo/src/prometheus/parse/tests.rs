//! What the grammar takes and what it refuses.

use super::*;

#[test]
fn the_subset_is_read() {
    for query in [
        "up",
        " up { } ",
        r#"up{job="kubelet",instance!="x",node=~"ip-.*",node!~'a|b',}"#,
        r#"{__name__="up"}"#,
        "rate(container_cpu_usage_seconds_total[5m])",
        r#"rate(container_cpu_usage_seconds_total{namespace="a"}[1h30m])"#,
        "sum(up)",
        "sum by (namespace, pod) (rate(container_cpu_usage_seconds_total[5m]))",
        "sum(up) by (node)",
        "avg by () (up)",
        "topk(10, sum by (pod) (rate(container_cpu_usage_seconds_total[5m])))",
        "count((up))",
        "rate",
        r#"up{x="a\"b\\"}"#,
        "up[5m]",
        "sum without (node) (up)",
        "sum by (pod) (sum_over_time(up[1h]))",
        "max_over_time(up[5m]) >= 1",
        "topk(3, (up) == 0)",
        "up < 1e3 != -2",
    ] {
        parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
}

#[test]
fn everything_else_is_refused_with_its_column_and_the_subset() {
    for (query, needle) in [
        ("", "expected a metric"),
        ("1 + 1", "1:1: parse error"),
        ("up + up", "1:4: parse error: unexpected \"+ up\""),
        ("up[5m] == x", "expected a number"),
        (
            "histogram_quantile(0.9, up)",
            "1:1: parse error: a function that is not served",
        ),
        ("rate(up)", "expected \"[\""),
        ("rate(up[0s])", "no duration"),
        ("rate(up[5])", "no duration"),
        ("sum within (a) (up)", "expected `by` or `without`"),
        ("sum by (a (up)", "expected \")\""),
        ("{}", "at least one non-empty matcher"),
        (r#"{a=~".*"}"#, "at least one non-empty matcher"),
        (r#"up{a=~"("}"#, "is no regular expression"),
        (r#"up{a="b}"#, "does not end"),
        (r#"up{a=b}"#, "expected a quoted string"),
        ("topk(x, up)", "expected a whole number"),
        ("up offset 5m", "unexpected"),
    ] {
        let error = parse(query).unwrap_err();
        assert!(
            error.contains(needle) && error.contains("answers a subset"),
            "{query}: {error}"
        );
    }
    assert!(parse(&"(".repeat(100)).unwrap_err().contains("nest deeper"));
    assert!(
        parse(&"a".repeat(20_000))
            .unwrap_err()
            .contains("at most 16384")
    );
}

#[test]
fn durations_add_up() {
    for (text, milliseconds) in [
        ("5m", Some(300_000)),
        ("1h30m", Some(5_400_000)),
        ("100ms", Some(100)),
        ("0s", Some(0)),
        ("", None),
        ("5", None),
        ("m", None),
        ("99999999999999y", None),
    ] {
        assert_eq!(duration_ms(text), milliseconds, "{text}");
    }
}
