//! Byte ranges of the source text. Owns `Span`; knows nothing of files or lines (see `diagnostic`).

use serde::{Deserialize, Serialize};

/// A half-open range of bytes in the query text.
///
/// Offsets are `u32` because a query text is limited far below 4 GiB (see `limits`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest range that covers both.
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}
