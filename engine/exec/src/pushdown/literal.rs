//! Constants of a plan as literals of the contract.

use datafusion::common::ScalarValue;
use trawl_host::types::Literal;

/// The literal, when the contract has a form for it.
pub(super) fn literal(value: &ScalarValue) -> Option<Literal> {
    use ScalarValue as S;
    Some(match value {
        value if value.is_null() => Literal::Null,
        S::Boolean(Some(v)) => Literal::Boolean(*v),
        S::Int8(Some(v)) => Literal::Int64(i64::from(*v)),
        S::Int16(Some(v)) => Literal::Int64(i64::from(*v)),
        S::Int32(Some(v)) => Literal::Int64(i64::from(*v)),
        S::Int64(Some(v)) => Literal::Int64(*v),
        S::UInt8(Some(v)) => Literal::Uint64(u64::from(*v)),
        S::UInt16(Some(v)) => Literal::Uint64(u64::from(*v)),
        S::UInt32(Some(v)) => Literal::Uint64(u64::from(*v)),
        S::UInt64(Some(v)) => Literal::Uint64(*v),
        S::Float32(Some(v)) => Literal::Float64(f64::from(*v)),
        S::Float64(Some(v)) => Literal::Float64(*v),
        S::Utf8(Some(v)) | S::LargeUtf8(Some(v)) | S::Utf8View(Some(v)) => Literal::Utf8(v.clone()),
        S::TimestampNanosecond(Some(v), _) => Literal::TimestampNs(*v),
        S::DurationNanosecond(Some(v)) => Literal::DurationNs(*v),
        _ => return None,
    })
}
