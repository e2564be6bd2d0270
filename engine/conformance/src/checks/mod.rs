//! One rule, one file. Each check says what the rule is, how it is tried and what to do when it is broken; the page about the suite is
//! made of these texts.

mod aggregates;
mod cancellation;
mod cases;
mod catalogue;
mod description;
mod errors;
mod fault;
mod filters;
mod hostile;
mod limits;
mod order;
mod paging;
mod projection;
mod schema;
mod shape;
mod stop;

use futures::future::LocalBoxFuture;
use trawl_exec::Pushdown;

pub use cases::update;

use crate::error::Error;
use crate::report::{Finding, Tally};
use crate::subject::World;
use crate::suite::{Base, Suite, Table, Unread};
use crate::told::{ROWS, Told};

/// What a check finds.
pub type Findings<'a> = LocalBoxFuture<'a, Result<Vec<Finding>, Error>>;

/// A rule and how it is tried.
pub struct Check {
    /// Its name: `--only NAME`.
    pub name: &'static str,
    /// What has to hold, in one sentence.
    pub rule: &'static str,
    /// How it is tried.
    pub tried: &'static str,
    /// What to do when it is broken.
    pub help: &'static str,
    /// Tries it.
    pub run: for<'a> fn(&'a Suite) -> Findings<'a>,
}

/// All checks in the order in which they are run.
pub const ALL: &[&Check] = &[
    &description::CHECK,
    &catalogue::CHECK,
    &schema::CHECK,
    &cases::CHECK,
    &projection::CHECK,
    &filters::CHECK,
    &limits::CHECK,
    &stop::CHECK,
    &order::CHECK,
    &aggregates::CHECK,
    &cancellation::CHECK,
    &errors::CHECK,
    &paging::CHECK,
    &hostile::CHECK,
];

/// The check of this name.
pub fn named(name: &str) -> Option<&'static Check> {
    ALL.iter().copied().find(|check| check.name == name)
}

/// The tables that can be read, each with the query that does; of the others it is said why nothing could be tried.
fn readable<'a>(
    suite: &'a Suite,
    check: &'static str,
    findings: &mut Vec<Finding>,
) -> Vec<(&'a Table, &'a Base)> {
    let mut readable = Vec::new();
    for table in &suite.tables {
        match &table.base {
            Ok(base) => readable.push((table, base)),
            Err(why) => findings.push(Finding::not_applicable(check, &table.name, why.words())),
        }
    }
    readable
}

/// Why an answer shows nothing, whatever its rows: it is made of what is not recorded, or was not read to its end by the suite.
fn shows_nothing(query: &str, told: &Told) -> Option<String> {
    if let Some(asked) = told.unrecorded().first() {
        return Some(format!("`{query}` asks for {asked}, which is not recorded"));
    }
    told.cut
        .then(|| format!("`{query}` gives more than {ROWS} rows, which are not compared"))
}

/// The answers to a query with everything offered to the plugin and with nothing; none where one of them shows nothing, which is
/// counted.
async fn both(
    suite: &Suite,
    world: &World,
    query: &str,
    tally: &mut Tally,
) -> Option<(Told, Told)> {
    let pushed = suite.ask(world, query, Pushdown::Everything).await;
    if let Some(why) = shows_nothing(query, &pushed) {
        tally.left_out(why);
        return None;
    }
    let plain = suite.ask(world, query, Pushdown::Nothing).await;
    if !plain.is_read() || plain.cut {
        let why = plain.why();
        tally.left_out(format!("`{query}` cannot be run without pushdown: {why}"));
        return None;
    }
    Some((pushed, plain))
}

/// Counts an answer, with how its rows differ from what they should be. Where the plugin says that some are missing, others may
/// come, so that a difference shows nothing.
fn judge(
    tally: &mut Tally,
    base: &Base,
    query: &str,
    told: &Told,
    difference: impl FnOnce() -> Option<String>,
) {
    if let Some(why) = shows_nothing(query, told) {
        return tally.left_out(why);
    }
    if !told.is_read() {
        return tally.tried(Some(format!("`{query}`: {}", told.why())));
    }
    let known = base.gaps.iter().map(String::as_str);
    let gaps: Vec<&str> = told.gaps().into_iter().chain(known).collect();
    match (difference(), gaps.first()) {
        (Some(difference), Some(gap)) => tally.left_out(format!(
            "`{query}`: {difference}, and the plugin says that rows are missing: {gap}"
        )),
        (difference, _) => tally.tried(difference.map(|it| format!("`{query}`: {it}"))),
    }
}

impl Unread {
    /// Why, for a check that cannot be tried.
    fn words(&self) -> String {
        match self {
            Self::NotRecorded(what) => what.clone(),
            Self::Broken(_) => "it cannot be read: see the check `schema`".to_owned(),
        }
    }
}

impl Check {
    /// A tally of this check on a table; `what` is counted.
    fn tally(&self, about: &str, what: &'static str) -> Tally {
        Tally::new(self.name, about, what, self.help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different_and_every_check_says_what_it_is() {
        for (position, check) in ALL.iter().enumerate() {
            let same = |other: &&&Check| other.name == check.name;
            assert_eq!(ALL.iter().position(|other| same(&other)), Some(position));
            for text in [check.rule, check.tried, check.help] {
                assert!(
                    text.len() > 20 && text.ends_with('.'),
                    "{}: {text}",
                    check.name
                );
            }
        }
    }
}
