//! Texts; positions and lengths count characters.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Call;
use crate::convert::text;
use crate::error::Result;
use crate::eval::Node;
use crate::ty::Ty;
use crate::value::Value;

/// A function of texts, null for null.
fn texts(
    call: &Call,
    ty: Ty,
    compute: impl Fn(&[&str]) -> Option<Value> + 'static,
) -> Result<Node> {
    let nodes = (0..call.len())
        .map(|at| call.arg(at, &Ty::String))
        .collect::<Result<Vec<_>>>()?;
    Ok(Node::strict(ty, nodes, move |values| {
        let texts: Vec<&str> = values
            .iter()
            .filter_map(|value| match value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        compute(&texts).unwrap_or(Value::Null)
    }))
}

fn text(value: impl Into<String>) -> Option<Value> {
    Some(Value::Text(value.into()))
}

pub fn strcat(call: Call) -> Result<Node> {
    Ok(Node::strict(Ty::String, call.args, |values| {
        Value::Text(values.iter().filter_map(text::of).collect())
    }))
}

pub fn strlen(call: Call) -> Result<Node> {
    texts(&call, Ty::Long, |texts| {
        let length = texts.first()?.chars().count();
        i64::try_from(length).ok().map(Value::Long)
    })
}

pub fn substring(call: Call) -> Result<Node> {
    let mut nodes = vec![call.arg(0, &Ty::String)?, call.arg(1, &Ty::Long)?];
    if call.len() > 2 {
        nodes.push(call.arg(2, &Ty::Long)?);
    }
    Ok(Node::strict(Ty::String, nodes, |values| {
        let (Some(Value::Text(text)), Some(Value::Long(start))) = (values.first(), values.get(1))
        else {
            return Value::Null;
        };
        let characters: Vec<char> = text.chars().collect();
        let count = characters.len() as i128;
        let start = match i128::from(*start) {
            start if start < 0 => (start + count).max(0),
            start => start,
        };
        let end = match values.get(2) {
            Some(Value::Long(length)) => start + i128::from(*length),
            _ => count,
        };
        let kept = characters
            .iter()
            .enumerate()
            .filter(|(at, _)| (start..end).contains(&(*at as i128)));
        Value::Text(kept.map(|(_, character)| *character).collect())
    }))
}

pub fn split(call: Call) -> Result<Node> {
    texts(&call, Ty::list(Ty::String), |texts| {
        let [whole, separator] = texts else {
            return None;
        };
        if separator.is_empty() {
            return Some(Value::List(vec![text(*whole)?]));
        }
        let mut parts = Vec::new();
        let mut rest = *whole;
        while let Some((part, after)) = rest.split_once(separator) {
            parts.push(text(part)?);
            rest = after;
        }
        parts.push(text(rest)?);
        Some(Value::List(parts))
    })
}

pub fn trim(call: Call) -> Result<Node> {
    texts(&call, Ty::String, |texts| match texts {
        [whole] => text(whole.trim()),
        [whole, characters] => {
            let of: Vec<char> = characters.chars().collect();
            let mut kept: Vec<char> = whole.chars().collect();
            while kept.last().is_some_and(|last| of.contains(last)) {
                kept.pop();
            }
            let kept = kept.into_iter().skip_while(|first| of.contains(first));
            text(kept.collect::<String>())
        }
        _ => None,
    })
}

pub fn tolower(call: Call) -> Result<Node> {
    texts(&call, Ty::String, |texts| {
        text(texts.first()?.to_lowercase())
    })
}

pub fn toupper(call: Call) -> Result<Node> {
    texts(&call, Ty::String, |texts| {
        text(texts.first()?.to_uppercase())
    })
}

pub fn replace(call: Call) -> Result<Node> {
    texts(&call, Ty::String, |texts| match texts {
        [whole, "", _] => text(*whole),
        [whole, from, to] => text(whole.split(from).collect::<Vec<_>>().join(to)),
        _ => None,
    })
}

pub fn indexof(call: Call) -> Result<Node> {
    let mut nodes = vec![call.arg(0, &Ty::String)?, call.arg(1, &Ty::String)?];
    nodes.push(if call.len() > 2 {
        call.arg(2, &Ty::Long)?
    } else {
        Node::literal(Value::Long(0), Ty::Long)
    });
    Ok(Node::strict(Ty::Long, nodes, |values| {
        let [Value::Text(text), Value::Text(part), Value::Long(start)] = values else {
            return Value::Null;
        };
        let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
        let start = usize::try_from((*start).max(0)).unwrap_or(usize::MAX);
        let found = (start..=text.len()).find(|at| text.get(*at..at + part.len()) == Some(&part));
        Value::Long(found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
    }))
}

pub fn iequals(call: Call) -> Result<Node> {
    let nodes = vec![call.arg(0, &Ty::String)?, call.arg(1, &Ty::String)?];
    Ok(Node::from_values(Ty::Bool, nodes, |values| match values {
        [Value::Text(a), Value::Text(b)] => Value::Bool(a.to_lowercase() == b.to_lowercase()),
        [a, b] => Value::Bool(a.is_null() && b.is_null()),
        _ => Value::Null,
    }))
}

pub fn base64_decode(call: Call) -> Result<Node> {
    texts(&call, Ty::String, |texts| {
        let coded = texts.first()?.trim();
        let bare = coded.trim_end_matches('=');
        // Padding is optional, and where it is there it fills the last group of four.
        if coded.len() > bare.len() && coded.len() % 4 != 0 || coded.len() - bare.len() > 2 {
            return None;
        }
        let bytes = STANDARD_NO_PAD.decode(bare).ok()?;
        text(String::from_utf8(bytes).ok()?)
    })
}
