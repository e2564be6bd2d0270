//! Whether a plugin keeps the rules of the contract: the suite that every author runs, `trawl plugin test`. It runs the component in the
//! real engine and host against a remote of its own on loopback, which answers from recordings, from the project's own fake or from a
//! living connection, and misbehaves where a check wants it to. It refuses to change what it tests: nothing here makes a plugin pass.
//!
//! - [`Subject`] is the component with one connection; a check makes fresh worlds of it.
//! - [`Suite`] is what the checks work on; [`run`] runs them and gives a [`Report`].
//! - [`CHECKS`] are the checks, each with its rule in words, from which `docs/conformance.md` is made.

pub mod case;
mod checks;
mod error;
mod exchange;
mod literal;
mod predicate;
pub mod project;
pub mod record;
mod remote;
mod report;
pub mod server;
mod subject;
mod suite;
mod tape;
mod told;

pub use checks::{ALL as CHECKS, Check, named, update};
pub use error::Error;
pub use exchange::{Asked, Reply};
pub use report::{Finding, Report, Verdict};
pub use subject::{Bare, Parts, Subject, World, name_of};
pub use suite::{Base, Suite, Table, Unread};
pub use tape::Tape;
pub use told::{Bag, How, Told};

/// Runs these checks. `against` says what the plugin is tested against; `progress` is told the name of each check before it begins.
///
/// # Errors
/// When no world can be made to try a plugin in: nothing is known of the plugin then.
pub async fn run(
    suite: &Suite,
    checks: &[&Check],
    against: String,
    progress: &mut dyn FnMut(&str),
) -> Result<Report, Error> {
    let mut findings = Vec::new();
    for check in checks {
        progress(check.name);
        findings.extend((check.run)(suite).await?);
    }
    let subject = &suite.subject;
    let version = &subject.description.version;
    Ok(Report::new(
        &subject.name,
        version,
        &subject.digest,
        against,
        findings,
    ))
}
