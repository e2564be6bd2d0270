//! From DataFusion's filters, keys and aggregates to the contract's: the only place that knows both.

mod literal;
mod partials;
mod reference;
mod translate;

pub use partials::{PartialCall, Partials, SUM_DIGITS, SortBy, lossless};
pub use reference::reference;
pub use translate::translate;
