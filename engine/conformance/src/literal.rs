//! Values and names as the query language writes them. Owns the way from what a row showed to a text that a query can hold.

use serde_json::Value as Json;
use trawl_lang::words;
use trawl_plan::Type;

/// A name where an expression stands.
pub fn name(name: &str) -> String {
    if words::is_plain_name(name) {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

/// A text.
pub fn text(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A value of a row; none where the language has no literal for it.
pub fn value(ty: &Type, value: &Json) -> Option<String> {
    match (ty, value) {
        (Type::Bool, Json::Bool(value)) => Some(value.to_string()),
        (Type::Long, Json::Number(number)) if number.is_i64() => Some(number.to_string()),
        (Type::Real, Json::Number(number)) => {
            let real = number.as_f64().filter(|real| real.is_finite())?;
            Some(format!("{real:?}"))
        }
        (Type::String, Json::String(value)) => Some(text(value)),
        (Type::Datetime, Json::String(value)) => Some(format!("datetime({value})")),
        (Type::Timespan, Json::String(value)) => Some(value.clone()),
        (Type::Quantity, Json::String(value)) => Some(format!("quantity({})", text(value))),
        (Type::Quantity, Json::Number(value)) => Some(format!("quantity(\"{value}\")")),
        // What stands in a document takes the type of what it is compared with.
        (Type::Dynamic, Json::String(value)) => Some(text(value)),
        (Type::Dynamic, Json::Bool(value)) => Some(value.to_string()),
        (Type::Dynamic, Json::Number(number)) if number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}

/// A regular expression that matches this text alone.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if !c.is_alphanumeric() && c.is_ascii_graphic() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_literals_that_the_language_reads() {
        for (ty, of, expected) in [
            (Type::String, json!("a\"b\\c\n"), Some(r#""a\"b\\c\n""#)),
            (Type::Long, json!(-5), Some("-5")),
            (Type::Real, json!(0.5), Some("0.5")),
            (Type::Real, json!("NaN"), None),
            (
                Type::Datetime,
                json!("2026-01-01T00:00:00Z"),
                Some("datetime(2026-01-01T00:00:00Z)"),
            ),
            (Type::Timespan, json!("-3ns"), Some("-3ns")),
            (Type::Bool, json!(true), Some("true")),
        ] {
            let got = value(&ty, &of);
            assert_eq!(got.as_deref(), expected);
            if let Some(text) = got {
                let parsed = trawl_lang::parse(&format!("print x = {text}"));
                assert!(!parsed.has_errors(), "{text}");
            }
        }
        assert_eq!(
            (name("a b"), name("in"), name("ok")),
            ("`a b`".into(), "`in`".into(), "ok".into())
        );
    }
}
