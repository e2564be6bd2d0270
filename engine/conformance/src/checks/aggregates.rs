//! `aggregates`: groups that the plugin makes are those that trawl makes.

use futures::FutureExt;
use trawl_plan::Type;

use super::{Check, Findings, both, judge, readable};
use crate::error::Error;
use crate::literal;
use crate::report::Finding;
use crate::suite::{Base, Suite};

/// The check.
pub const CHECK: Check = Check {
    name: "aggregates",
    rule: "Counts, sums, least and greatest values are the same whether the plugin computes them or trawl does, for all rows and for groups.",
    tried: "Each table is counted, each column's least, greatest and summed values are asked for, alone and by the columns that have few values, and behind a condition; once with the aggregate offered to the plugin and once without.",
    help: "Take an aggregate over only where the remote's means the same: nulls do not count, a sum of nothing is null, and groups come once for each key.",
    run,
};

/// What counts are called: a name that no column of a table has by chance.
const COUNTED: &str = "counted";

/// A column with more values than this is no key of groups.
const GROUPS: usize = 50;

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (table, base) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "aggregates");
        let world = suite.subject.world(Vec::new()).await?;
        for pipe in pipes(base) {
            let query = format!("{} | {pipe}", base.query);
            let Some((pushed, plain)) = both(suite, &world, &query, &mut tally).await else {
                continue;
            };
            judge(&mut tally, base, &query, &pushed, || {
                pushed.bag().difference(&plain.bag())
            });
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}

/// What is asked of a table.
fn pipes(base: &Base) -> Vec<String> {
    let mut calls = vec![format!("{COUNTED} = count()")];
    let mut keys = Vec::new();
    let mut condition = None;
    for (name, ty) in &base.columns {
        if ty.is_nested() || *ty == Type::Dynamic {
            continue;
        }
        let name = literal::name(name);
        calls.push(format!(
            "least = min({name}), greatest = max({name}), {COUNTED} = countif(isnotnull({name}))"
        ));
        if matches!(
            ty,
            Type::Long | Type::Real | Type::Timespan | Type::Quantity
        ) {
            calls.push(format!("summed = sum({name}), averaged = avg({name})"));
        }
        let raw = name.trim_matches('`');
        let mut values: Vec<String> = base
            .rows
            .iter()
            .filter_map(|row| row.get(raw))
            .map(ToString::to_string)
            .collect();
        values.sort();
        values.dedup();
        if *ty == Type::Datetime {
            keys.push(format!("hour = bin({name}, 1h)"));
        } else if values.len() <= GROUPS {
            keys.push(name.clone());
        }
        if condition.is_none() && values.len() > 1 {
            let value = base
                .rows
                .iter()
                .filter_map(|row| row.get(raw))
                .find(|it| !it.is_null());
            condition = value
                .and_then(|value| literal::value(ty, value))
                .map(|literal| format!("{name} == {literal}"));
        }
    }
    let mut pipes: Vec<String> = calls
        .iter()
        .map(|call| format!("summarize {call}"))
        .collect();
    for key in &keys {
        pipes.push(format!("summarize {COUNTED} = count() by {key}"));
        pipes.push(format!("distinct {key}"));
    }
    if let (Some(call), Some(key)) = (calls.last(), keys.first()) {
        pipes.push(format!("summarize {call} by {key}"));
    }
    if let Some(condition) = condition {
        let behind: Vec<String> = pipes
            .iter()
            .map(|pipe| format!("where {condition} | {pipe}"))
            .collect();
        pipes.extend(behind);
    }
    pipes
}
