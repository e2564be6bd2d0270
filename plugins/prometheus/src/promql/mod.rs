//! Owns what the plugin knows of PromQL's texts: names, escapes, tokens. Refuses to know what an expression means.

mod lexer;
mod restrict;
mod template;

pub(crate) use restrict::{fix_bounds, restrict};
pub(crate) use template::{escape, render};

/// Whether it is a label's name that needs no quotes in any version.
pub(crate) fn is_label_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
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
