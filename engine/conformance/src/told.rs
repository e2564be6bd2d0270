//! What a query was told: rows as JSON, what became of its target, and what the remote saw of it. Owns the comparison of rows.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value as Json;
use trawl_exec::{
    AnswerColumn, Error as EngineError, Pushdown, QueryRequest, Status, Target, encode,
};

use crate::exchange::Asked;
use crate::server::{Answered, Seen};
use crate::subject::World;

/// Until a query that waits for nothing has to have ended. Only a plugin that does not end meets it.
pub const QUERY_TIMEOUT: Duration = Duration::from_secs(60);

/// Rows that the suite keeps of one query: what it learns of more it learns of these.
pub const ROWS: usize = 50_000;

/// Digits of a real number that are compared: sums depend on their order in the last ones.
const REAL_DIGITS: usize = 9;

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Why there is none at all: the query is wrong, or the plugin cannot be loaded.
    pub error: Option<String>,
    /// Names and types.
    pub columns: Vec<AnswerColumn>,
    /// The rows in their order, each an object.
    pub rows: Vec<Json>,
    /// The same as people read them.
    pub cells: Vec<Vec<String>>,
    /// What became of the targets; one for each table.
    pub targets: Vec<Target>,
    /// The time was over before all rows were there.
    pub timed_out: bool,
    /// More rows than are compared were left unread.
    pub cut: bool,
    /// What the remote saw, in order.
    pub seen: Vec<Seen>,
}

/// How a query is run.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// What the plugin is offered.
    pub pushdown: Pushdown,
    /// Time for the whole query.
    pub timeout: Duration,
    /// What `now()` is.
    pub now_ns: i64,
}

impl World {
    /// Runs a query to its end.
    pub async fn ask(&self, query: &str, how: How) -> Told {
        let request = QueryRequest {
            pushdown: how.pushdown,
            timeout: how.timeout,
            now_ns: Some(how.now_ns),
            ..QueryRequest::new(query)
        };
        let mut told = Told::default();
        match self.engine.query(request).await {
            Err(error) => told.error = Some(words(&error)),
            Ok(mut answer) => {
                told.columns = answer.columns().to_vec();
                loop {
                    let batch = match answer.next().await {
                        Ok(Some(batch)) => batch,
                        Ok(None) => break,
                        Err(error) => {
                            told.error = Some(words(&error));
                            break;
                        }
                    };
                    for row in 0..batch.num_rows() {
                        let mut text = Vec::new();
                        encode::row_object(&batch, &told.columns, row, &mut text);
                        told.rows
                            .push(serde_json::from_slice(&text).unwrap_or_default());
                        let cells = told.columns.iter().zip(batch.columns());
                        let cells =
                            cells.map(|(column, array)| encode::cell(array, &column.ty, row));
                        let cells = cells.collect();
                        told.cells.push(cells);
                    }
                    if told.rows.len() > ROWS {
                        told.cut = true;
                        break;
                    }
                }
                let completeness = answer.finish().completeness;
                told.timed_out = completeness.timed_out;
                told.targets = completeness.targets;
            }
        }
        told.seen = self.server.log();
        told
    }
}

/// An error in one line.
fn words(error: &EngineError) -> String {
    match error {
        EngineError::Query(diagnostics) => {
            let first = diagnostics.iter().find(|it| it.is_error());
            first.map_or_else(|| error.to_string(), |it| it.message.clone())
        }
        _ => error.to_string(),
    }
}

impl Told {
    /// Whether every target gave all that it has, or all that was wanted of it.
    pub fn is_whole(&self) -> bool {
        let fine = |target: &Target| {
            matches!(
                target.status,
                Status::Ok | Status::Stopped | Status::Skipped
            )
        };
        self.error.is_none() && !self.timed_out && self.targets.iter().all(fine)
    }

    /// Whether it was read to its end: nothing failed, though the plugin may have said that something is missing.
    pub fn is_read(&self) -> bool {
        self.error.is_none() && !self.timed_out && self.targets.iter().all(|it| it.error.is_none())
    }

    /// What the plugin says is missing, where nothing failed.
    pub fn gaps(&self) -> Vec<&str> {
        let whole = |target: &&Target| {
            !matches!(
                target.status,
                Status::Ok | Status::Stopped | Status::Skipped
            )
        };
        let missing = self.targets.iter().filter(whole);
        let notes = missing.flat_map(|target| target.notes.iter().map(String::as_str));
        notes.collect()
    }

