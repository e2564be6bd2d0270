//! The reference's values as Arrow columns, and back.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, DurationNanosecondArray, Float64Array,
    Int64Array, ListArray, MapArray, NullArray, StringArray, StructArray, TimestampNanosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Decimal128Type, DurationNanosecondType, Float64Type, Int64Type,
    TimestampNanosecondType,
};
use trawl_plan::Type;
use trawl_reference::{Ty, Value};

/// The planner's type of a type of the reference.
pub fn planner_type(ty: &Ty) -> Type {
    match ty {
        Ty::Null => Type::Null,
        Ty::Bool => Type::Bool,
        Ty::Long => Type::Long,
        Ty::Real => Type::Real,
        Ty::String => Type::String,
        Ty::Datetime => Type::Datetime,
        Ty::Timespan => Type::Timespan,
        Ty::Quantity => Type::Quantity,
        Ty::Dynamic => Type::Dynamic,
        Ty::List(item) => Type::List(Box::new(planner_type(item))),
        Ty::Map(value) => Type::Map(Box::new(planner_type(value))),
        Ty::Struct(fields) => Type::Struct(
            fields
                .iter()
                .map(|(name, ty)| (name.clone(), planner_type(ty)))
                .collect(),
        ),
    }
}

/// Values of a type as a column.
pub fn column(ty: &Type, values: &[Value]) -> ArrayRef {
    match ty {
        Type::Null => Arc::new(NullArray::new(values.len())),
        Type::Bool => Arc::new(BooleanArray::from_iter(values.iter().map(|v| match v {
            Value::Bool(value) => Some(*value),
            _ => None,
        }))),
        Type::Long => Arc::new(Int64Array::from_iter(values.iter().map(|v| match v {
            Value::Long(value) => Some(*value),
            _ => None,
        }))),
        Type::Real => Arc::new(Float64Array::from_iter(values.iter().map(|v| match v {
            Value::Real(value) => Some(*value),
            _ => None,
        }))),
        Type::String | Type::Dynamic => {
            Arc::new(StringArray::from_iter(values.iter().map(|v| match v {
                Value::Text(text) => Some(text.clone()),
                Value::Dynamic(json) => Some(json.to_string()),
                _ => None,
            })))
        }
        Type::Datetime => Arc::new(
            TimestampNanosecondArray::from_iter(values.iter().map(|v| match v {
                Value::Datetime(value) => Some(*value),
                _ => None,
            }))
            .with_timezone("UTC"),
        ),
        Type::Timespan => Arc::new(DurationNanosecondArray::from_iter(values.iter().map(
            |v| match v {
                Value::Timespan(value) => Some(*value),
                _ => None,
            },
        ))),
        Type::Quantity => {
            let units = values.iter().map(|v| match v {
                Value::Quantity(units) => Some(*units),
                _ => None,
            });
            let array = Decimal128Array::from_iter(units);
            Arc::new(array.with_precision_and_scale(38, 9).unwrap())
        }
        Type::List(item) => {
            let lists: Vec<&[Value]> = values.iter().map(|v| v.items().unwrap_or(&[])).collect();
            let items: Vec<Value> = lists.concat();
            let DataType::List(field) = ty.arrow() else {
                panic!("a list is a list")
            };
            Arc::new(ListArray::new(
                field,
                OffsetBuffer::from_lengths(lists.iter().map(|list| list.len())),
                column(item, &items),
                valid(values),
            ))
        }
        Type::Map(value) => {
            let maps: Vec<&[(String, Value)]> = values
                .iter()
                .map(|v| match v {
                    Value::Map(entries) => entries.as_slice(),
                    _ => &[],
                })
                .collect();
            let entries: Vec<(String, Value)> = maps.concat();
            let (keys, items): (Vec<String>, Vec<Value>) = entries.into_iter().unzip();
            let DataType::Map(field, sorted) = ty.arrow() else {
                panic!("a map is a map")
            };
            let DataType::Struct(fields) = field.data_type().clone() else {
                panic!("entries are structs")
            };
            let keys: ArrayRef = Arc::new(StringArray::from(keys));
            let entries = StructArray::new(fields, vec![keys, column(value, &items)], None);
            Arc::new(MapArray::new(
                field,
                OffsetBuffer::from_lengths(maps.iter().map(|map| map.len())),
                entries,
                valid(values),
                sorted,
            ))
        }
        Type::Struct(fields) => {
            let DataType::Struct(arrow_fields) = ty.arrow() else {
                panic!("a struct is a struct")
            };
            let columns = fields.iter().enumerate().map(|(at, (_, ty))| {
                let field = |v: &Value| match v {
                    Value::Struct(fields) => fields[at].1.clone(),
                    _ => Value::Null,
                };
                column(ty, &values.iter().map(field).collect::<Vec<_>>())
            });
            let columns: Vec<ArrayRef> = columns.collect();
            Arc::new(
                StructArray::try_new_with_length(
                    arrow_fields,
                    columns,
                    valid(values),
                    values.len(),
                )
                .unwrap(),
            )
        }
    }
}

fn valid(values: &[Value]) -> Option<NullBuffer> {
    Some(NullBuffer::from_iter(values.iter().map(|v| !v.is_null())))
}

/// The value in a row of a column.
pub fn value(ty: &Type, array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) || array.data_type() == &DataType::Null {
        return Value::Null;
    }
    match ty {
        Type::Null => Value::Null,
        Type::Bool => Value::Bool(array.as_boolean().value(row)),
        Type::Long => Value::Long(array.as_primitive::<Int64Type>().value(row)),
        Type::Real => Value::Real(array.as_primitive::<Float64Type>().value(row)),
        Type::String => Value::Text(text(array, row)),
        Type::Dynamic => {
            let text = text(array, row);
            match serde_json::from_str(&text) {
                Ok(json) => Value::document(json),
                Err(_) => panic!("a dynamic value holds no JSON: {text}"),
            }
        }
        Type::Datetime => {
            Value::Datetime(array.as_primitive::<TimestampNanosecondType>().value(row))
        }
        Type::Timespan => {
            Value::Timespan(array.as_primitive::<DurationNanosecondType>().value(row))
        }
        Type::Quantity => Value::Quantity(array.as_primitive::<Decimal128Type>().value(row)),
        Type::List(item) => {
            let items = array.as_list::<i32>().value(row);
            Value::List((0..items.len()).map(|at| value(item, &items, at)).collect())
        }
        Type::Map(item) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let entry = |at| (text(keys, at), value(item, values, at));
            Value::Map((0..entries.len()).map(entry).collect())
        }
        Type::Struct(fields) => {
            let array = array.as_struct();
            let field = |(at, (name, ty)): (usize, &(String, Type))| {
                (name.clone(), value(ty, array.column(at), row))
            };
            Value::Struct(fields.iter().enumerate().map(field).collect())
        }
    }
}

fn text(array: &dyn Array, row: usize) -> String {
    match array.as_string_opt::<i32>() {
        Some(texts) => texts.value(row).to_owned(),
        None => cast(array, &DataType::Utf8)
            .unwrap()
            .as_string::<i32>()
            .value(row)
            .to_owned(),
    }
}
