//! Tests of the lexer: each row is a text and the tokens or the codes that come of it.

use super::lex;
use crate::ast::Side;
use crate::token::{Kind, Punct};

fn kinds(text: &str) -> Vec<Kind<'_>> {
    let lexed = lex(text);
    assert_eq!(lexed.diagnostics, [], "{text}");
    lexed.tokens.into_iter().map(|token| token.kind).collect()
}

fn codes(text: &str) -> Vec<&'static str> {
    lex(text)
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

fn string(text: &str) -> String {
    match kinds(text).as_slice() {
        [Kind::String(value)] => value.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn numbers() {
    for (text, kind) in [
        ("42", Kind::Int(42)),
        ("9223372036854775807", Kind::Int(i64::MAX)),
        ("0.5", Kind::Real(0.5)),
        ("1e3", Kind::Real(1000.0)),
        ("1.5e-3", Kind::Real(0.0015)),
        ("5ms", Kind::Duration(5_000_000)),
        ("500m", Kind::Duration(500 * 60_000_000_000)),
        ("1h30m", Kind::Duration(5_400_000_000_000)),
        ("1.5h", Kind::Duration(5_400_000_000_000)),
        ("2w", Kind::Duration(1_209_600_000_000_000)),
        ("1Gi", Kind::Size(1 << 30)),
        ("1.5Ki", Kind::Size(1536)),
    ] {
        assert_eq!(kinds(text), [kind], "{text}");
    }
}

#[test]
fn a_range_is_not_a_fraction() {
    assert_eq!(
        kinds("1..5"),
        [Kind::Int(1), Kind::Punct(Punct::DotDot), Kind::Int(5)]
    );
    assert_eq!(kinds("1 - 5").len(), 3);
    assert_eq!(kinds("1-5").len(), 3);
}

#[test]
fn bad_numbers() {
    for (text, code) in [
        ("9223372036854775808", "Q0005"),
        ("1e999", "Q0005"),
        ("99999999999d", "Q0005"),
        ("0.5ns", "Q0005"),
        ("0.3Ki", "Q0005"),
        ("5min", "Q0004"),
        ("5x", "Q0004"),
        ("0x1F", "Q0004"),
        ("1GB", "Q0004"),
        ("10.0.0.1", "Q0004"),
        ("1_000", "Q0004"),
        ("1Gi5m", "Q0004"),
        ("1mo", "Q0111"),
        ("2years", "Q0111"),
        (&"9".repeat(1000), "Q0005"),
        (&format!("{}d", "9".repeat(1000)), "Q0005"),
    ] {
        assert_eq!(codes(text), [code], "{text}");
    }
}

#[test]
fn strings() {
    assert_eq!(string(r#""a\n\t\"\\\u00e9\u{1f600}""#), "a\n\t\"\\é😀");
    assert_eq!(string(r#"'it''s'"#.split_at(4).0), "it");
    assert_eq!(string(r#"@"\d+ ""x""""#), r#"\d+ "x""#);
    assert_eq!(string(r#""""a "b" c""""#), "a \"b\" c");
    assert_eq!(
        string("\"\"\"\n    a\n      b\n\n    c\n    \"\"\""),
        "a\n  b\n\nc"
    );
    assert_eq!(string("\"\"\"\r\n\ta\r\n\tb\r\n\"\"\""), "a\nb");
    assert_eq!(string("\"\""), "");
}

#[test]
fn bad_strings_are_reported_at_their_opener_and_the_rest_goes_on() {
    let lexed = lex("where a == \"x\n| take 5");
    assert_eq!(lexed.diagnostics.len(), 1);
    assert_eq!(lexed.diagnostics[0].primary_span().unwrap().start, 11);
    assert_eq!(lexed.tokens.len(), 7);

    assert_eq!(codes("'abc"), ["Q0002"]);
    assert_eq!(codes("@\"abc"), ["Q0002"]);
    assert_eq!(codes("\"\"\"abc"), ["Q0002"]);
    assert_eq!(codes(r#""\d""#), ["Q0003"]);
    assert_eq!(codes(r#""\u12""#), ["Q0003"]);
    assert_eq!(codes(r#""\u{110000}""#), ["Q0003"]);
    assert_eq!(codes("\"\\"), ["Q0002"]);
    assert_eq!(codes("“abc”"), ["Q0008"]);
    assert_eq!(codes("@'a'"), ["Q0001"]);
    assert_eq!(codes("`abc"), ["Q0007"]);
    assert_eq!(codes("``"), ["Q0007"]);
}

#[test]
fn words_and_operators() {
    assert_eq!(kinds("true_count"), [Kind::Word("true_count")]);
    assert_eq!(
        kinds("t | mv-expand a-b"),
        [
            Kind::Word("t"),
            Kind::Punct(Punct::Pipe),
            Kind::Operator("mv-expand"),
            Kind::Word("a"),
            Kind::Punct(Punct::Minus),
            Kind::Word("b"),
        ]
    );
    assert_eq!(kinds("| // why\n count -1")[1], Kind::Operator("count"));
    assert_eq!(
        kinds("$left.a !in @x `a b`"),
        [
            Kind::Side(Side::Left),
            Kind::Punct(Punct::Dot),
            Kind::Word("a"),
            Kind::Negated("in"),
            Kind::Var("x"),
            Kind::Quoted("a b"),
        ]
    );
}

#[test]
fn slips_have_their_own_codes() {
    for (text, code) in [
        ("$name", "Q0009"),
        ("$", "Q0009"),
        ("@ x", "Q0010"),
        ("a ! in", "Q0104"),
        ("a in~ b", "Q0104"),
        ("a !in~ b", "Q0104"),
        ("a has~ b", "Q0104"),
        ("/* a */ b", "Q0111"),
        ("größe", "Q0001"),
        ("a\u{a0}b", "Q0001"),
        ("#", "Q0001"),
        ("datetime(2026-02-30)", "Q0006"),
        ("datetime(\"2026-02-03\")", "Q0006"),
        ("datetime(2026-02-03", "Q0006"),
    ] {
        assert_eq!(codes(text), [code], "{text}");
    }
    assert_eq!(codes("\u{feff}pods"), [""; 0]);
}

#[test]
fn datetime_is_a_literal_only_with_a_parenthesis_and_not_after_a_dot() {
    assert_eq!(kinds("datetime(1970-01-01)"), [Kind::Datetime(0)]);
    assert_eq!(kinds("datetime"), [Kind::Word("datetime")]);
    assert_eq!(kinds("a.datetime(b)").len(), 6);
}

#[test]
fn comments_are_kept() {
    let lexed = lex("/// doc\n// plain\n//// ruler\npods");
    let docs: Vec<bool> = lexed.comments.iter().map(|comment| comment.doc).collect();
    assert_eq!(docs, [true, false, false]);
}
