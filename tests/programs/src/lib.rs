//! Owns the real programs that tests talk to, each on a free port of loopback, ended with the test; refuses to judge what they
//! answer.
//!
//! Without a program a test says so and passes, except under CI: there a program that is missing is a failure.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a part of tests: one fails by panicking and says why it did not run"
)]

pub mod client;
pub mod http;
mod moto;
mod postgres;
pub mod projects;
mod prometheus;
mod python;
mod schemathesis;
mod transport;

pub use moto::Moto;
pub use postgres::Postgres;
pub use prometheus::Prometheus;
pub use schemathesis::Schemathesis;
pub use transport::Socket;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a test waits for a program; only so that it ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at it.
const BETWEEN: Duration = Duration::from_millis(50);

/// Whether programs are installed.
///
/// # Panics
/// Under CI where one is missing.
pub fn has(programs: &[&str]) -> bool {
    let found = |program: &str| {
        Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let missing: Vec<&str> = programs.iter().copied().filter(|it| !found(it)).collect();
    missing.is_empty() || is_missing(&missing.join(" and "))
}

/// Says that a program is missing; false.
fn is_missing(program: &str) -> bool {
    assert!(
        std::env::var_os("CI").is_none(),
        "{program} is missing, and CI must run this test"
    );
    eprintln!("NOT RUN: {program} is missing; `make test` installs it");
    false
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
