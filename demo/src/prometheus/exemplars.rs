//! Owns `query_exemplars`: requests of which the trace is known, as examples of the counter of requests. Their traces are
//! those that the pods' logs tell.

use serde_json::{Value, json};

use super::answer::{Answered, invalid};
use super::eval::selected;
use super::form::Form;
use super::matcher::Selector;
use super::parse::{Expr, parse};
use super::query::{metric, time_number};
use super::series::{REQUESTS, Series};
use crate::objects::World;
use crate::objects::log;

/// Of so many series exemplars are told at most; each takes reading a log.
const MAX_SERIES: usize = 100;
/// Of each series the latest so many.
const KEPT: usize = 10;

/// Answers `query_exemplars`.
pub(super) fn answer(form: &Form<'_>, series: &[Series], world: &World) -> Answered {
    let (start_ms, end_ms) = (form.required_ms("start")?, form.required_ms("end")?);
    if end_ms < start_ms {
        return Err(invalid(
            "end",
            "end timestamp must not be before start timestamp",
        ));
    }
    let query = form.get("query").unwrap_or_default();
    let expr = parse(query).map_err(|why| invalid("query", &why))?;
    let mut found = selected(selector(&expr), series);
    found.retain(|series| series.name() == REQUESTS);
    let mut items = Vec::new();
    for series in found.into_iter().take(MAX_SERIES) {
        let exemplars = of(series, world, start_ms, end_ms);
        if !exemplars.is_empty() {
            items.push(json!({"seriesLabels": metric(&series.labels), "exemplars": exemplars}));
        }
    }
    Ok(Value::Array(items).into())
}

/// The selector within an expression.
fn selector(expr: &Expr) -> &Selector {
    match expr {
        Expr::Selector(of) | Expr::Range { of, .. } | Expr::Over { of, .. } => of,
        Expr::Aggregate { of, .. } | Expr::Top { of, .. } | Expr::Compare { of, .. } => {
            selector(of)
        }
    }
}

fn of(series: &Series, world: &World, start_ms: i64, end_ms: i64) -> Vec<Value> {
    let label = |name: &str| series.labels.get(name).map_or("", String::as_str);
    let Some(found) = log::find(&world.plan, label("namespace"), label("pod")) else {
        return Vec::new();
    };
    let lines = log::lines(&world.plan, found, &found.0.name, false).unwrap_or_default();
    let mut exemplars: Vec<Value> = lines
        .iter()
        .rev()
        .filter_map(|line| {
            let at_ms = line.at_s.saturating_mul(1000).saturating_add(i64::from(line.nanos / 1_000_000));
            let told: Value = serde_json::from_str(&line.text).ok()?;
            let trace = told.get("trace_id")?.as_str()?;
            (start_ms..=end_ms).contains(&at_ms).then(|| {
                json!({"labels": {"trace_id": trace}, "value": "1", "timestamp": time_number(at_ms)})
            })
        })
        .take(KEPT)
        .collect();
    exemplars.reverse();
    exemplars
}
