//! `array_*` and `strcat_array`.

use super::Call;
use crate::convert::text;
use crate::error::{Result, invalid};
use crate::eval::{Node, as_list, coerce};
use crate::ty::Ty;
use crate::value::{Value, sort_order};

/// A document as a list of documents; null where it is none.
pub fn of_document(node: Node) -> Node {
    as_list(node)
}

/// All arguments as lists of one item type.
pub fn all_lists(call: &Call) -> Result<(Vec<Node>, Ty)> {
    let mut item = Ty::Null;
    let mut lists = Vec::new();
    for at in 0..call.len() {
        let (node, ty) = call.list(at)?;
        match item.common(&ty) {
            Some(common) => item = common,
            None => return invalid(format!("lists of {item} and of {ty}")),
        }
        lists.push(node);
    }
    let lists = lists
        .into_iter()
        .map(|node| coerce(node, &Ty::list(item.clone())))
        .collect::<Result<Vec<_>>>()?;
    Ok((lists, item))
}

pub fn array_length(call: Call) -> Result<Node> {
    let (list, _) = call.list(0)?;
    Ok(Node::strict(Ty::Long, vec![list], |values| {
        let items = values.first().and_then(Value::items).unwrap_or_default();
        Value::Long(i64::try_from(items.len()).unwrap_or(i64::MAX))
    }))
}

pub fn array_concat(call: Call) -> Result<Node> {
    let (lists, item) = all_lists(&call)?;
    Ok(Node::strict(Ty::list(item), lists, |values| {
        let items = values.iter().filter_map(Value::items);
        Value::List(items.flatten().cloned().collect())
    }))
}

pub fn array_sort(call: Call) -> Result<Node> {
    let (list, item) = call.list(0)?;
    if item.is_nested() {
        return invalid("only scalars are sorted");
    }
    let descending = match call.len() {
        1 => false,
        _ => call.constant_text(1)? == "desc",
    };
    Ok(Node::strict(Ty::list(item), vec![list], move |values| {
        let items = values.first().and_then(Value::items).unwrap_or_default();
        let mut items = items.to_vec();
        items.sort_by(|a, b| sort_order(a, b, descending));
        Value::List(items)
    }))
}

pub fn array_slice(call: Call) -> Result<Node> {
    let (list, item) = call.list(0)?;
    let (start, end) = (call.arg(1, &Ty::Long)?, call.arg(2, &Ty::Long)?);
    Ok(Node::strict(
        Ty::list(item),
        vec![list, start, end],
        |values| {
            let [Value::List(items), Value::Long(start), Value::Long(end)] = values else {
                return Value::Null;
            };
            let length = items.len() as i128;
            let from_end = |at: i64| match i128::from(at) {
                at if at < 0 => at + length,
                at => at,
            };
            let (start, end) = (from_end(*start), from_end(*end));
            let kept = items
                .iter()
                .enumerate()
                .filter(|(at, _)| (start..=end).contains(&(*at as i128)));
            Value::List(kept.map(|(_, item)| item.clone()).collect())
        },
    ))
}

pub fn array_sum(call: Call) -> Result<Node> {
    let (list, item) = call.list(0)?;
    let item = match item {
        Ty::Dynamic | Ty::Null => Ty::Real,
        Ty::Long | Ty::Real | Ty::Timespan | Ty::Quantity => item,
        other => return invalid(format!("no sum of {other}")),
    };
    let list = coerce(list, &Ty::list(item.clone()))?;
    Ok(Node::strict(item.clone(), vec![list], move |values| {
        let items = values.first().and_then(Value::items).unwrap_or_default();
        sum(items.iter(), &item).unwrap_or_else(|| match item {
            Ty::Long => Value::Long(0),
            Ty::Timespan => Value::Timespan(0),
            Ty::Quantity => Value::Quantity(0),
            _ => Value::Real(0.0),
        })
    }))
}

/// The sum of the values that are not null: `None` of none, null when it does not fit its type.
pub fn sum<'v>(values: impl Iterator<Item = &'v Value>, ty: &Ty) -> Option<Value> {
    let (mut whole, mut real, mut finite, mut any) = (0_i128, 0.0, true, false);
    for value in values {
        match value {
            Value::Long(value) | Value::Timespan(value) => whole += i128::from(*value),
            Value::Quantity(value) => match whole.checked_add(*value) {
                Some(sum) => whole = sum,
                None => return Some(Value::Null),
            },
            Value::Real(value) => {
                finite &= value.is_finite();
                real += value;
            }
            _ => continue,
        }
        any = true;
    }
    if !any {
        return None;
    }
    const QUANTITY_LIMIT: i128 = 100_000_000_000_000_000_000_000_000_000_000_000_000;
    Some(match ty {
        Ty::Long => i64::try_from(whole).map_or(Value::Null, Value::Long),
        Ty::Timespan => i64::try_from(whole).map_or(Value::Null, Value::Timespan),
        Ty::Quantity if whole.abs() < QUANTITY_LIMIT => Value::Quantity(whole),
        Ty::Real if real.is_finite() || !finite => Value::Real(real),
        _ => Value::Null,
    })
}

pub fn strcat_array(call: Call) -> Result<Node> {
    let (list, _) = call.list(0)?;
    let separator = call.arg(1, &Ty::String)?;
    Ok(Node::strict(
        Ty::String,
        vec![list, separator],
        |values| match values {
            [Value::List(items), Value::Text(separator)] => {
                let texts: Vec<String> = items.iter().filter_map(text::of).collect();
                Value::Text(texts.join(separator))
            }
            _ => Value::Null,
        },
    ))
}
