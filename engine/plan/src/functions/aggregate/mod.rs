//! Functions of many rows, one file each; what several of them share is in `support/`.

use super::Aggregate;

mod arg_max;
mod arg_min;
mod avg;
mod count;
mod countif;
mod dcount;
mod make_list;
mod make_set;
mod max;
mod min;
mod percentile;
mod stdev;
mod sum;
mod sumif;
mod take_any;

/// All of them, by name.
pub const ALL: &[&Aggregate] = &[
    &arg_max::FUNCTION,
    &arg_min::FUNCTION,
    &avg::FUNCTION,
    &count::FUNCTION,
    &countif::FUNCTION,
    &dcount::FUNCTION,
    &make_list::FUNCTION,
    &make_set::FUNCTION,
    &max::FUNCTION,
    &min::FUNCTION,
    &percentile::FUNCTION,
    &stdev::FUNCTION,
    &sum::FUNCTION,
    &sumif::FUNCTION,
    &take_any::FUNCTION,
];
