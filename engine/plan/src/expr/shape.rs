//! What stays known of documents when they pass through a function: the value of `iff(…, spec, spec)` still is a `spec`.

use std::sync::Arc;

use super::Bound;
use crate::types::Type;
use crate::value::Value;

/// What is known of an argument's documents.
pub(super) type Shape = Option<Arc<Type>>;

/// What is known of the result of a scalar function, from what is known of its arguments.
pub(super) fn of_call(function: &str, arguments: &[Bound]) -> Shape {
    let choices: Vec<&Bound> = match function {
        "iff" | "case" => {
            let last = arguments.len().saturating_sub(1);
            let is_value = |position: usize| position % 2 == 1 || position == last;
            let values = arguments.iter().enumerate();
            values
                .filter_map(|(position, value)| is_value(position).then_some(value))
                .collect()
        }
        "array_slice" => arguments.iter().take(1).collect(),
        "coalesce" | "array_concat" | "set_union" | "set_intersect" | "set_difference" => {
            arguments.iter().collect()
        }
        "pack" => return of_pack(arguments),
        _ => return None,
    };
    let mut shapes = choices
        .into_iter()
        .filter(|choice| choice.ty != Type::Null)
        .map(|choice| choice.shape.as_ref());
    let first = shapes.next()??;
    shapes
        .all(|shape| shape == Some(first))
        .then(|| Arc::clone(first))
}

/// What is known of the result of an aggregate.
pub(super) fn of_aggregate(function: &str, arguments: &[Bound]) -> Shape {
    let shape = |position: usize| arguments.get(position)?.shape.clone();
    match function {
        "take_any" => shape(0),
        "arg_max" | "arg_min" => shape(1),
        "make_list" | "make_set" => Some(Arc::new(Type::List(Box::new((*shape(0)?).clone())))),
        _ => None,
    }
}

/// A struct of what is known of its fields; names and values alternate.
fn of_pack(arguments: &[Bound]) -> Shape {
    if arguments.iter().all(|argument| argument.shape.is_none()) {
        return None;
    }
    let fields = arguments.chunks(2).filter_map(|pair| match pair {
        [name, value] => {
            let Some(Value::String(name)) = &name.value else {
                return None;
            };
            let known = value.shape.as_deref().unwrap_or(&value.ty);
            Some((name.clone(), known.clone()))
        }
        _ => None,
    });
    Some(Arc::new(Type::Struct(fields.collect())))
}
