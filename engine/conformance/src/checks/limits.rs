//! `limits`: so many rows as are wanted, and these among those that there are.

use futures::FutureExt;
use trawl_exec::Pushdown;

use super::{Check, Findings, filters, judge, readable};
use crate::error::Error;
use crate::predicate;
use crate::report::Finding;
use crate::subject::World;
use crate::suite::{Base, Suite};
use crate::told::Bag;

/// The check.
pub const CHECK: Check = Check {
    name: "limits",
    rule: "`take n` gives n rows of those that there are, or all where there are fewer, also behind conditions: a limit is taken over exactly only when all conditions are.",
    tried: "Each table is asked for 1, 2, one less than all, all and one more, alone and behind conditions that leave several rows; the rows are counted and looked for among all.",
    help: "Give the remote the limit only when it applies all conditions exactly; a page's size is not a limit, and the last page may be needed.",
    run,
};

/// Conditions behind which limits are tried.
const CONDITIONS: usize = 10;

/// Conditions among which those are looked for that the plugin takes over.
const LOOKED_AT: usize = 60;

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (table, base) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "limits");
        let world = suite.subject.world(Vec::new()).await?;
        for (query, all) in queries(suite, base, &world).await {
            let count = all.len();
            let mut limits = vec![
                1,
                2,
                count.saturating_sub(1),
                count,
                count.saturating_add(1),
            ];
            limits.retain(|limit| *limit > 0);
            limits.sort_unstable();
            limits.dedup();
            for limit in limits {
                let query = format!("{query} | take {limit}");
                let told = suite.ask(&world, &query, Pushdown::Everything).await;
                judge(&mut tally, base, &query, &told, || {
                    wrong(limit, &told, &all)
                });
            }
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}

/// What is wrong with the rows under a limit.
fn wrong(limit: usize, told: &crate::told::Told, all: &Bag) -> Option<String> {
    let (got, expected) = (told.rows.len(), limit.min(all.len()));
    if got != expected {
        return Some(format!("it gives {got} rows; there are {}", all.len()));
    }
    let beyond = told.bag();
    let row = beyond.beyond(all)?;
    Some(format!(
        "it gives a row that is not there without the limit: {}",
        crate::told::shortened(row)
    ))
}

/// The table alone, and behind conditions that the plugin takes over and that leave some rows and not all.
async fn queries(suite: &Suite, base: &Base, world: &World) -> Vec<(String, Bag)> {
    let mut queries = vec![(base.query.clone(), base.bag.clone())];
    let mut taken = Vec::new();
    for condition in predicate::some(filters::conditions(suite, base), LOOKED_AT) {
        let query = format!("{} | where {condition}", base.query);
        if filters::takes(suite, world, &query).await == Some(true) {
            taken.push(condition);
        }
    }
    let truths = filters::truths(suite, world, base, &taken).await;
    for (condition, truth) in taken.iter().zip(truths) {
        let Some(truth) = truth.filter(|it| !it.is_empty() && it.len() < base.rows.len()) else {
            continue;
        };
        if queries.len() > CONDITIONS {
            break;
        }
        // Where a condition alone gives other rows, it is the check of conditions that says so.
        let query = format!("{} | where {condition}", base.query);
        let pushed = suite.ask(world, &query, Pushdown::Everything).await;
        if pushed.is_read() && pushed.bag() == truth {
            queries.push((query, truth));
        }
    }
    queries
}
