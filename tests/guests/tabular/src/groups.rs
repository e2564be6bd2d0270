//! Partial aggregates as the contract asks for them, or with the lie that the configuration wants.

use std::cmp::Ordering;

use trawl_sdk::types::{Aggregate, AggregateCall, AggregateFunction, GroupKey, ScanRequest};

use crate::lie::Lie;
use crate::referred;
use crate::value::{Row, Value};

/// The groups of some rows: their keys, then their partial results.
pub fn partial(
    rows: &[Row],
    request: &ScanRequest,
    aggregate: &Aggregate,
    lie: Option<Lie>,
) -> Vec<Vec<Value>> {
    let mut groups: Vec<(Vec<Value>, Vec<&Row>)> = Vec::new();
    for row in rows {
        let keys = aggregate.group_by.iter();
        let keys: Vec<Value> = keys.map(|key| value(key, request, row)).collect();
        match groups.iter_mut().find(|(known, _)| same(known, &keys)) {
            Some((_, members)) if lie != Some(Lie::Duplicates) => members.push(row),
            _ => groups.push((keys, vec![row])),
        }
    }
    // Without keys there is one row for no rows.
    if groups.is_empty() && aggregate.group_by.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    if lie == Some(Lie::EmptyGroups) {
        groups.push((vec![Value::Null; aggregate.group_by.len()], Vec::new()));
    }
    let results = groups.into_iter().map(|(keys, members)| {
        let calls = aggregate.calls.iter();
        let calls = calls.map(|call| match (lie, call.function) {
            (Some(Lie::NegativeCounts), AggregateFunction::Count) => Value::Long(-3),
            (Some(Lie::HugeCounts), AggregateFunction::Count) => Value::Long(i64::MAX),
            (Some(Lie::Miscounts), AggregateFunction::Count) => {
                count(members.len().saturating_add(1))
            }
            _ => result(call, request, &members),
        });
        keys.into_iter().chain(calls).collect()
    });
    results.collect()
}

/// The key of a row, rounded down to its bin.
fn value(key: &GroupKey, request: &ScanRequest, row: &Row) -> Value {
    let value = referred(request, key.column).map_or(Value::Null, |column| row.get(column));
    match (
        value,
        key.bin_ns.and_then(|width| i64::try_from(width).ok()),
    ) {
        (Value::Time(at), Some(width)) if width > 0 => {
            let start = at.checked_sub(at.rem_euclid(width));
            start.map_or(Value::Null, Value::Time)
        }
        (value, _) => value,
    }
}

fn same(a: &[Value], b: &[Value]) -> bool {
    let mut pairs = a.iter().zip(b);
    pairs.all(|(a, b)| a.is_null() == b.is_null() && a.order(b) == Ordering::Equal)
}

fn result(call: &AggregateCall, request: &ScanRequest, rows: &[&Row]) -> Value {
    let column = call.column.and_then(|column| referred(request, column));
    let Some(column) = column else {
        return count(rows.len());
    };
    let values = rows.iter().map(|row| row.get(column));
    let values: Vec<Value> = values.filter(|value| !value.is_null()).collect();
    let numbers = || values.iter().filter(|value| !value.is_nan()).cloned();
    let extreme = match call.function {
        AggregateFunction::Count => return count(values.len()),
        AggregateFunction::Sum => {
            return values
                .iter()
                .fold(Value::Null, |sum, value| add(&sum, value));
        }
        AggregateFunction::Min => numbers().min_by(Value::order),
        AggregateFunction::Max => numbers().max_by(Value::order),
    };
    extreme.unwrap_or(Value::Null)
}

fn count(rows: usize) -> Value {
    i64::try_from(rows).map_or(Value::Null, Value::Long)
}

fn add(sum: &Value, value: &Value) -> Value {
    match (sum, value) {
        (Value::Null, Value::Real(real)) => Value::Real(*real),
        (Value::Real(sum), Value::Real(real)) => Value::Real(sum + real),
        (Value::Null, Value::Long(more) | Value::Span(more)) => Value::Wide(i128::from(*more)),
        (Value::Wide(sum), Value::Long(more) | Value::Span(more)) => {
            Value::Wide(sum.saturating_add(i128::from(*more)))
        }
        _ => Value::Null,
    }
}
