//! Owns the stand-ins for the host in native tests: recorded answers, collected rows. Refuses to be part of a component.

mod collect;
mod decode;
mod harness;
mod query;
mod recorded;
mod typed;

pub use collect::Collected;
pub use decode::{column_values, rows};
pub use harness::{Harness, Ran};
pub use query::{Constant, Query};
pub use recorded::{Answer, Recorded, request_line};
pub use typed::type_of;
