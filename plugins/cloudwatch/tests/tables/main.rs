//! Owns the tests of the tables: text cases, moto's server, the page of the documentation, more than a request holds. Refuses a network.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and one that could not run says so"
)]

mod asked;
mod cases;
mod docs;
mod many;
mod moto;
mod pattern;
