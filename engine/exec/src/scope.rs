//! What a caller may see. A query is bound to it before its names mean anything.

/// The part of the fleet that exists for a caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {}

impl Scope {
    /// All of it.
    pub fn everything() -> Self {
        Self::default()
    }
}
