//! Owns the buffers of leaf columns: fixed width, variable width and offsets; refuses casts.

use crate::types::{DataType, Error};

/// Offsets of a variable-width or list column, as little-endian i32, one more than there are values.
#[derive(Debug)]
pub(super) struct Offsets {
    bytes: Vec<u8>,
    last: i32,
}

impl Default for Offsets {
    fn default() -> Self {
        Self {
            bytes: vec![0; 4],
            last: 0,
        }
    }
}

impl Offsets {
    /// Appends the end of a value that is `added` long.
    pub(super) fn push(&mut self, added: usize) -> Result<(), Error> {
        self.last = i32::try_from(added)
            .ok()
            .and_then(|added| self.last.checked_add(added))
            .ok_or_else(|| {
                Error::internal(
                    "a column of one batch grew beyond 2 GiB; batches must be cut earlier",
                )
            })?;
        self.bytes.extend_from_slice(&self.last.to_le_bytes());
        Ok(())
    }

    pub(super) fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes; the offsets start again at zero.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self).bytes
    }
}

/// A text, JSON or binary column's values.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    pub(super) offsets: Offsets,
    pub(super) data: Vec<u8>,
}

impl Bytes {
    pub(super) fn push(&mut self, value: &[u8]) -> Result<(), Error> {
        self.offsets.push(value.len())?;
        self.data.extend_from_slice(value);
        Ok(())
    }
}

/// How a fixed-width value is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fixed {
    /// A signed integer of so many bytes.
    Signed(u8),
    /// An unsigned integer of so many bytes.
    Unsigned(u8),
    Float32,
    Float64,
    /// Days since the epoch.
    Date32,
    /// Ticks since the epoch; the number is nanoseconds a tick.
    Timestamp(i64),
    /// Ticks; the number is nanoseconds a tick.
    Duration(i64),
    /// Decimal digits and scale.
    Decimal(u8, i8),
}

impl Fixed {
    /// The storage of a fixed-width type; none for the others.
    pub(super) fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Int8 => Self::Signed(1),
            DataType::Int16 => Self::Signed(2),
            DataType::Int32 => Self::Signed(4),
            DataType::Int64 => Self::Signed(8),
            DataType::Uint8 => Self::Unsigned(1),
            DataType::Uint16 => Self::Unsigned(2),
            DataType::Uint32 => Self::Unsigned(4),
            DataType::Uint64 => Self::Unsigned(8),
            DataType::Float32 => Self::Float32,
            DataType::Float64 => Self::Float64,
            DataType::Date32 => Self::Date32,
            DataType::Timestamp(t) => Self::Timestamp(super::temporal::tick_ns(t.unit)),
            DataType::Duration(unit) => Self::Duration(super::temporal::tick_ns(*unit)),
            DataType::Decimal128(t) => Self::Decimal(t.precision, t.scale),
            _ => return None,
        })
    }

    /// Bytes a value.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Signed(width) | Self::Unsigned(width) => usize::from(width),
            Self::Float32 | Self::Date32 => 4,
            Self::Float64 | Self::Timestamp(_) | Self::Duration(_) => 8,
            Self::Decimal(..) => 16,
        }
    }
}
