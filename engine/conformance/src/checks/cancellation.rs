//! `cancellation`: a query that nobody waits for any more asks nobody any more.

use futures::FutureExt;
use trawl_exec::Pushdown;

use super::{Check, Findings, readable};
use crate::error::Error;
use crate::report::Finding;
use crate::server::{Fault, Rule};
use crate::suite::{Base, Suite};
use crate::told::QUERY_TIMEOUT;

/// The check.
pub const CHECK: Check = Check {
    name: "cancellation",
    rule: "A query that is dropped ends its requests at the remote and its instances, whatever the remote is doing.",
    tried: "The remote holds the answer to each of a table's requests back; when it has come, the query is dropped. The remote has to see the connection close, and then the same engine has to answer what asks for nothing.",
    help: "There is nothing that a plugin has to do for it; report this to trawl, with the component.",
    run,
};

/// Requests of a table that are held back, one at a time.
const HELD: usize = 4;

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (table, base) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "requests held back");
        for (number, asked) in base.exchanges.iter().take(HELD) {
            match dropped(suite, base, *number).await? {
                Some(wrong) => tally.tried(wrong.map(|wrong| format!("{asked}: {wrong}"))),
                None => tally.left_out(format!("{asked} was not asked for again")),
            }
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}

/// Drops a query while an answer is held back; nothing where it never was.
async fn dropped(
    suite: &Suite,
    base: &Base,
    exchange: usize,
) -> Result<Option<Option<String>>, Error> {
    let rule = Rule::of(exchange, Fault::Hold);
    let world = suite.subject.world(vec![rule]).await?;
    {
        let query = world.ask(&base.query, suite.how(Pushdown::Everything));
        tokio::select! {
            _ = query => return Ok(None),
            () = world.server.until(|counts| counts.held > 0) => {}
        }
    }
    let closed = world.server.until(|counts| counts.let_go >= counts.held);
    if tokio::time::timeout(QUERY_TIMEOUT, closed).await.is_err() {
        return Ok(Some(Some(
            "the query was dropped, and its request goes on".to_owned(),
        )));
    }
    let tables = world.engine.tables();
    let answered = tokio::time::timeout(QUERY_TIMEOUT, tables).await;
    Ok(Some(match answered {
        Ok((_, unlisted)) => unlisted.first().map(|it| {
            format!(
                "after the query was dropped the engine does not answer: {}",
                it.error
            )
        }),
        Err(_) => Some("after the query was dropped the engine does not answer".to_owned()),
    }))
}
