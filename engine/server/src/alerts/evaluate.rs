//! One evaluation of an alert: its query, run as the caller that alerts are evaluated as, within its scope and budget.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::Value as Json;
use trawl_exec::encode;
use trawl_exec::{Completeness, Engine, Error, QueryRequest, Target, TargetError};
use trawl_saved::{Alert, Fires, SavedQuery};

use super::state::{Evaluation, Row, cluster_of};
use crate::caller::Caller;
use crate::limits;
use crate::queue::Queue;

/// Runs a saved query as somebody and says what fires. A failure is an evaluation too.
pub(crate) async fn evaluate(
    engine: &Engine,
    queue: &Queue,
    query: &SavedQuery,
    alert: Alert,
    caller: &Caller,
) -> Evaluation {
    let mut request = QueryRequest {
        timeout: limits::ALERT_TIME,
        max_rows: Some(limits::ALERT_ROWS),
        ..QueryRequest::new(&query.text)
    };
    if let Err(refused) = caller.claim(&mut request) {
        return Evaluation::failed(refused.message().to_owned());
    }
    // Only who has a share is counted: a server that is busy with others watches all the same.
    let _place = match caller.share() {
        None => None,
        share => {
            let until = Instant::now() + limits::ALERT_TIME;
            match queue.enter(&caller.name, share, until).await {
                Ok(place) => Some(place),
                Err(full) => return Evaluation::failed(full.to_string()),
            }
        }
    };
    match run(engine, request, alert.fires).await {
        Ok(evaluation) => evaluation,
        Err(error) => Evaluation::failed(error.to_string()),
    }
}

async fn run(engine: &Engine, request: QueryRequest, fires: Fires) -> Result<Evaluation, Error> {
    let mut answer = engine.query(request).await?;
    let mut evaluation = Evaluation::default();
    while let Some(batch) = answer.next().await? {
        if fires == Fires::Unreachable {
            continue;
        }
        for index in 0..batch.num_rows() {
            let mut text = Vec::new();
            encode::row_object(&batch, answer.columns(), index, &mut text);
            // What is written there is an object.
            fire(
                &mut evaluation,
                serde_json::from_slice(&text).unwrap_or_default(),
            );
        }
    }
    let summary = answer.finish();
    let completeness = summary.completeness;
    let silent = |target: &Target| !target.status.answered();
    evaluation.complete = completeness.complete;
    evaluation.missing = clusters(&completeness, silent);
    let nobodys = |it: &Target| silent(it) && it.cluster.is_none() && it.clusters.is_empty();
    evaluation.unplaced = completeness.timed_out || completeness.targets.iter().any(nobodys);
    if let Some(rows) = summary.cut_at {
        evaluation.complete = false;
        evaluation.unplaced = true;
        evaluation.problem = Some(format!(
            "more than {rows} rows fire, of which no more were read: who else fires is not known"
        ));
        return Ok(evaluation);
    }
    if fires == Fires::Unreachable {
        // Who does not answer is what was asked. One that refuses is there, and whether more of it is cannot be said.
        let down = clusters(&completeness, |it| silent(it) && !is_refused(it));
        evaluation.missing.retain(|cluster| !down.contains(cluster));
        evaluation.complete = evaluation.missing.is_empty();
        for cluster in down {
            let row = Row::from_iter([("cluster".to_owned(), Json::from(cluster))]);
            fire(&mut evaluation, row);
        }
    }
    if !evaluation.complete {
        evaluation.problem = Some(completeness.line());
    }
    Ok(evaluation)
}

fn fire(evaluation: &mut Evaluation, row: Row) {
    *evaluation.rows.entry(cluster_of(&row)).or_default() += 1;
    if evaluation.sample.len() < limits::ALERT_SAMPLE {
        evaluation.sample.push(row);
    }
}

/// Whether the caller may not ask it, which it said itself or nobody was there to ask in the name of.
fn is_refused(target: &Target) -> bool {
    target.error.as_ref().is_some_and(TargetError::is_refused)
}

/// The clusters of some targets.
fn clusters(completeness: &Completeness, of: impl Fn(&Target) -> bool) -> BTreeSet<String> {
    let own = |target: &Target| {
        let own = target.cluster.clone().into_iter();
        own.chain(target.clusters.clone()).collect::<Vec<_>>()
    };
    let targets = completeness.targets.iter().filter(|target| of(target));
    targets.flat_map(own).collect()
}
