//! Owns the cast table: how a scalar becomes a value of a column's type, null when it cannot. Refuses composites.
//!
//! | from \ to | bool | integer | real | text, json | timestamp | duration | decimal |
//! |---|---|---|---|---|---|---|---|
//! | bool | itself | null | null | `true`, `false` | null | null | null |
//! | number | null | when integral and in range | itself | its digits | null | null | itself |
//! | text | `true`, `false` | digits | digits | itself; quoted in json | RFC 3339 | `1h30m` | quantity |
//!
//! A number that comes as JSON keeps all its digits in a decimal, and is written in a text column as JSON has it (`2.0`).

use super::builder::{ColumnBuilder, Kind};
use super::leaf::Fixed;
use super::{decimal, temporal};
use crate::types::Error;

/// One value to append.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'v> {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A real number; NaN and infinities are kept in real columns.
    Float(f64),
    /// A text.
    Str(&'v str),
    /// Nanoseconds since the epoch.
    TimestampNs(i64),
    /// Nanoseconds of a span of time.
    DurationNs(i64),
    /// One JSON document, decoded by the column's type.
    Json(&'v str),
}

impl ColumnBuilder {
    /// Appends one value, cast to the column's type; null when it cannot be cast.
    ///
    /// # Errors
    /// When a buffer is full (2 GiB), or [`Scalar::Json`] is not JSON.
    pub fn append(&mut self, value: Scalar<'_>) -> Result<(), Error> {
        if let Scalar::Json(text) = value {
            return self.append_json(text);
        }
        let done = match &mut self.kind {
            Kind::Boolean(bits) => match value {
                Scalar::Bool(b) => Some(b),
                Scalar::Str("true") => Some(true),
                Scalar::Str("false") => Some(false),
                _ => None,
            }
            .map(|bit| bits.push(bit))
            .is_some(),
            Kind::Fixed(fixed, data) => fixed_value(*fixed, value, data),
            Kind::Utf8(bytes) => match value {
                Scalar::Null => false,
                Scalar::Str(s) => bytes.push(s.as_bytes()).map(|()| true)?,
                other => match number_text(other) {
                    Some(text) => bytes.push(text.as_bytes()).map(|()| true)?,
                    None => false,
                },
            },
            Kind::Binary(bytes) => match value {
                Scalar::Str(s) => bytes.push(s.as_bytes()).map(|()| true)?,
                _ => false,
            },
            Kind::Json(bytes) => match value {
                Scalar::Null => false,
                Scalar::Str(s) => {
                    let text = serde_json::to_string(s)
                        .map_err(|e| Error::internal(format!("a text became no JSON: {e}")))?;
                    bytes.push(text.as_bytes()).map(|()| true)?
                }
                other => match number_text(other) {
                    // JSON has no NaN and no infinities.
                    Some(_) if matches!(other, Scalar::Float(f) if !f.is_finite()) => false,
                    Some(text) => bytes.push(text.as_bytes()).map(|()| true)?,
                    None => false,
                },
            },
            Kind::Null | Kind::List { .. } | Kind::Struct(_) | Kind::Map { .. } => false,
        };
        if done {
            self.validity.push(true);
            Ok(())
        } else {
            self.append_null()
        }
    }
}

/// The digits of a number or truth value.
fn number_text(value: Scalar<'_>) -> Option<String> {
    match value {
        Scalar::Bool(b) => Some(b.to_string()),
        Scalar::Int(i) | Scalar::TimestampNs(i) | Scalar::DurationNs(i) => Some(i.to_string()),
        Scalar::Uint(u) => Some(u.to_string()),
        Scalar::Float(f) => Some(f.to_string()),
        Scalar::Null | Scalar::Str(_) | Scalar::Json(_) => None,
    }
}

/// Writes a fixed-width value; false when the cast fails, and nothing is written.
fn fixed_value(fixed: Fixed, value: Scalar<'_>, data: &mut Vec<u8>) -> bool {
    match fixed {
        Fixed::Signed(width) | Fixed::Unsigned(width) => {
            let signed = matches!(fixed, Fixed::Signed(_));
            let Some(integer) = integer(value) else {
                return false;
            };
            let bits = u32::from(width) * 8;
            let (low, high) = if signed {
                (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
            } else {
                (0, (1_i128 << bits) - 1)
            };
            if !(low..=high).contains(&integer) {
                return false;
            }
            data.extend(integer.to_le_bytes().into_iter().take(usize::from(width)));
        }
        Fixed::Float32 | Fixed::Float64 => {
            let Some(real) = real(value) else {
                return false;
            };
            if matches!(fixed, Fixed::Float32) {
                data.extend_from_slice(&(real as f32).to_le_bytes());
            } else {
                data.extend_from_slice(&real.to_le_bytes());
            }
        }
        Fixed::Date32 => {
            let Scalar::Str(text) = value else {
                return false;
            };
            let Some(days) = temporal::parse_date32(text) else {
                return false;
            };
            data.extend_from_slice(&days.to_le_bytes());
        }
        Fixed::Timestamp(tick) => {
            let nanos = match value {
                Scalar::TimestampNs(nanos) => Some(nanos),
                Scalar::Str(text) => temporal::parse_rfc3339_ns(text),
                _ => None,
            };
            let Some(nanos) = nanos else {
                return false;
            };
            data.extend_from_slice(&nanos.div_euclid(tick).to_le_bytes());
        }
        Fixed::Duration(tick) => {
            let nanos = match value {
                Scalar::DurationNs(nanos) => Some(nanos),
                Scalar::Str(text) => temporal::parse_duration_ns(text),
                _ => None,
            };
            let Some(nanos) = nanos else {
                return false;
            };
            data.extend_from_slice(&nanos.div_euclid(tick).to_le_bytes());
        }
        Fixed::Decimal(precision, scale) => {
            let digits = match value {
                Scalar::Str(text) => decimal::parse(text, precision, scale),
                Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_) => {
                    number_text(value).and_then(|text| decimal::parse(&text, precision, scale))
                }
                _ => None,
            };
            let Some(unscaled) = digits else {
                return false;
            };
            data.extend_from_slice(&unscaled.to_le_bytes());
        }
    }
    true
}

fn integer(value: Scalar<'_>) -> Option<i128> {
    match value {
        Scalar::Int(i) => Some(i128::from(i)),
        Scalar::Uint(u) => Some(i128::from(u)),
        // Beyond 2^53 a real is no longer one integer; its text would lie.
        Scalar::Float(f) if f.fract() == 0.0 && f.abs() <= 9_007_199_254_740_992.0 => {
            Some(f as i128)
        }
        Scalar::Str(text) => text.parse().ok(),
        _ => None,
    }
}

fn real(value: Scalar<'_>) -> Option<f64> {
    match value {
        Scalar::Int(i) => Some(i as f64),
        Scalar::Uint(u) => Some(u as f64),
        Scalar::Float(f) => Some(f),
        Scalar::Str(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Type;
    use crate::testing::column_values;
    use serde_json::json;

    #[test]
    fn the_cast_table() {
        let values = [
            Scalar::Null,
            Scalar::Bool(true),
            Scalar::Int(-1),
            Scalar::Uint(300),
            Scalar::Float(2.0),
            Scalar::Float(2.5),
            Scalar::Str("7"),
            Scalar::Str("true"),
            Scalar::Str("1970-01-01T00:00:01Z"),
            Scalar::Str("500m"),
        ];
        let n = json!(null);
        for (of, expected) in [
            (Type::Bool, json!([n, true, n, n, n, n, n, true, n, n])),
            (Type::Int64, json!([n, n, -1, 300, 2, n, 7, n, n, n])),
            (Type::Uint8, json!([n, n, n, n, 2, n, 7, n, n, n])),
            (
                Type::Float64,
                json!([n, n, -1.0, 300.0, 2.0, 2.5, 7.0, n, n, n]),
            ),
            (
                Type::Utf8,
                json!([
                    n,
                    "true",
                    "-1",
                    "300",
                    "2",
                    "2.5",
                    "7",
                    "true",
                    "1970-01-01T00:00:01Z",
                    "500m"
                ]),
            ),
            (
                Type::Json,
                json!([
                    n,
                    true,
                    -1,
                    300,
                    2,
                    2.5,
                    "7",
                    "true",
                    "1970-01-01T00:00:01Z",
                    "500m"
                ]),
            ),
            (
                Type::Timestamp,
                json!([n, n, n, n, n, n, n, n, 1_000_000_000, n]),
            ),
            (
                Type::Duration,
                json!([n, n, n, n, n, n, n, n, n, 30_000_000_000_000_i64]),
            ),
            (
                Type::Quantity,
                json!([
                    n,
                    n,
                    -1_000_000_000,
                    300_000_000_000_i64,
                    2_000_000_000,
                    2_500_000_000_i64,
                    7_000_000_000_i64,
                    n,
                    n,
                    500_000_000
                ]),
            ),
        ] {
            assert_eq!(
                json!(column_values(of.clone(), &values)),
                expected,
                "{of:?}"
            );
        }
    }

    #[test]
    fn a_real_keeps_what_json_cannot_say() {
        let values = [Scalar::Float(f64::NAN), Scalar::Float(f64::INFINITY)];
        assert_eq!(
            json!(column_values(Type::Json, &values)),
            json!([null, null])
        );
        assert_eq!(
            json!(column_values(Type::Utf8, &values)),
            json!(["NaN", "inf"])
        );
    }
}
