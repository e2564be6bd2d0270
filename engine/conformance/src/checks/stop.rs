//! `stop`: a plugin that is told that no more rows are wanted ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use futures::{FutureExt, StreamExt};
use trawl_host::types::{Column, Field, Filters, Placement, ScanRequest, ServedCluster};
use trawl_host::{Limits, ScanContext, ScanStats};

use super::{Check, Findings, readable};
use crate::error::Error;
use crate::report::Finding;
use crate::suite::{Suite, Table};
use crate::told::QUERY_TIMEOUT;

/// The check.
pub const CHECK: Check = Check {
    name: "stop",
    rule: "When `push` or `progress` answers `stop`, the plugin pushes nothing more, asks for little more, and returns without an error.",
    tried: "Each table is read by the host with room for one row: the first batch is answered with `stop`. The rows that come behind that batch are counted, and the requests that come behind that moment.",
    help: "Look at what `push` returns, and return `ok` from `scan` when it is `stop`; a page or two that were asked for ahead are fine.",
    run,
};

/// Requests that may come behind the stop: those that were begun ahead and not sent yet.
const REQUESTS_BEHIND: usize = 4;

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

/// A request for all columns of a table that needs neither arguments nor conditions.
pub(super) fn whole(suite: &Suite, table: &Table) -> Result<ScanRequest, String> {
    let detail = table.detail.as_ref().map_err(Clone::clone)?;
    if !detail.required_filters.is_empty() {
        return Err("it cannot be read without a condition".to_owned());
    }
    let clusters: Vec<ServedCluster> = suite
        .subject
        .clusters()
        .map(|name| ServedCluster {
            name: name.to_owned(),
            key: None,
        })
        .collect();
    Ok(ScanRequest {
        table: table.info.path.clone(),
        arguments: Vec::new(),
        now_ns: suite.subject.now_ns,
        clusters,
        others: Vec::new(),
        unplaced: detail.placement != Placement::Cluster,
        projection: columns(&detail.schema.fields),
        refs: Vec::new(),
        filters: Filters {
            nodes: Vec::new(),
            roots: Vec::new(),
        },
        limit: None,
        sort: Vec::new(),
        aggregate: None,
        max_partitions: 1,
    })
}

/// Fields in pre-order as columns.
fn columns(fields: &[Field]) -> Vec<Column> {
    let (mut columns, mut rest) = (Vec::new(), fields);
    while let Some(field) = rest.first() {
        let (mut size, mut open) = (0, 1_u64);
        for field in rest {
            size += 1;
            open = (open - 1).saturating_add(u64::from(field.children));
            if open == 0 {
                break;
            }
        }
        let (own, behind) = rest.split_at(size.min(rest.len()));
        columns.push(Column {
            name: field.name.clone(),
            path: Vec::new(),
            output: own.to_vec(),
        });
        rest = behind;
    }
    columns
}

fn context(stats: &Arc<ScanStats>) -> ScanContext {
    let now = Instant::now();
    ScanContext {
        memory: None,
        deadline: now.checked_add(QUERY_TIMEOUT).unwrap_or(now),
        stats: Arc::clone(stats),
    }
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (table, _) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "scans that were stopped");
        match whole(suite, table) {
            Err(why) => tally.left_out(why),
            Ok(request) => match stopped(suite, &request).await? {
                Ok(wrong) => tally.tried(wrong),
                Err(why) => tally.left_out(why),
            },
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}

/// Reads with room for all, then with room for one row; what is wrong, or why that shows nothing.
async fn stopped(
    suite: &Suite,
    request: &ScanRequest,
) -> Result<Result<Option<String>, String>, Error> {
    // The batches as they come when nobody stops them.
    let bare = suite.subject.bare(Vec::new(), None).await?;
    let stats = Arc::new(ScanStats::default());
    let plan = match bare.connection.within(context(&stats)).plan(request).await {
        Ok(plan) => plan,
        Err(error) => return Ok(Err(format!("it cannot be planned whole: {error}"))),
    };
    let batches: Vec<usize> = bare
        .connection
        .scan(request, &plan, 0, context(&stats))
        .filter_map(|batch| async move { batch.ok().map(|batch| batch.num_rows()) })
        .collect()
        .await;
    let Some(first) = batches
        .first()
        .copied()
        .filter(|_| batches.iter().sum::<usize>() > 1)
    else {
        return Ok(Err(
            "fewer than two rows came, so that there is nothing to stop".to_owned(),
        ));
    };
    if bare
        .server
        .log()
        .iter()
        .any(|seen| seen.answered == crate::server::Answered::Unrecorded)
    {
        return Ok(Err(
            "reading it whole asks for what is not recorded".to_owned()
        ));
    }

    let limits = Limits {
        rows: 1,
        ..Limits::default()
    };
    let bare = suite.subject.bare(Vec::new(), Some(limits)).await?;
    let stats = Arc::new(ScanStats::default());
    let plan = match bare.connection.within(context(&stats)).plan(request).await {
        Ok(plan) => plan,
        Err(error) => return Ok(Err(format!("it cannot be planned again: {error}"))),
    };
    let watched = Arc::clone(&stats);
    bare.server
        .mark(move || watched.rows.load(Ordering::Relaxed) > 0);
    let mut rows = bare.connection.scan(request, &plan, 0, context(&stats));
    let mut failed = None;
    while let Some(batch) = rows.next().await {
        if let Err(error) = batch {
            failed = Some(error.to_string());
        }
    }
    if let Some(error) = failed {
        return Ok(Ok(Some(format!(
            "told to stop, it ended with an error: {error}"
        ))));
    }
    // With one row in the first batch the second is what is cut.
    let expected = if first > 1 {
        first - 1
    } else {
        batches.get(1).copied().unwrap_or_default()
    };
    let cut = usize::try_from(stats.rows_cut.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
    if cut > expected {
        return Ok(Ok(Some(format!(
            "{} rows were pushed behind the batch that was answered with `stop`",
            cut - expected
        ))));
    }
    let behind = bare.server.marked();
    Ok(Ok((behind > REQUESTS_BEHIND).then(|| {
        format!("{behind} requests were made after it was told to stop")
    })))
}
