//! What a plugin made of a remote that misbehaved: the judgement that the checks `errors`, `paging` and `hostile` share. Owns how
//! a fault is tried on a table, and what must never come of one.

use std::time::Duration;

use futures::StreamExt;
use trawl_exec::Pushdown;

use crate::error::Error;
use crate::server::{Answered, Counts, Rule};
use crate::suite::{Base, Suite};
use crate::told::{How, Told, shortened};

/// Worlds at one time: each has an engine of its own.
const WORLDS: usize = 4;

/// Requests in one world after which the plugin is taken to ask for ever.
const REQUESTS: usize = 500;

/// What came of a fault.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// All rows as without it: the fault did no harm.
    Whole,
    /// Rows or none, and word that something is missing: a code and a message, or a gap.
    Said {
        /// The code; none for a gap.
        code: Option<String>,
        /// What was said.
        message: String,
    },
    /// Other rows than without the fault, and not a word.
    Silent(String),
    /// It did not end.
    Endless(String),
    /// No request met the fault, so that what came shows nothing.
    Unmet,
    /// The fault led to a request that is not recorded, so that what came shows nothing.
    Unrecorded(String),
}

/// A fault to be tried.
pub struct Trial {
    /// In words: `GET /things answered 503`.
    pub name: String,
    /// What the remote does.
    pub rules: Vec<Rule>,
    /// Time for the query.
    pub timeout: Duration,
}

/// Tries each of these, several at once; in their order.
pub async fn all(
    suite: &Suite,
    base: &Base,
    trials: Vec<Trial>,
) -> Result<Vec<(String, Outcome)>, Error> {
    let tried = futures::stream::iter(trials).map(|trial| async move {
        let outcome = one(suite, base, &trial).await?;
        Ok::<_, Error>((trial.name, outcome))
    });
    let tried: Vec<Result<_, Error>> = tried.buffered(WORLDS).collect().await;
    tried.into_iter().collect()
}

async fn one(suite: &Suite, base: &Base, trial: &Trial) -> Result<Outcome, Error> {
    let world = suite.subject.world(trial.rules.clone()).await?;
    let how = How {
        timeout: trial.timeout,
        ..suite.how(Pushdown::Everything)
    };
    let endless = |counts: &Counts| counts.requests > REQUESTS;
    let told = tokio::select! {
        biased;
        told = world.ask(&base.query, how) => told,
        () = world.server.until(endless) => {
            return Ok(Outcome::Endless(format!("it made more than {REQUESTS} requests")));
        }
    };
    Ok(outcome(base, &told))
}

fn outcome(base: &Base, told: &Told) -> Outcome {
    let bag = told.bag();
    if told.cut {
        return Outcome::Endless(format!("it gave more than {} rows", told.rows.len()));
    }
    if !met(told) {
        return Outcome::Unmet;
    }
    if told.is_whole_but(&base.gaps) {
        return match bag.difference(&base.bag) {
            None => Outcome::Whole,
            Some(_) if !told.unrecorded().is_empty() => unrecorded(told),
            Some(difference) => Outcome::Silent(difference),
        };
    }
    match told.failure() {
        Some(_) if !told.unrecorded().is_empty() => unrecorded(told),
        Some((code, message)) => Outcome::Said {
            code: Some(code.to_owned()),
            message: message.to_owned(),
        },
        None => Outcome::Said {
            code: None,
            message: told.why(),
        },
    }
}

/// Whether a request was answered by a rule.
pub fn met(told: &Told) -> bool {
    told.seen.iter().any(|it| it.answered == Answered::Falsely)
}

fn unrecorded(told: &Told) -> Outcome {
    let asked = told.unrecorded();
    let first = asked.first().map(ToString::to_string);
    Outcome::Unrecorded(first.unwrap_or_default())
}

/// What is wrong with an outcome whatever the fault: silence, a trap, no end. `Err`: it shows nothing.
pub fn wrong(outcome: &Outcome) -> Result<Option<String>, String> {
    match outcome {
        Outcome::Whole => Ok(None),
        Outcome::Said {
            code: Some(code),
            message,
        } if code == "internal" => Ok(Some(format!(
            "the plugin broke, or says of itself that it is broken (`internal`): {}",
            shortened(message)
        ))),
        Outcome::Said { .. } => Ok(None),
        Outcome::Silent(difference) => Ok(Some(format!(
            "no error and no word of a gap, but {difference}"
        ))),
        Outcome::Endless(what) => Ok(Some(format!("it did not end: {what}"))),
        Outcome::Unmet => Err("it was not asked for again".to_owned()),
        Outcome::Unrecorded(asked) => Err(format!(
            "then the plugin asks for {asked}, which is not recorded"
        )),
    }
}
