//! Owns the tests of the tables against the fake Loki: rows and requests, paging, pushdown on against off. Refuses a network.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod asked;
mod clusters;
mod errors;
mod pages;
mod pushdown;
mod recorded;
mod samples;
mod streams;
