//! Regular expressions: `extract`, `extract_all`, `replace_regex`.

use super::Call;
use crate::convert::regexes::compiled;
use crate::error::{Result, invalid};
use crate::eval::Node;
use crate::ty::Ty;
use crate::value::Value;

/// The pattern of an argument, which must compile when it is constant.
fn pattern(call: &Call, at: usize) -> Result<Node> {
    let node = call.arg(at, &Ty::String)?;
    match &node.literal {
        Some(Value::Text(text)) if compiled(text).is_none() => invalid("not a regex"),
        _ => Ok(node),
    }
}

pub fn extract(call: Call) -> Result<Node> {
    let (regex, text) = (pattern(&call, 0)?, call.arg(2, &Ty::String)?);
    let Some(Value::Long(group)) = call.any(1)?.literal else {
        return invalid("the group is a constant");
    };
    let Ok(group) = usize::try_from(group) else {
        return invalid("the group is not negative");
    };
    Ok(Node::strict(
        Ty::String,
        vec![regex, text],
        move |values| match values {
            [Value::Text(regex), Value::Text(text)] => {
                let found = compiled(regex).and_then(|regex| {
                    let captures = regex.captures(text)?;
                    Some(captures.get(group)?.as_str().to_owned())
                });
                found.map_or(Value::Null, Value::Text)
            }
            _ => Value::Null,
        },
    ))
}

pub fn extract_all(call: Call) -> Result<Node> {
    let (regex, text) = (pattern(&call, 0)?, call.arg(1, &Ty::String)?);
    Ok(Node::strict(
        Ty::list(Ty::String),
        vec![regex, text],
        |values| {
            let [Value::Text(regex), Value::Text(text)] = values else {
                return Value::Null;
            };
            let Some(regex) = compiled(regex) else {
                return Value::Null;
            };
            let group = usize::from(regex.captures_len() > 1);
            let items = regex.captures_iter(text).map(|captures| {
                captures
                    .get(group)
                    .map_or(Value::Null, |found| Value::Text(found.as_str().to_owned()))
            });
            Value::List(items.collect())
        },
    ))
}

pub fn replace_regex(call: Call) -> Result<Node> {
    let nodes = vec![
        call.arg(0, &Ty::String)?,
        pattern(&call, 1)?,
        call.arg(2, &Ty::String)?,
    ];
    Ok(Node::strict(Ty::String, nodes, |values| match values {
        [Value::Text(text), Value::Text(regex), Value::Text(to)] => match compiled(regex) {
            Some(regex) => Value::Text(regex.replace_all(text, to.as_str()).into_owned()),
            None => Value::Null,
        },
        _ => Value::Null,
    }))
}