    /// Whether it was read to its end, and nothing is said to be missing but this.
    pub fn is_whole_but(&self, gaps: &[String]) -> bool {
        let told = self.gaps();
        let is_known = |gap: &&str| gaps.iter().any(|known| known == gap);
        self.is_whole() || (self.is_read() && !told.is_empty() && told.iter().all(is_known))
    }

    /// The first failed target's code and message.
    pub fn failure(&self) -> Option<(&str, &str)> {
        let errors = self.targets.iter().filter_map(|it| it.error.as_ref());
        let mut errors = errors.map(|error| (error.code.as_str(), error.message.as_str()));
        errors.next()
    }

    /// Why it is not whole, in one line.
    pub fn why(&self) -> String {
        if let Some(error) = &self.error {
            return error.clone();
        }
        if let Some((code, message)) = self.failure() {
            return format!("{code}: {message}");
        }
        let notes: Vec<&str> = self
            .targets
            .iter()
            .flat_map(|target| target.notes.iter().map(String::as_str))
            .collect();
        match (self.timed_out, notes.is_empty()) {
            (true, _) => "the time was over before all rows were there".to_owned(),
            (_, false) => notes.join("; "),
            _ => "whole".to_owned(),
        }
    }

    /// What was asked for and is not recorded.
    pub fn unrecorded(&self) -> Vec<&Asked> {
        let unrecorded = |seen: &&Seen| seen.answered == Answered::Unrecorded;
        self.seen
            .iter()
            .filter(unrecorded)
            .map(|it| &it.asked)
            .collect()
    }

    /// The rows as a multiset.
    pub fn bag(&self) -> Bag {
        Bag::of(&self.rows)
    }
}

/// Rows without their order, each with how often it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bag(BTreeMap<String, usize>);

impl Bag {
    /// The bag of these rows. The last digits of reals and the order of lists do not matter.
    pub fn of(rows: &[Json]) -> Self {
        let mut bag = BTreeMap::new();
        for row in rows {
            *bag.entry(normal(row.clone()).to_string()).or_insert(0) += 1;
        }
        Self(bag)
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.0.values().sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each of its rows is in the other one, as often at least.
    pub fn is_within(&self, other: &Self) -> bool {
        self.beyond(other).is_none()
    }

    /// A row that comes more often here than there.
    pub fn beyond(&self, other: &Self) -> Option<&str> {
        let mut rows = self.0.iter();
        let found = rows.find(|(row, count)| other.0.get(*row).unwrap_or(&0) < *count);
        found.map(|(row, _)| row.as_str())
    }

    /// How two bags differ, for a message; none when they do not.
    pub fn difference(&self, expected: &Self) -> Option<String> {
        if self == expected {
            return None;
        }
        let mut text = format!("{} rows instead of {}", self.len(), expected.len());
        if let Some(row) = expected.beyond(self) {
            text.push_str(&format!("; missing: {}", shortened(row)));
        }
        if let Some(row) = self.beyond(expected) {
            text.push_str(&format!("; wrong: {}", shortened(row)));
        }
        Some(text)
    }
}

/// Characters of a row or a body that a message shows.
const SHOWN_CHARS: usize = 160;

/// The beginning of a text.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A value without what may differ between two right answers.
fn normal(value: Json) -> Json {
    match value {
        Json::Number(number) if !number.is_i64() && !number.is_u64() => match number.as_f64() {
            Some(real) => Json::String(format!("{real:.REAL_DIGITS$e}")),
            None => Json::Number(number),
        },
        Json::Array(items) => {
            let mut items: Vec<Json> = items.into_iter().map(normal).collect();
            items.sort_by_key(ToString::to_string);
            Json::Array(items)
        }
        Json::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, normal(value)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bags_differ_by_what_is_missing_and_what_is_wrong() {
        let (a, b) = (json!({"n": 1}), json!({"n": 2}));
        let one = Bag::of(&[a.clone(), a.clone(), b.clone()]);
        assert_eq!(
            one.difference(&Bag::of(&[b.clone(), a.clone(), a.clone()])),
            None
        );
        let other = Bag::of(&[a.clone(), b.clone()]);
        assert!(other.is_within(&one) && !one.is_within(&other));
        assert_eq!(
            other.difference(&one).as_deref(),
            Some(r#"2 rows instead of 3; missing: {"n":1}"#)
        );
    }

    #[test]
    fn the_order_of_lists_and_the_last_digits_do_not_matter() {
        let a = json!({"l": ["b", "a"], "r": 0.1 + 0.2});
        let b = json!({"l": ["a", "b"], "r": 0.3});
        assert_eq!(Bag::of(&[a]), Bag::of(&[b]));
    }
}
