//! Owns `query` and `query_range`: PromQL at one instant and over a range of them.

use serde_json::{Map, Value, json};

use super::answer::{Answered, invalid, limited, with_limit};
use super::eval::{Failure, check_size, evaluate, selected};
use super::form::Form;
use super::parse::{Expr, parse};
use super::series::{Labels, Series};

/// Prometheus' limit on the points of a series.
const MAX_POINTS: i64 = 11_000;

/// Answers `query`.
pub(super) fn instant(form: &Form<'_>, series: &[Series]) -> Answered {
    let time_ms = form.instant_ms("time")?.unwrap_or(form.now_ms);
    let limit = form.limit()?;
    let expr = read(form)?;
    if let Expr::Range { of, range_ms } = &expr {
        let found = selected(of, series);
        check_size(found.len(), &[time_ms], *range_ms)?;
        let mut items = Vec::new();
        for series in found {
            let samples = series.samples(time_ms.saturating_sub(*range_ms), time_ms);
            let values: Vec<Value> = samples.map(|(at_ms, value)| point(at_ms, value)).collect();
            if !values.is_empty() {
                items.push(json!({"metric": metric(&series.labels), "values": values}));
            }
        }
        let cut = limited(&mut items, limit);
        return Ok(with_limit(
            json!({"resultType": "matrix", "result": items}),
            cut,
        ));
    }
    let lines = evaluate(&expr, series, &[time_ms]).map_err(in_query)?;
    let mut items: Vec<Value> = lines
        .into_iter()
        .filter_map(|line| {
            let value = line.values.first().copied().flatten()?;
            Some(json!({"metric": metric(&line.labels), "value": point(time_ms, value)}))
        })
        .collect();
    let cut = limited(&mut items, limit);
    Ok(with_limit(
        json!({"resultType": "vector", "result": items}),
        cut,
    ))
}

/// Answers `query_range`.
pub(super) fn range(form: &Form<'_>, series: &[Series]) -> Answered {
    let (start_ms, end_ms) = (form.required_ms("start")?, form.required_ms("end")?);
    if end_ms < start_ms {
        return Err(invalid(
            "end",
            "end timestamp must not be before start time",
        ));
    }
    let step_ms = form.step_ms("step")?;
    if step_ms <= 0 {
        let why = "zero or negative query resolution step widths are not accepted. Try a positive integer";
        return Err(invalid("step", why));
    }
    if end_ms.saturating_sub(start_ms) / step_ms > MAX_POINTS {
        return Err(Failure::Bad(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
                .to_owned(),
        ));
    }
    let limit = form.limit()?;
    let expr = read(form)?;
    if matches!(expr, Expr::Range { .. }) {
        let why = "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector";
        return Err(invalid("query", why));
    }
    let mut times_ms = Vec::new();
    let mut at_ms = start_ms;
    while at_ms <= end_ms {
        times_ms.push(at_ms);
        at_ms = at_ms.saturating_add(step_ms);
    }
    let lines = evaluate(&expr, series, &times_ms).map_err(in_query)?;
    let mut items: Vec<Value> = lines
        .into_iter()
        .map(|line| {
            let values = times_ms.iter().zip(line.values);
            let values: Vec<Value> = values
                .filter_map(|(at_ms, value)| Some(point(*at_ms, value?)))
                .collect();
            json!({"metric": metric(&line.labels), "values": values})
        })
        .collect();
    let cut = limited(&mut items, limit);
    Ok(with_limit(
        json!({"resultType": "matrix", "result": items}),
        cut,
    ))
}

fn read(form: &Form<'_>) -> Result<Expr, Failure> {
    parse(form.get("query").unwrap_or_default()).map_err(|why| invalid("query", &why))
}

/// A mistake that shows in evaluation is one of the query.
fn in_query(failure: Failure) -> Failure {
    match failure {
        Failure::Bad(why) => invalid("query", &why),
        failure => failure,
    }
}

/// Labels as JSON.
pub(super) fn metric(labels: &Labels) -> Map<String, Value> {
    labels
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(value.clone())))
        .collect()
}

/// A sample: the instant as a number of seconds, the value as text; both as Prometheus writes them.
pub(super) fn point(at_ms: i64, value: f64) -> Value {
    json!([time_number(at_ms), number_text(value)])
}

/// Seconds since 1970, with a fraction where there is one.
pub(super) fn time_number(at_ms: i64) -> Value {
    let (seconds, rest) = (at_ms.div_euclid(1000), at_ms.rem_euclid(1000));
    if rest == 0 {
        return json!(seconds);
    }
    let fraction = format!("{seconds}.{rest:03}");
    let fraction = fraction.trim_end_matches('0');
    fraction
        .parse::<serde_json::Number>()
        .map_or(json!(seconds), Value::Number)
}

/// A value as text.
pub(super) fn number_text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    format!("{value}")
}
