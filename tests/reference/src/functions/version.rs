//! `parse_version`: versions of programs, with a key that sorts as they do.

use super::Call;
use crate::convert::regexes::compiled;
use crate::error::Result;
use crate::eval::Node;
use crate::ty::Ty;
use crate::value::Value;

pub fn parse_version(call: Call) -> Result<Node> {
    let text = call.arg(0, &Ty::String)?;
    let numbers = ["major", "minor", "patch"].map(|name| (name.to_owned(), Ty::Long));
    let texts = ["prerelease", "build", "key"].map(|name| (name.to_owned(), Ty::String));
    let ty = Ty::Struct(numbers.into_iter().chain(texts).collect());
    Ok(Node::strict(ty, vec![text], |values| match values {
        [Value::Text(text)] => parse(text).unwrap_or(Value::Null),
        _ => Value::Null,
    }))
}

fn parse(text: &str) -> Option<Value> {
    let form = compiled(
        r"^v?([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+))?)?(\+)?$|^v?([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+))?)?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$",
    )?;
    let found = form.captures(text)?;
    let number = |a: usize, b: usize| -> Option<i64> {
        let group = found.get(a).or(found.get(b));
        group.map_or(Some(0), |group| group.as_str().parse().ok())
    };
    let numbers = [number(1, 5)?, number(2, 6)?, number(3, 7)?];
    let (prerelease, build) = (
        found.get(8).map(|group| group.as_str()),
        found.get(9).map(|group| group.as_str()),
    );
    for part in [prerelease, build].into_iter().flatten() {
        if part.split('.').any(str::is_empty) {
            return None;
        }
    }
    let padded = |text: &str| format!("{text:0>10}");
    let mut key = numbers.map(|number| padded(&number.to_string())).join(".");
    match prerelease {
        None => key.push('~'),
        Some(prerelease) => {
            let identifiers = prerelease.split('.').map(|identifier| {
                if identifier.chars().all(|c| c.is_ascii_digit()) {
                    padded(identifier)
                } else {
                    identifier.to_owned()
                }
            });
            key.push('-');
            key.push_str(&identifiers.collect::<Vec<_>>().join("."));
        }
    }
    let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    let fields = [
        ("major", Value::Long(numbers[0])),
        ("minor", Value::Long(numbers[1])),
        ("patch", Value::Long(numbers[2])),
        ("prerelease", text(prerelease)),
        ("build", text(build)),
        ("key", Value::Text(key)),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    Some(Value::Struct(fields.into_iter().collect()))
}
