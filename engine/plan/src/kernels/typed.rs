//! JSON values as a column of a type of the language. Owns the one table by which documents become typed values; null where a
//! value is not of the type.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, DurationNanosecondArray, Float64Array, Int64Array, ListArray, MapArray,
    NullArray, StringArray, StructArray, TimestampNanosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Fields};
use datafusion_common::{Result, exec_datafusion_err, internal_err};
use serde_json::Value as Json;

use super::dynamic::{as_bool, as_long, as_quantity, as_real, as_text};
use super::quantity::quantities;
use crate::time_text;
use crate::types::Type;

/// The values as a column of a type. `None` and JSON's null are null.
///
/// # Errors
/// When a list has more items than an Arrow list holds (2³¹).
pub fn column(values: &[Option<&Json>], ty: &Type) -> Result<ArrayRef> {
    let each = || {
        values
            .iter()
            .map(|value| value.filter(|value| !value.is_null()))
    };
    Ok(match ty {
        Type::Null => Arc::new(NullArray::new(values.len())),
        Type::Bool => Arc::new(each().map(|v| as_bool(v?)).collect::<BooleanArray>()),
        Type::Long => Arc::new(each().map(|v| as_long(v?)).collect::<Int64Array>()),
        Type::Real => Arc::new(each().map(|v| as_real(v?)).collect::<Float64Array>()),
        Type::String => Arc::new(each().map(|v| as_text(v?)).collect::<StringArray>()),
        Type::Dynamic => Arc::new(
            each()
                .map(|v| v.map(ToString::to_string))
                .collect::<StringArray>(),
        ),
        Type::Datetime => Arc::new(
            each()
                .map(|v| time_text::parse_datetime(v?.as_str()?))
                .collect::<TimestampNanosecondArray>()
                .with_timezone("UTC"),
        ),
        Type::Timespan => Arc::new(
            each()
                .map(|v| time_text::parse_timespan(v?.as_str()?))
                .collect::<DurationNanosecondArray>(),
        ),
        Type::Quantity => quantities(each().map(|v| as_quantity(v?)))?,
        Type::List(item) => {
            let lists: Vec<Option<&Vec<Json>>> =
                each().map(|v| v.and_then(Json::as_array)).collect();
            let items: Vec<Option<&Json>> = lists
                .iter()
                .flatten()
                .flat_map(|l| l.iter().map(Some))
                .collect();
            let DataType::List(field) = ty.arrow() else {
                return internal_err!("a list is no list");
            };
            Arc::new(ListArray::try_new(
                field,
                offsets(lists.iter().map(|list| list.map_or(0, Vec::len)))?,
                column(&items, item)?,
                Some(present(lists.iter().map(Option::is_some))),
            )?)
        }
        Type::Map(value) => {
            let maps: Vec<Option<&serde_json::Map<String, Json>>> =
                each().map(|v| v.and_then(Json::as_object)).collect();
            let entries = || maps.iter().flatten().flat_map(|map| map.iter());
            let keys: StringArray = entries().map(|(key, _)| Some(key)).collect();
            let values: Vec<Option<&Json>> = entries().map(|(_, value)| Some(value)).collect();
            let DataType::Map(field, _) = ty.arrow() else {
                return internal_err!("a map is no map");
            };
            let DataType::Struct(fields) = field.data_type().clone() else {
                return internal_err!("a map has no entries");
            };
            let entries =
                StructArray::try_new(fields, vec![Arc::new(keys), column(&values, value)?], None)?;
            Arc::new(MapArray::try_new(
                field,
                offsets(maps.iter().map(|map| map.map_or(0, serde_json::Map::len)))?,
                entries,
                Some(present(maps.iter().map(Option::is_some))),
                false,
            )?)
        }
        Type::Struct(fields) => {
            let objects: Vec<Option<&Json>> = each().map(|v| v.filter(|v| v.is_object())).collect();
            let mut columns = Vec::with_capacity(fields.len());
            for (name, ty) in fields {
                let field: Vec<Option<&Json>> = objects
                    .iter()
                    .map(|o| o.and_then(|o| o.get(name)))
                    .collect();
                columns.push(column(&field, ty)?);
            }
            let nulls = present(objects.iter().map(Option::is_some));
            let DataType::Struct(fields) = ty.arrow() else {
                return internal_err!("a struct is no struct");
            };
            Arc::new(struct_of(fields, columns, nulls)?)
        }
    })
}

fn struct_of(fields: Fields, columns: Vec<ArrayRef>, nulls: NullBuffer) -> Result<StructArray> {
    if fields.is_empty() {
        return Ok(StructArray::new_empty_fields(nulls.len(), Some(nulls)));
    }
    Ok(StructArray::try_new(fields, columns, Some(nulls))?)
}

fn present(rows: impl Iterator<Item = bool>) -> NullBuffer {
    rows.collect::<Vec<bool>>().into()
}

/// Offsets of lists with these lengths.
///
/// # Errors
/// When there are more items than an Arrow list holds.
pub(super) fn offsets(lengths: impl Iterator<Item = usize>) -> Result<OffsetBuffer<i32>> {
    let mut end = 0_i32;
    let mut offsets = vec![0_i32];
    for length in lengths {
        end = i32::try_from(length)
            .ok()
            .and_then(|length| end.checked_add(length))
            .ok_or_else(|| exec_datafusion_err!("more than 2147483647 list items in one batch"))?;
        offsets.push(end);
    }
    Ok(OffsetBuffer::new(offsets.into()))
}
