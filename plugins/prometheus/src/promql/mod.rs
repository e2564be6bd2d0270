//! Owns what the plugin knows of PromQL's texts: names, escapes, tokens. Refuses to know what an expression means.

mod lexer;
mod restrict;
mod template;

use std::borrow::Cow;

pub(crate) use restrict::{fix_bounds, restrict};
pub(crate) use template::render;

/// Whether it is a label's name that needs no quotes in any version.
pub(crate) fn is_label_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A label's name as a segment of a URL: one that is more than letters, digits and underscores is escaped, since it could hold a
/// slash. <https://prometheus.io/docs/prometheus/latest/querying/api/#querying-label-values>
pub(crate) fn segment(name: &str) -> Cow<'_, str> {
    if is_label_name(name) {
        return Cow::Borrowed(name);
    }
    let mut out = String::from("U__");
    for (at, c) in name.chars().enumerate() {
        match c {
            '_' => out.push_str("__"),
            c if c.is_ascii_alphabetic() || (c.is_ascii_digit() && at > 0) => out.push(c),
            c => out.push_str(&format!("_{:x}_", u32::from(c))),
        }
    }
    Cow::Owned(out)
}

/// Whether it is a metric's name that can stand in front of matchers: no keyword, and nothing that needs quotes. A name that is a
/// keyword is written as a matcher of `__name__` instead.
pub(crate) fn is_metric_name(text: &str) -> bool {
    /// Words that the parser could take for something else. Prometheus' promql/parser/lex.go.
    const WORDS: [&str; 28] = [
        "and",
        "or",
        "unless",
        "atan2",
        "sum",
        "avg",
        "count",
        "min",
        "max",
        "group",
        "stddev",
        "stdvar",
        "topk",
        "bottomk",
        "count_values",
        "quantile",
        "limitk",
        "limit_ratio",
        "offset",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "bool",
        "inf",
        "nan",
    ];
    let lower = text.to_ascii_lowercase();
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit() || c == ':')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'))
        && !matches!(lower.as_str(), "start" | "end")
        && !WORDS.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_segments() {
        assert_eq!(segment("job"), "job");
        assert_eq!(segment("http.status_code"), "U__http_2e_status__code");
        assert_eq!(segment("1/é"), "U___31__2f__e9_");
        for name in ["up", "a:b", "_x1"] {
            assert!(is_metric_name(name), "{name}");
        }
        for name in ["", "1a", "a.b", "sum", "AND", "nan", "start", ":a"] {
            assert!(!is_metric_name(name), "{name}");
        }
    }
}
