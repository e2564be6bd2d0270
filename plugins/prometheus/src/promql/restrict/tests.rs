//! Owns the texts with and without the matcher; the real server judges them in `tests/real.rs`.

use proptest::prelude::*;

use super::*;

fn with(promql: &str) -> String {
    restrict(promql, &Matcher::equal("c", "x")).unwrap()
}

/// `§` stands for the matcher in braces, `¶` for it with a comma; spaces do not count.
#[test]
fn every_selector_gets_the_matcher() {
    for written in [
        "up§",
        "up{¶a=\"b\"}",
        "{¶__name__=\"up\"}",
        "up{¶}",
        "up { ¶ a = 'b' , }",
        "sum(up§)",
        "sum by (a, b) (up§)",
        "sum without(a)(up§)",
        "sum(up§) by (a)",
        "SUM BY (a) (up§)",
        "sum{¶a=\"b\"}",
        "sum§",
        "sum(sum§)",
        "topk(5, up§)",
        "quantile by (le) (0.9, x§)",
        "rate(x§[5m])",
        "rate(x{¶a=\"b\"}[5m] offset 1h)",
        "x§ offset -5m",
        "x§ @ start()",
        "x§ @ end() offset 5m",
        "x§ @ 1.5e9",
        "max_over_time(rate(x§[1m])[5m:1m])",
        "max_over_time(x§[5m:])",
        "a§ + b§ * 2",
        "a§ / on (x) group_left (y, z) b§",
        "a§ / ignoring(x) group_right b§",
        "a§ > bool b§",
        "a§ > bool 1",
        "a§ and b§ or c§ unless d§",
        "a§ AND on(x) b§",
        "-a§ ^ -b§",
        "a§ atan2 b§",
        "Inf + NaN + inf - 0x1F + vector(1)",
        "label_replace(up§, \"a\", \"up{b}\", \"job\", \".*\")",
        "\"up\"",
        "# up is\nup§ # not up",
        "count_values(\"v\", up§)",
        "histogram_quantile(0.9, sum by (le) (rate(b§[5m])))",
        "a:b:c§",
        ":x§",
        "{¶\"my.metric\", \"my.label\"=\"a}b\"}",
        "sum by (\"a.b\") (up§)",
        "absent(up§)",
        "time() - x§",
        "((up§))",
        "{¶a=\"b\" or ¶c=\"d\"}",
        "{¶or=\"b\",or!=\"c\"}",
        "rate(x§) keep_metric_names",
        "a§ default b§",
        "x§ offset (5m + 1m)",
        "",
    ] {
        let plain = written.replace(['§', '¶'], "");
        let expected = written.replace('¶', "c=\"x\",").replace('§', "{c=\"x\"}");
        let no_space = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(no_space(&with(&plain)), no_space(&expected), "{plain}");
    }
}

#[test]
fn what_cannot_be_told_is_refused() {
    for promql in ["WITH (a = up) a", "up{a=\"b\"", "up[5m", "sum by (a", "{"] {
        assert!(
            restrict(promql, &Matcher::equal("c", "x")).is_err(),
            "{promql}"
        );
    }
}

#[test]
fn a_value_cannot_leave_its_string() {
    let matcher = Matcher::equal("c", "x\"} or vector(1) #");
    assert_eq!(
        restrict("up", &matcher).unwrap(),
        "up{c=\"x\\\"} or vector(1) #\"}"
    );
}

#[test]
fn bounds_of_a_range_become_times() {
    let fixed = |promql| fix_bounds(promql, 1000, 2500);
    assert_eq!(fixed("x @ start() + y @end ( )"), "x @ 1 + y @2.500  ");
    for same in [
        "start() + end()",
        "x @ 5",
        "\"@ start()\"",
        "x{a=\"@ end()\"}",
        "# @ start()",
    ] {
        assert_eq!(fixed(same), same);
    }
}

proptest! {
    /// Whatever the text: nothing panics, nothing of it is lost, and a text without names and braces stays as it is.
    #[test]
    fn any_text_is_survived(text in r#"([a-z:{}()\[\],@"'`\\# \n=~!<>+.0-9é-]|by|on|or|sum|offset|start\(\)){0,40}"#) {
        let joined: String = tokens(&text).iter().map(|token| token.text).collect();
        prop_assert_eq!(&joined, &text);
        let matcher = Matcher::equal("c", "x");
        if let Ok(restricted) = restrict(&text, &matcher) {
            let without = restricted.replace("{c=\"x\"}", "").replace(" c=\"x\",", "").replace("c=\"x\",", "");
            prop_assert_eq!(without, text.as_str());
        }
        if !text.contains('@') {
            prop_assert_eq!(fix_bounds(&text, 0, 1), text);
        }
    }
}
