//! `tostring`, `tolong` and their kin between scalar types: null where a value does not convert, never an error.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, DurationNanosecondArray, Float64Array, Int64Array,
    StringArray, TimestampNanosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Decimal128Type, DurationNanosecondType, Float64Type, Int64Type,
    TimestampNanosecondType,
};
use datafusion_common::Result;

use super::Kernel;
use super::quantity::quantities;
use super::rows;
use crate::types::Type;
use crate::{quantity, time_text};

/// A value as another type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Convert {
    /// The type to give.
    pub to: Type,
}

impl Convert {
    /// Whether values of one scalar type have a meaning in another; the others are told to use a function that says which.
    pub fn exists(from: &Type, to: &Type) -> bool {
        use Type::{Bool, Datetime, Long, Quantity, Real, String, Timespan};
        let is_scalar = |ty: &Type| {
            matches!(
                ty,
                Bool | Long | Real | String | Datetime | Timespan | Quantity
            )
        };
        match (from, to) {
            (from, String) => is_scalar(from),
            (String, to) => is_scalar(to),
            (Bool, to) => matches!(to, Long | Real),
            (from, to) => from.is_number() && (to.is_number() || *to == Bool),
        }
    }
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
            return rows::wrong(self.name(), arguments);
        };
        match value.data_type() {
            DataType::Utf8 => from_text(rows::texts(arguments, 0)?.iter(), &self.to),
            DataType::Boolean if self.to == Type::String => {
                Ok(written(value.as_boolean().iter(), |value| {
                    value.to_string()
                }))
            }
            DataType::Boolean => Ok(cast(value, &self.to.arrow())?),
            DataType::Int64 => from_long(value.as_primitive::<Int64Type>().iter(), &self.to),
            DataType::Float64 => from_real(value.as_primitive::<Float64Type>().iter(), &self.to),
            DataType::Decimal128(..) => {
                from_quantity(value.as_primitive::<Decimal128Type>().iter(), &self.to)
            }
            DataType::Timestamp(..) if self.to == Type::String => Ok(written(
                value.as_primitive::<TimestampNanosecondType>().iter(),
                time_text::format_datetime,
            )),
            DataType::Duration(_) if self.to == Type::String => Ok(written(
                value.as_primitive::<DurationNanosecondType>().iter(),
                time_text::format_timespan,
            )),
            _ => rows::wrong(self.name(), arguments),
        }
    }
}

fn written<T>(values: impl Iterator<Item = Option<T>>, write: impl Fn(T) -> String) -> ArrayRef {
    Arc::new(values.map(|v| v.map(&write)).collect::<StringArray>())
}

fn from_text<'a>(texts: impl Iterator<Item = Option<&'a str>>, to: &Type) -> Result<ArrayRef> {
    let trimmed = texts.map(|text| text.map(|text| (text, text.trim())));
    Ok(match to {
        Type::Bool => Arc::new(
            trimmed
                .map(|v| v?.1.to_ascii_lowercase().parse().ok())
                .collect::<BooleanArray>(),
        ),
        Type::Long => Arc::new(trimmed.map(|v| v?.1.parse().ok()).collect::<Int64Array>()),
        Type::Real => Arc::new(trimmed.map(|v| v?.1.parse().ok()).collect::<Float64Array>()),
        Type::Datetime => Arc::new(
            trimmed
                .map(|v| time_text::parse_datetime(v?.1))
                .collect::<TimestampNanosecondArray>()
                .with_timezone("UTC"),
        ),
        Type::Timespan => Arc::new(
            trimmed
                .map(|v| time_text::parse_timespan(v?.1))
                .collect::<DurationNanosecondArray>(),
        ),
        // White space is no part of Kubernetes' form, and plugins read it by the same rule.
        Type::Quantity => return quantities(trimmed.map(|v| quantity::parse(v?.0))),
        other => return datafusion_common::internal_err!("text does not convert to {other}"),
    })
}

fn from_long(values: impl Iterator<Item = Option<i64>>, to: &Type) -> Result<ArrayRef> {
    Ok(match to {
        Type::Bool => Arc::new(values.map(|v| v.map(|v| v != 0)).collect::<BooleanArray>()),
        Type::Real => Arc::new(
            values
                .map(|v| v.map(|v| v as f64))
                .collect::<Float64Array>(),
        ),
        Type::String => written(values, |value| value.to_string()),
        Type::Quantity => return quantities(values.map(|v| v.map(quantity::from_long))),
        other => return datafusion_common::internal_err!("a long does not convert to {other}"),
    })
}

