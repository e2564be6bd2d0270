//! `projection`: a column means the same whatever else is asked for.

use futures::FutureExt;
use trawl_exec::Pushdown;

use super::{Check, Findings, judge, readable};
use crate::error::Error;
use crate::literal;
use crate::predicate;
use crate::report::Finding;
use crate::suite::{Base, Suite};
use crate::told::Bag;

/// The check.
pub const CHECK: Check = Check {
    name: "projection",
    rule: "A column that is asked for alone has the values that it has among all, and a path below a document has the values that stand there.",
    tried: "Each table is read once whole, then once for each column alone, and for some paths below columns that hold documents; the values are compared.",
    help: "Look at the request's columns by name and not by place, and fetch what a column is made of even where nothing else of it is wanted.",
    run,
};

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (table, base) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "columns and paths alone");
        let world = suite.subject.world(Vec::new()).await?;
        for (expr, expected) in wanted(suite, base, &world).await {
            let query = format!("{} | project v = {expr}", base.query);
            let told = suite.ask(&world, &query, Pushdown::Everything).await;
            judge(&mut tally, base, &query, &told, || {
                told.bag().difference(&expected)
            });
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}

/// Expressions with the values that they have.
async fn wanted(suite: &Suite, base: &Base, world: &crate::subject::World) -> Vec<(String, Bag)> {
    let mut wanted = Vec::new();
    for (name, _) in &base.columns {
        let values: Vec<_> = base
            .rows
            .iter()
            .map(|row| serde_json::json!({ "v": row.get(name) }))
            .collect();
        wanted.push((literal::name(name), Bag::of(&values)));
    }
    // What a path gives is the language's to say.
    let columns: Vec<&String> = wanted_names(base);
    for place in predicate::places(&base.columns, &base.rows) {
        if columns.iter().any(|name| literal::name(name) == place.expr) {
            continue;
        }
        let query = format!("{} | project v = {}", base.query, place.expr);
        let told = suite.ask(world, &query, Pushdown::Nothing).await;
        if told.is_read() && !told.cut {
            wanted.push((place.expr, told.bag()));
        }
    }
    wanted
}

fn wanted_names(base: &Base) -> Vec<&String> {
    base.columns.iter().map(|(name, _)| name).collect()
}
