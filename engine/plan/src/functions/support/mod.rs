//! What several functions share, one concept a file. No function is here.

mod arguments;
mod calendar;
mod calls;
mod choice;
mod constants;
mod conversion;
mod emptiness;
mod extremes;
mod groups;
mod sets;

pub(super) use arguments::{list, lists, measure, next, one, two, typed};
pub(super) use calendar::start_of;
pub(super) use calls::{partial, total};
pub(super) use choice::cases;
pub(super) use constants::{constant, constant_number, constant_text, word, zone};
pub(super) use conversion::convert;
pub(super) use emptiness::empty;
pub(super) use extremes::extreme;
pub(super) use groups::{at_key, collected, ordered};
pub(super) use sets::set_of;
