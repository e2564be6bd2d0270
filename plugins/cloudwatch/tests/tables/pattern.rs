//! Owns the proof that a filter pattern loses no event: whatever the language finds in a message, the pattern that is sent finds too.
//! Refuses to ask whether it finds little else.

use proptest::prelude::*;
use regex::Regex;
use serde_json::Value;
use trawl_plugin_cloudwatch::CloudWatch;
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{Expr, TextExpr, TextOp};
use trawl_sdk::{Session, Source};

use crate::asked::Asked;

/// What the language says of a message; `has` asks that no letter or digit touches the term.
fn matches(message: &str, term: &str, op: TextOp, ignore_case: bool) -> bool {
    let fold = |text: &str| {
        if ignore_case {
            text.to_lowercase()
        } else {
            text.to_owned()
        }
    };
    let (message, term) = (fold(message), fold(term));
    match op {
        TextOp::Prefix => message.starts_with(&term),
        TextOp::Suffix => message.ends_with(&term),
        // What has the term contains it, so that this asks for more.
        _ => message.contains(&term),
    }
}

/// The pattern that is sent for a condition.
fn sent(term: &str, op: TextOp, ignore_case: bool) -> Option<String> {
    let mut asked = Asked::of("logs");
    asked
        .argument("group = \"/g\"")
        .filter("timestamp > ago(1h) and message has \"x\"");
    for node in &mut asked.request.filters.nodes {
        if let Expr::TextMatch(TextExpr {
            pattern,
            op: of,
            ignore_case: ignores,
            ..
        }) = node
        {
            (*pattern, *of, *ignores) = (term.to_owned(), op, ignore_case);
        }
    }
    let http = Recorded::by(|_| Answer::json("{}"));
    let connection = CloudWatch::open("", http.clone()).unwrap();
    let plan = connection.plan(&asked.request).unwrap();
    connection
        .scan(&plan.partitions[0], &Collected::new(plan.schema.clone()))
        .unwrap();
    let body: Value = serde_json::from_slice(http.sent()[0].body.as_deref().unwrap()).unwrap();
    body["filterPattern"].as_str().map(str::to_owned)
}

/// Texts of few characters, so that they meet: letters with odd foldings, what the syntax has no words for, and what it has.
const TEXT: &str =
    "[aAkKiIsSxX09 \\t\\n\"%.^$|(){}!:/_#=@;,\\-\u{212a}\u{130}\u{17f}\u{307}éß日]{0,6}";

/// As many cases as the environment asks for, more than proptest's default else: the odd letters must meet.
fn config() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(1_500),
    }
}

/// Checks that what the language finds in one of the messages is found there by the pattern that is sent.
fn check(
    term: &str,
    op: TextOp,
    ignore_case: bool,
    messages: &[String],
) -> Result<(), TestCaseError> {
    let Some(pattern) = sent(term, op, ignore_case) else {
        return Ok(());
    };
    prop_assert!(pattern.len() <= 1_024 && pattern.is_ascii());
    let inside = pattern
        .strip_prefix('%')
        .and_then(|rest| rest.strip_suffix('%'))
        .unwrap();
    prop_assert!(!inside.contains('%'), "{}", pattern);
    let expression = Regex::new(inside).unwrap();
    for message in messages {
        let found = expression.is_match(message);
        prop_assert!(
            found || !matches(message, term, op, ignore_case),
            "{:?} of {:?} in {:?}",
            pattern,
            term,
            message
        );
    }
    Ok(())
}

/// Letters of other alphabets that become ASCII ones, and the terms that meet them.
#[test]
fn no_event_is_lost_where_case_folds_into_ascii() {
    for (term, message) in [
        ("xI\u{307}", "x\u{130}\u{307}"),
        ("xI\u{307}", "x\u{130}"),
        ("xi\u{307}y", "x\u{130}y"),
        ("xy\u{130}", "XYI\u{307}"),
        ("wifi", "WIF\u{130}"),
        ("disk", "DIS\u{212a}"),
        ("kilo", "\u{212a}ILO"),
        ("miss", "mi\u{17f}s"),
    ] {
        for op in [
            TextOp::Has,
            TextOp::Contains,
            TextOp::Prefix,
            TextOp::Suffix,
        ] {
            check(term, op, true, &[message.to_owned()]).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn no_event_is_lost(
        before in TEXT,
        term in TEXT,
        after in TEXT,
        other in TEXT,
        ignore_case: bool,
        op in prop::sample::select(vec![TextOp::Has, TextOp::Contains, TextOp::Prefix, TextOp::Suffix]),
    ) {
        check(&term, op, ignore_case, &[
            format!("{before}{term}{after}"),
            format!("{before}{}{after}", term.to_uppercase()),
            format!("{before}{}{after}", term.to_lowercase()),
            term.to_uppercase(),
            term.replace(['k', 'K'], "\u{212a}"),
            term.replace(['i', 'I'], "\u{130}"),
            term.to_lowercase().replace("i\u{307}", "\u{130}"),
            other,
        ])?;
    }
}
