//! `filters`: what the plugin takes over means what the language means.

use futures::FutureExt;
use serde_json::Value as Json;
use trawl_exec::{Pushdown, QueryRequest, Taken};

use super::{Check, Findings, judge, readable, shows_nothing};
use crate::error::Error;
use crate::predicate;
use crate::report::Finding;
use crate::subject::World;
use crate::suite::{Base, Suite};
use crate::told::Bag;

/// The check.
pub const CHECK: Check = Check {
    name: "filters",
    rule: "A condition leaves the same rows whether the plugin is offered it or not: `exact` is said only of what the remote means exactly as the language does.",
    tried: "Conditions are made of the values that occur in each column (equal, unequal, sets, order, beginnings, parts, words, regular expressions, null, and, or, not, and texts with quotes and wildcards). Each is run with everything offered to the plugin and with nothing, and the rows are compared.",
    help: "Say `inexact` where the remote gives more rows than the condition means, and take nothing over where it gives fewer: case, nulls, wildcards and escapes are where remotes differ.",
    run,
};

/// Conditions that are tried on a table: a large one has thousands.
const CONDITIONS: usize = 400;

/// The same where a living remote has to answer each.
const LIVE_CONDITIONS: usize = 60;

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

/// The conditions that are tried on a table.
pub(super) fn conditions(suite: &Suite, base: &Base) -> Vec<String> {
    let places = predicate::places(&base.columns, &base.rows);
    let most = if suite.subject.tape.is_live() {
        LIVE_CONDITIONS
    } else {
        CONDITIONS
    };
    predicate::some(predicate::all(&places), most)
}

/// Whether the plugin takes some of a query's conditions over; none where the query cannot be.
pub(super) async fn takes(suite: &Suite, world: &World, query: &str) -> Option<bool> {
    let request = QueryRequest {
        now_ns: Some(suite.subject.now_ns),
        ..QueryRequest::new(query)
    };
    let explained = world.engine.explain(request).await.ok()?;
    let mut filters = explained.scans.iter().flat_map(|scan| &scan.filters);
    Some(filters.any(|filter| filter.pushed != Taken::No))
}

/// The rows that conditions leave, as the language alone says; none where that cannot be known. Many are asked for at once: a table is
/// read as often as there are queries.
pub(super) async fn truths(
    suite: &Suite,
    world: &World,
    base: &Base,
    conditions: &[String],
) -> Vec<Option<Bag>> {
    let mut truths = Vec::new();
    for some in conditions.chunks(AT_ONCE) {
        let columns: Vec<String> = some
            .iter()
            .enumerate()
            .map(|(number, condition)| format!("{MARK}{number} = ({condition})"))
            .collect();
        let query = format!("{} | extend {}", base.query, columns.join(", "));
        let told = suite.ask(world, &query, Pushdown::Nothing).await;
        for number in 0..some.len() {
            let mark = format!("{MARK}{number}");
            let holds = |row: &&Json| row.get(&mark) == Some(&Json::Bool(true));
            let rows = told.rows.iter().filter(holds).map(unmarked);
            let rows: Vec<Json> = rows.collect();
            truths.push((told.is_read() && !told.cut).then(|| Bag::of(&rows)));
        }
    }
    truths
}

/// Conditions that one query answers.
const AT_ONCE: usize = 40;

/// Begins the names of columns that say whether a condition holds.
const MARK: &str = "condition_of_the_suite_";

/// A row without what conditions say of it.
fn unmarked(row: &Json) -> Json {
    match row {
        Json::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !name.starts_with(MARK))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        other => other.clone(),
    }
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (table, base) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "conditions");
        let world = suite.subject.world(Vec::new()).await?;
        if let Some(difference) = &base.difference {
            tally.tried(Some(format!("`{}`: {difference}", base.query)));
        }
        let (mut tried, mut told) = (Vec::new(), Vec::new());
        for condition in conditions(suite, base) {
            let query = format!("{} | where {condition}", base.query);
            let pushed = suite.ask(&world, &query, Pushdown::Everything).await;
            // Not every condition is one of the language: texts have no order with numbers.
            if pushed.error.is_some() {
                continue;
            }
            if let Some(why) = shows_nothing(&query, &pushed) {
                tally.left_out(why);
                continue;
            }
            tried.push(condition);
            told.push(pushed);
        }
        let truths = truths(suite, &world, base, &tried).await;
        for ((condition, pushed), truth) in tried.iter().zip(told).zip(truths) {
            let Some(truth) = truth else {
                tally.left_out(format!(
                    "without its conditions `{}` cannot be read, so that there is nothing to compare `where {condition}` with",
                    base.query
                ));
                continue;
            };
            let query = format!("where {condition}");
            judge(&mut tally, base, &query, &pushed, || {
                pushed.bag().difference(&truth)
            });
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}
