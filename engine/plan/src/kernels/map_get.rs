//! `labels.app` and `labels["app"]`: the value of a map's key, null where the key is missing.

use arrow::array::{Array, ArrayRef, AsArray, MapArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::Kernel;
use super::rows;

/// `map[key]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MapGet;

impl Kernel for MapGet {
    fn name(&self) -> &str {
        "map_get"
    }

    fn returns(&self, arguments: &[DataType]) -> Result<DataType> {
        if let Some(DataType::Map(entries, _)) = arguments.first()
            && let DataType::Struct(fields) = entries.data_type()
            && let [_, value] = fields.as_ref()
        {
            return Ok(value.data_type().clone());
        }
        datafusion_common::internal_err!("map_get takes a map, got {arguments:?}")
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [map, _] = arguments else {
            return datafusion_common::internal_err!("map_get takes two arguments");
        };
        let Some(map) = map.as_any().downcast_ref::<MapArray>() else {
            return datafusion_common::internal_err!(
                "map_get takes a map, got {}",
                map.data_type()
            );
        };
        let (keys, wanted) = (map.keys().as_string::<i32>(), rows::texts(arguments, 1)?);
        let offsets = map.value_offsets();
        let positions: UInt32Array = (0..map.len())
            .map(|row| {
                if map.is_null(row) || wanted.is_null(row) {
                    return None;
                }
                let (from, to) = (*offsets.get(row)?, *offsets.get(row + 1)?);
                // The last entry wins, as it does where JSON repeats a key.
                (from..to)
                    .rev()
                    .filter_map(|entry| usize::try_from(entry).ok())
                    .find(|&entry| keys.value(entry) == wanted.value(row))
                    .and_then(|entry| u32::try_from(entry).ok())
            })
            .collect();
        Ok(take(map.values(), &positions, None)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{MapBuilder, StringArray, StringBuilder};
    use std::sync::Arc;

    #[test]
    fn missing_keys_and_null_maps_are_null() {
        let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        builder.keys().append_value("app");
        builder.values().append_value("web");
        builder.append(true).unwrap();
        builder.append(true).unwrap();
        builder.append(false).unwrap();
        let map: ArrayRef = Arc::new(builder.finish());
        let key: ArrayRef = Arc::new(StringArray::from(vec!["app"; 3]));
        let result = MapGet.call(&[map, key]).unwrap();
        assert_eq!(
            result.as_string::<i32>().iter().collect::<Vec<_>>(),
            [Some("web"), None, None]
        );
    }
}