fn from_real(values: impl Iterator<Item = Option<f64>>, to: &Type) -> Result<ArrayRef> {
    Ok(match to {
        Type::Bool => Arc::new(
            values
                .map(|v| v.filter(|v| !v.is_nan()).map(|v| v != 0.0))
                .collect::<BooleanArray>(),
        ),
        Type::Long => Arc::new(values.map(|v| truncated(v?)).collect::<Int64Array>()),
        Type::String => written(values, |value| value.to_string()),
        Type::Quantity => return quantities(values.map(|v| quantity::from_real(v?))),
        other => return datafusion_common::internal_err!("a real does not convert to {other}"),
    })
}

fn from_quantity(values: impl Iterator<Item = Option<i128>>, to: &Type) -> Result<ArrayRef> {
    Ok(match to {
        Type::Bool => Arc::new(values.map(|v| v.map(|v| v != 0)).collect::<BooleanArray>()),
        Type::Long => Arc::new(
            values
                .map(|v| quantity::to_long(v?))
                .collect::<Int64Array>(),
        ),
        Type::Real => Arc::new(
            values
                .map(|v| v.map(quantity::to_real))
                .collect::<Float64Array>(),
        ),
        Type::String => written(values, quantity::format),
        other => return datafusion_common::internal_err!("a quantity does not convert to {other}"),
    })
}

/// The whole part of a real, `None` beyond 64 bits and for NaN.
pub(super) fn truncated(value: f64) -> Option<i64> {
    // 2^63 is exact as f64; anything from there on does not fit, and -2^63 is the least long.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Array;
    use arrow::compute::cast;

    fn texts(of: ArrayRef) -> Vec<Option<String>> {
        let kernel = Convert { to: Type::String };
        let result = kernel.call(&[of]).unwrap();
        let result = result.as_string::<i32>();
        result.iter().map(|v| v.map(str::to_owned)).collect()
    }

    #[test]
    fn what_does_not_convert_is_null() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["1", " 2 ", "x", "+3", "1.5"]));
        let longs = Convert { to: Type::Long }.call(&[texts]).unwrap();
        assert_eq!(
            longs.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            [Some(1), Some(2), None, Some(3), None]
        );
        let reals: ArrayRef = Arc::new(Float64Array::from(vec![
            1e300,
            f64::NAN,
            -2.9,
            9_223_372_036_854_775_808.0,
            -9_223_372_036_854_775_808.0,
        ]));
        let longs = Convert { to: Type::Long }.call(&[reals]).unwrap();
        assert_eq!(
            longs.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            [None, None, Some(-2), None, Some(i64::MIN)]
        );
    }

    #[test]
    fn every_scalar_has_its_text() {
        let reals: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 0.1, 1e21, f64::NAN]));
        assert_eq!(
            texts(reals),
            ["1", "0.1", "1000000000000000000000", "NaN"].map(|t| Some(t.to_owned()))
        );
        let bools: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), None]));
        assert_eq!(texts(bools), [Some("true".to_owned()), None]);
        let longs: ArrayRef = Arc::new(Int64Array::from(vec![5_400_000_000_000]));
        let span = cast(&longs, &Type::Timespan.arrow()).unwrap();
        assert_eq!(texts(span), [Some("1h30m".to_owned())]);
        let half = quantities([Some(500_000_000)].into_iter()).unwrap();
        assert_eq!(texts(half), [Some("0.5".to_owned())]);
    }

    #[test]
    fn what_is_said_to_exist_is_computed() {
        let types = [
            Type::Bool,
            Type::Long,
            Type::Real,
            Type::String,
            Type::Datetime,
            Type::Timespan,
            Type::Quantity,
        ];
        for from in &types {
            let nothing = arrow::array::new_null_array(&from.arrow(), 2);
            for to in types
                .iter()
                .filter(|to| Convert::exists(from, to) && *to != from)
            {
                let kernel = Convert { to: to.clone() };
                let result = kernel.call(&[Arc::clone(&nothing)]).unwrap();
                assert_eq!(result.data_type(), &to.arrow(), "{from} to {to}");
                assert_eq!(result.null_count(), 2);
            }
        }
    }
}
