//! `cancellation`: a query that nobody waits for any more asks nobody any more.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use trawl_exec::Pushdown;

use super::{Check, Findings, readable};
use crate::error::Error;
use crate::report::Finding;
use crate::server::{Fault, Rule, Server};
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
    if let Some(wrong) = goes_on(&world.server, QUERY_TIMEOUT).await {
        return Ok(Some(Some(wrong)));
    }
    let everything = Arc::default();
    let tables = world.engine.tables(&everything);
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

/// Waits until every request whose answer is held back was given up; what is wrong where one was not.
async fn goes_on(server: &Server, patience: Duration) -> Option<String> {
    let closed = server.until(|counts| counts.let_go >= counts.held);
    let closed = tokio::time::timeout(patience, closed).await;
    let wrong = || "the query was dropped, and its request goes on".to_owned();
    closed.is_err().then(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tape::Tape;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpStream;

    /// A host that forgets what it began, which no plugin can make of ours: the request of a dropped query lives in a task of its own.
    #[tokio::test]
    async fn a_request_that_outlives_its_query_is_found() {
        let rules = vec![Rule {
            on: crate::server::Trigger::Every,
            fault: Fault::Hold,
        }];
        let names = ["api".to_owned()];
        let server = Server::start(names, Tape::recorded(Vec::new()), rules);
        let server = server.await.unwrap();
        let url = server.url("api").unwrap();
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request).await.unwrap();
        server.until(|counts| counts.held > 0).await;
        // Nothing lets go, so that any patience shows it.
        let wrong = goes_on(&server, Duration::from_millis(1)).await;
        assert!(wrong.unwrap().contains("its request goes on"));
        drop(stream);
        assert_eq!(goes_on(&server, QUERY_TIMEOUT).await, None);
    }
}
