//! Owns which fields of a message were seen; refuses messages of more than 64 wanted fields, which a test of the tables excludes.

use super::table::Field;
use super::wire::{Fault, What};

/// One bit a field.
#[derive(Debug, Default)]
pub(crate) struct Seen(u64);

fn bit(index: usize) -> u64 {
    let shift = u32::try_from(index).unwrap_or(u32::MAX);
    1_u64.checked_shl(shift).unwrap_or(0)
}

impl Seen {
    /// Marks the field at `index`, and refuses it when it was there already: Go's encoder writes no field twice, and a list's
    /// items side by side.
    pub(crate) fn once(&mut self, index: usize, field: &Field, at: usize) -> Result<(), Fault> {
        if self.has(index) {
            return Err(Fault {
                at,
                what: What::Repeated(field.name),
            });
        }
        self.0 |= bit(index);
        Ok(())
    }

    /// Whether the field at `index` was there.
    pub(crate) fn has(&self, index: usize) -> bool {
        self.0 & bit(index) != 0
    }
}
