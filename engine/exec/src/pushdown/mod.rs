//! From DataFusion's filters to the contract's: the only place that knows both.

mod literal;
mod translate;

pub use translate::translate;
