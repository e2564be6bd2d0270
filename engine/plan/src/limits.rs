//! The limits of a plan, each with its reason.

/// Mistakes and warnings that are told of one query at most: nobody reads more at once, and most of that many have one cause.
pub const DIAGNOSTICS: usize = 100;

/// Bins that `make-series` has at most: a minute's step over a week fits, and a screen shows a tenth of it. Prometheus has the
/// same limit for the steps of a range.
pub const SERIES_BINS: usize = 11_000;

/// Values that a series kernel lays out at once: 16 Mi values are 128 MiB of numbers, a quarter of a query's memory. More groups
/// than fit are more than anybody reads.
pub const SERIES_VALUES: usize = 16 << 20;

/// Operators that a plan has at most, each use of a `let` counted again: a chain of `let`s that each use the one before twice
/// doubles with every link, plans are walked recursively, and the time to optimise them grows with the square of their length.
pub const PLANNED_OPERATORS: usize = 200;

/// Parts of the expression that a scalar `let` stands for: each use of another `let` counts again, and doubles it.
pub const SCALAR_PARTS: usize = 10_000;

/// Bytes of an embedded text with its bound values: far more than any remote takes as one query. A long value that is bound in many
/// places would otherwise grow with their number.
pub const EMBEDDED_BYTES: usize = 1 << 20;
