//! `order`: rows that the plugin sorts are in the language's order.

use futures::FutureExt;
use serde_json::Value as Json;
use trawl_plan::Type;

use super::{Check, Findings, both, judge, readable};
use crate::error::Error;
use crate::literal;
use crate::report::Finding;
use crate::suite::Suite;
use crate::told::Bag;

/// The check.
pub const CHECK: Check = Check {
    name: "order",
    rule: "The first rows of an order are the same whether the plugin sorts or trawl does: text by its bytes, null and NaN where the request says.",
    tried: "Each column that has an order is asked for its first 1, 3 and all but one values, in both directions, with the order offered to the plugin and without; the values are compared in their order.",
    help: "Say `sorted` only when each partition comes in exactly the order that is asked for; remotes that sort text by a language's rules, or put nulls elsewhere, do not.",
    run,
};

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (table, base) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "orders");
        let world = suite.subject.world(Vec::new()).await?;
        let sortable = |ty: &Type| !ty.is_nested() && *ty != Type::Dynamic;
        for (name, _) in base.columns.iter().filter(|(_, ty)| sortable(ty)) {
            let name = literal::name(name);
            let mut counts = vec![1, 3, base.rows.len().saturating_sub(1)];
            counts.retain(|count| *count > 0);
            counts.sort_unstable();
            counts.dedup();
            for (count, direction) in counts.iter().flat_map(|it| [(it, "asc"), (it, "desc")]) {
                let query = format!(
                    "{} | top {count} by {name} {direction} | project v = {name}",
                    base.query
                );
                let Some((pushed, plain)) = both(suite, &world, &query, &mut tally).await else {
                    continue;
                };
                judge(&mut tally, base, &query, &pushed, || {
                    let rows = pushed.bag().difference(&plain.bag());
                    rows.or_else(|| {
                        // The same values can still come in another order.
                        let mut pairs = pushed.rows.iter().zip(&plain.rows);
                        let same = |a: &Json, b: &Json| {
                            Bag::of(std::slice::from_ref(a)) == Bag::of(std::slice::from_ref(b))
                        };
                        let moved = pairs.any(|(a, b)| !same(a, b));
                        moved.then(|| "the right values in another order".to_owned())
                    })
                });
            }
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}
