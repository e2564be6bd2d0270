//! `tostring`, `tolong` and their kin between scalar types: null where a value does not convert, never an error.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, DurationNanosecondArray, Float64Array, Int64Array,
    StringArray, TimestampNanosecondArray,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, DurationNanosecondType, Float64Type, TimestampNanosecondType};
use datafusion_common::Result;

use super::Kernel;
use crate::time_text;
use crate::types::Type;

/// A value as another type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Convert {
    /// The type to give.
    pub to: Type,
}

impl Kernel for Convert {
    fn name(&self) -> &str {
        "convert"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.to.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [value] = arguments else {
            return datafusion_common::internal_err!("convert takes one argument");
        };
        Ok(match (value.data_type(), &self.to) {
            (DataType::Utf8, to) => from_text(value.as_string::<i32>().iter(), to)?,
            (DataType::Timestamp(..), Type::String) => {
                let times = value.as_primitive::<TimestampNanosecondType>().iter();
                Arc::new(
                    times
                        .map(|v| v.map(time_text::format_datetime))
                        .collect::<StringArray>(),
                )
            }
            (DataType::Duration(_), Type::String) => {
                let spans = value.as_primitive::<DurationNanosecondType>().iter();
                Arc::new(
                    spans
                        .map(|v| v.map(time_text::format_timespan))
                        .collect::<StringArray>(),
                )
            }
            (DataType::Float64, Type::String) => {
                let reals = value.as_primitive::<Float64Type>().iter();
                Arc::new(
                    reals
                        .map(|v| v.map(|v| v.to_string()))
                        .collect::<StringArray>(),
                )
            }
            (_, to) => cast_with_options(
                value,
                &to.arrow(),
                &CastOptions {
                    safe: true,
                    ..Default::default()
                },
            )?,
        })
    }
}

fn from_text<'a>(texts: impl Iterator<Item = Option<&'a str>>, to: &Type) -> Result<ArrayRef> {
    let texts = texts.map(|text| text.map(str::trim));
    Ok(match to {
        Type::Bool => Arc::new(
            texts
                .map(|v| v?.to_ascii_lowercase().parse().ok())
                .collect::<BooleanArray>(),
        ),
        Type::Long => Arc::new(texts.map(|v| v?.parse().ok()).collect::<Int64Array>()),
        Type::Real => Arc::new(texts.map(|v| v?.parse().ok()).collect::<Float64Array>()),
        Type::Datetime => Arc::new(
            texts
                .map(|v| time_text::parse_datetime(v?))
                .collect::<TimestampNanosecondArray>()
                .with_timezone("UTC"),
        ),
        Type::Timespan => Arc::new(
            texts
                .map(|v| time_text::parse_timespan(v?))
                .collect::<DurationNanosecondArray>(),
        ),
        Type::String => Arc::new(texts.collect::<StringArray>()),
        other => return datafusion_common::internal_err!("text does not convert to {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Array;

    #[test]
    fn what_does_not_convert_is_null() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["1", " 2 ", "x"]));
        let longs = Convert { to: Type::Long }.call(&[texts]).unwrap();
        assert_eq!(
            longs.as_primitive::<arrow::datatypes::Int64Type>().value(1),
            2
        );
        assert!(longs.is_null(2));
        let big: ArrayRef = Arc::new(Float64Array::from(vec![1e300]));
        assert!(Convert { to: Type::Long }.call(&[big]).unwrap().is_null(0));
    }
}
