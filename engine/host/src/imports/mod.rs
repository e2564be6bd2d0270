//! What the contract gives a guest, an interface a file. Every check on what a guest may do through
//! an interface is in its file; the conversions around it decide nothing.

mod clock;
mod http;
mod intake;
mod logging;
mod output;
mod state;
pub(crate) mod stdio;

pub use http::Exchange;
pub(crate) use http::Noted;
pub(crate) use intake::Intake;
pub use output::Sink;
pub(crate) use state::StateCache;

/// The contract's types have no functions.
impl crate::bindings::types::Host for crate::instance::Guest {}
