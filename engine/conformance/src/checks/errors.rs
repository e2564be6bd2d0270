//! `errors`: a remote that refuses, fails or falls silent.

use std::time::Duration;

use futures::FutureExt;

use super::fault::{self, Outcome, Trial};
use super::{Check, Findings, readable};
use crate::error::Error;
use crate::exchange::Reply;
use crate::report::Finding;
use crate::server::{Fault, Rule};
use crate::suite::{Base, Suite};
use crate::told::{QUERY_TIMEOUT, shortened};

/// The check.
pub const CHECK: Check = Check {
    name: "errors",
    rule: "When the remote refuses, fails or does not answer, the query's target fails with an error of the right kind that names the status, or it is said what is missing: never fewer rows in silence, never a trap.",
    tried: "For each request of a table in turn the remote answers 401, 403, 404, 429, 500 and 503, closes the connection, or never answers.",
    help: "Look at the status of every answer before its body, and return the error that fits it: 401 unauthenticated, 403 permission-denied, 404 not-found, 429 rate-limited, 500 and 503 unavailable. What can be left out is reported as a gap.",
    run,
};

/// Requests of a table whose answers are spoilt, one at a time.
pub(super) const REQUESTS: usize = 8;

/// Time for a query whose remote never answers: it is waited for to its end.
const STALLED: Duration = Duration::from_secs(3);

/// Seconds after which a busy remote wants to be asked again: more than the host waits by itself.
const RETRY_AFTER_S: &str = "120";

/// Statuses, and the codes that say what they mean.
const STATUSES: [(u16, &[&str]); 6] = [
    (401, &["unauthenticated"]),
    (403, &["permission-denied"]),
    (
        404,
        &[
            "not-found",
            "unsupported",
            "invalid-config",
            "invalid-query",
        ],
    ),
    (429, &["rate-limited"]),
    // Remotes say 500 of a query that they cannot answer, and 503 of one that takes too long.
    (500, &["unavailable", "protocol", "timeout"]),
    (503, &["unavailable", "timeout", "rate-limited"]),
];

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

/// What a fault has to lead to, where it leads to an error.
struct Expected {
    codes: &'static [&'static str],
    status: Option<u16>,
}

fn trials(base: &Base) -> Vec<(Trial, Expected)> {
    let mut trials = Vec::new();
    for (number, asked) in base.exchanges.iter().take(REQUESTS) {
        let mut add = |what: &str, fault: Fault, timeout, codes, status| {
            let trial = Trial {
                name: format!("{asked} {what}"),
                rules: vec![Rule::of(*number, fault)],
                timeout,
            };
            trials.push((trial, Expected { codes, status }));
        };
        for (status, codes) in STATUSES {
            let mut fault = Fault::status(status);
            if let (Fault::Say(Reply { headers, .. }), 429) = (&mut fault, status) {
                headers.push(("retry-after".to_owned(), RETRY_AFTER_S.to_owned()));
            }
            add(
                &format!("answered {status}"),
                fault,
                QUERY_TIMEOUT,
                codes,
                Some(status),
            );
        }
        add(
            "with a connection that is closed",
            Fault::Disconnect,
            QUERY_TIMEOUT,
            &["unavailable"],
            None,
        );
        add("never answered", Fault::Hold, STALLED, &["timeout"], None);
    }
    trials
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (table, base) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "failures of the remote");
        let (trials, expected): (Vec<Trial>, Vec<Expected>) = trials(base).into_iter().unzip();
        let outcomes = fault::all(suite, base, trials).await?;
        for ((name, outcome), expected) in outcomes.into_iter().zip(expected) {
            match fault::wrong(&outcome) {
                Err(why) => tally.left_out(format!("{name}: {why}")),
                Ok(Some(wrong)) => tally.tried(Some(format!("{name}: {wrong}"))),
                Ok(None) => {
                    tally.tried(unfit(&outcome, &expected).map(|it| format!("{name}: {it}")))
                }
            }
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}

/// What is wrong with the error.
fn unfit(outcome: &Outcome, expected: &Expected) -> Option<String> {
    let Outcome::Said {
        code: Some(code),
        message,
    } = outcome
    else {
        return None;
    };
    if !expected.codes.contains(&code.as_str()) {
        return Some(format!(
            "expected the error {}, got `{code}`: {}",
            expected.codes.join(" or "),
            shortened(message)
        ));
    }
    let status = expected.status?;
    (!message.contains(&status.to_string())).then(|| {
        format!(
            "the error does not name the status {status}: {}",
            shortened(message)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_code_that_fits_and_names_the_status() {
        let said = |code: &str, message: &str| Outcome::Said {
            code: Some(code.to_owned()),
            message: message.to_owned(),
        };
        let expected = Expected {
            codes: &["rate-limited"],
            status: Some(429),
        };
        assert_eq!(unfit(&Outcome::Whole, &expected), None);
        assert_eq!(
            unfit(&said("rate-limited", "it answered 429"), &expected),
            None
        );
        let unnamed = unfit(&said("rate-limited", "too busy"), &expected).unwrap();
        assert!(unnamed.contains("does not name the status 429"));
        let other = unfit(&said("protocol", "429"), &expected).unwrap();
        assert!(other.contains("expected the error rate-limited, got `protocol`"));
    }
}
