//! `pick`: the first struct or object of a list with a field of some value.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float64Type};
use datafusion_common::Result;
use serde_json::Value as Json;

use super::{EachItem, as_list, item_type, items_of};
use crate::catalog::Step;
use crate::kernels::Kernel;
use crate::kernels::dynamic::{JsonPath, parse};
use crate::kernels::equality::rows_of_two;
use crate::types::Type;

/// Where the field of an item is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PickFrom {
    /// The items are structs, and the field has this type.
    Struct(Type),
    /// The items are documents.
    Documents,
}

/// The first item whose field equals the value; null where none does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pick {
    /// The field.
    pub field: String,
    /// Where it is found.
    pub from: PickFrom,
    /// The type as which field and value are compared; the value comes in as it.
    pub compared: Type,
}

impl Pick {
    /// The field of each item as the compared type.
    fn fields(&self, items: &ArrayRef) -> Result<ArrayRef> {
        match &self.from {
            PickFrom::Struct(ty) => match items.as_struct_opt() {
                Some(structs) => match structs.column_by_name(&self.field) {
                    Some(field) => EachItem::values(ty, &self.compared, field),
                    None => datafusion_common::internal_err!("no field {}", self.field),
                },
                None => datafusion_common::internal_err!("pick takes a list of structs"),
            },
            PickFrom::Documents => {
                let steps = vec![Step::Key(self.field.clone())];
                let fields = JsonPath { steps }.call(&[Arc::clone(items)])?;
                EachItem::values(&Type::Dynamic, &self.compared, &fields)
            }
        }
    }

    /// Whether the item has fields at all; `null` as the value must not find a number.
    fn has_fields(&self, items: &ArrayRef, item: usize) -> bool {
        !items.is_null(item)
            && match self.from {
                PickFrom::Struct(_) => true,
                PickFrom::Documents => items
                    .as_string_opt::<i32>()
                    .and_then(|texts| parse(texts.value(item)))
                    .is_some_and(|document| matches!(document, Json::Object(_))),
            }
    }
}

impl Kernel for Pick {
    fn name(&self) -> &str {
        "pick"
    }

    fn returns(&self, arguments: &[DataType]) -> Result<DataType> {
        item_type(self.name(), arguments)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list, value] = arguments else {
            return datafusion_common::internal_err!("pick takes two arguments");
        };
        let list = as_list(self.name(), list)?;
        let items = list.values();
        let fields = self.fields(items)?;
        let (field_rows, value_rows) = rows_of_two(&fields, value)?;
        // In conditions NaN equals nothing, unlike where values are collected.
        let is_nan = |row: usize| {
            let reals = value.as_primitive_opt::<Float64Type>();
            reals.is_some_and(|reals| !reals.is_null(row) && reals.value(row).is_nan())
        };
        let found: UInt64Array = (0..list.len())
            .map(|row| {
                let wanted = value_rows.row(row);
                items_of(list, row)?
                    .filter(|_| !is_nan(row))
                    .find(|&item| field_rows.row(item) == wanted && self.has_fields(items, item))
                    .map(|item| item as u64)
            })
            .collect();
        Ok(take(items, &found, None)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::texts;
    use super::*;
    use arrow::array::StringArray;

    fn picked(compared: Type, value: ArrayRef) -> Option<String> {
        let items: &[Option<&str>] = &[
            None,
            Some("5"),
            Some(r#"{"type":"Ready","status":"True"}"#),
            Some(r#"{"type":1}"#),
            Some(r#"{"other":2}"#),
        ];
        let kernel = Pick {
            field: "type".into(),
            from: PickFrom::Documents,
            compared,
        };
        let found = kernel.call(&[texts(&[Some(items)]), value]).unwrap();
        found
            .as_string::<i32>()
            .iter()
            .next()
            .unwrap()
            .map(str::to_owned)
    }

    #[test]
    fn the_first_match_is_found() {
        let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
        assert_eq!(
            picked(Type::String, text("Ready")).as_deref(),
            Some(r#"{"type":"Ready","status":"True"}"#)
        );
        assert_eq!(picked(Type::String, text("Gone")), None);
    }

    #[test]
    fn null_finds_an_object_without_the_field() {
        let null: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
        assert_eq!(
            picked(Type::Dynamic, null).as_deref(),
            Some(r#"{"other":2}"#)
        );
    }
}
