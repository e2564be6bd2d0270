//! Owns the way back from a column's fields to the type they spell, for tests and pages; refuses types that no column is declared
//! with.

use crate::schema::Type;
use crate::types::{DataType, Field};

/// The type that a column's fields spell, in pre-order; the iterator stands behind the column afterwards.
///
/// # Panics
/// When the fields are malformed, or of a type that [`Type`] does not have: the test has failed.
#[allow(clippy::unwrap_used, clippy::panic, reason = "a helper of tests")]
pub fn type_of(fields: &mut dyn Iterator<Item = Field>) -> Type {
    let field = fields.next().unwrap();
    match field.data_type {
        DataType::Boolean => Type::Bool,
        DataType::Uint8 => Type::Uint8,
        DataType::Int64 => Type::Int64,
        DataType::Float64 => Type::Float64,
        DataType::Utf8 => Type::Utf8,
        DataType::Json => Type::Json,
        DataType::Timestamp(_) => Type::Timestamp,
        DataType::Duration(_) => Type::Duration,
        DataType::Decimal128(_) => Type::Quantity,
        DataType::Array => Type::list(type_of(fields)),
        DataType::Dictionary => {
            type_of(fields);
            Type::map(type_of(fields))
        }
        DataType::Object => Type::Object(
            (0..field.children)
                .map(|_| {
                    let child = fields.next().unwrap();
                    let name = child.name.clone();
                    let of = type_of(&mut std::iter::once(child).chain(&mut *fields));
                    (name, of)
                })
                .collect(),
        ),
        other => panic!("no column is declared as {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::column;

    #[test]
    fn types_come_back() {
        let object = Type::object([
            ("a", Type::list(Type::Utf8)),
            ("b", Type::map(Type::Quantity)),
        ]);
        for of in [
            Type::Bool,
            Type::Float64,
            Type::Duration,
            Type::list(object.clone()),
            object,
        ] {
            let fields = column("c", of.clone(), "").into_fields();
            assert_eq!(type_of(&mut fields.into_iter()), of);
        }
    }
}
