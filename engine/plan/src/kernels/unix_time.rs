//! `unixtime`: between a time and the seconds since the Unix epoch, both ways.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, TimestampNanosecondArray};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, TimestampNanosecondType};
use datafusion_common::Result;

use super::Kernel;
use crate::types::Type;

const NANOSECONDS: i64 = 1_000_000_000;

/// A time as whole seconds, rounded down.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToSeconds;

impl Kernel for ToSeconds {
    fn name(&self) -> &str {
        "unixtime"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [time] = arguments else {
            return datafusion_common::internal_err!("unixtime takes one argument");
        };
        let seconds: Int64Array = time
            .as_primitive::<TimestampNanosecondType>()
            .iter()
            .map(|time| Some(time?.div_euclid(NANOSECONDS)))
            .collect();
        Ok(Arc::new(seconds))
    }
}

/// Seconds, long, real or quantity, as the time so long after the epoch; null beyond what a time holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FromSeconds;

impl Kernel for FromSeconds {
    fn name(&self) -> &str {
        "from_unixtime"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Type::Datetime.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [seconds] = arguments else {
            return datafusion_common::internal_err!("unixtime takes one argument");
        };
        let times: TimestampNanosecondArray = match seconds.data_type() {
            DataType::Int64 => seconds
                .as_primitive::<Int64Type>()
                .iter()
                .map(|seconds| seconds?.checked_mul(NANOSECONDS))
                .collect(),
            DataType::Float64 => seconds
                .as_primitive::<Float64Type>()
                .iter()
                .map(|seconds| nanoseconds(seconds?))
                .collect(),
            // A quantity counts in parts of 10^-9, which are nanoseconds here.
            DataType::Decimal128(..) => seconds
                .as_primitive::<Decimal128Type>()
                .iter()
                .map(|seconds| i64::try_from(seconds?).ok())
                .collect(),
            other => return datafusion_common::internal_err!("unixtime of {other}"),
        };
        Ok(Arc::new(times.with_timezone("UTC")))
    }
}

/// Nanoseconds of seconds, the nearest. Whole seconds and the fraction go separate ways, as their product would lose digits.
fn nanoseconds(seconds: f64) -> Option<i64> {
    const MOST: f64 = 9_223_372_037.0;
    // NaN is not within.
    if !(-MOST..=MOST).contains(&seconds) {
        return None;
    }
    let fraction = ((seconds - seconds.floor()) * NANOSECONDS as f64).round() as i64;
    i128::from(seconds.floor() as i64)
        .checked_mul(i128::from(NANOSECONDS))?
        .checked_add(i128::from(fraction))?
        .try_into()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_down() {
        let times = TimestampNanosecondArray::from(vec![Some(1_500_000_000), Some(-1), None])
            .with_timezone("UTC");
        let seconds = ToSeconds.call(&[Arc::new(times)]).unwrap();
        assert_eq!(
            seconds
                .as_primitive::<Int64Type>()
                .iter()
                .collect::<Vec<_>>(),
            [Some(1), Some(-1), None]
        );
    }

    #[test]
    fn times_out_of_range_are_null() {
        assert_eq!(nanoseconds(1.5), Some(1_500_000_000));
        assert_eq!(nanoseconds(-0.5), Some(-500_000_000));
        assert_eq!(
            nanoseconds(1_790_000_000.25),
            Some(1_790_000_000_250_000_000)
        );
        assert_eq!(
            nanoseconds(-9_223_372_036.0),
            Some(-9_223_372_036_000_000_000)
        );
        for beyond in [9_223_372_037.0, 1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(nanoseconds(beyond), None, "{beyond}");
            assert_eq!(nanoseconds(-beyond), None, "-{beyond}");
        }
    }
}
