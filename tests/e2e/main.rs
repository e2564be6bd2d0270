//! End to end: the binary as its users run it, against the demo fleet, kubectl, a real Prometheus and recorded answers.
//!
//! Built as a test of `engine/cli`, which is where cargo tells a test the path of the binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks on stderr"
)]

mod alerts;
mod bad_input;
mod callers;
mod completeness;
mod demo;
mod documented;
mod joined;
mod kubectl;
mod kubectl_tables;
mod load;
mod plugin_test;
mod plugins;
mod plugins_page;
mod plugins_serving;
mod prometheus;
mod read;
mod recordings;
mod registered;
#[path = "../../engine/install/tests/registry/mod.rs"]
mod registry;
mod run;
mod secrets;
mod serve;
mod server;
mod support;
mod tasks;
