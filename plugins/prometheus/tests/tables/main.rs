//! Owns the tests of the tables: requests and rows by the documented shapes, a real Prometheus where there is one, the page of the
//! documentation. Refuses a network beyond loopback.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and one that could not run says so"
)]

mod aggregates;
mod asked;
mod catalogue;
mod docs;
mod faults;
mod query;
mod real;
mod real_histograms;
mod real_random;
mod real_samples;
mod real_status;
mod status;
mod story;
