//! `verify_pushdown`: a query run twice, with all and with nothing left to the sources, and the rows compared. Owns the comparison;
//! what differs is an error that shows rows.

use std::collections::BTreeMap;

use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::logical_expr::{Expr, LogicalPlan};
use serde::Serialize;
use serde_json::Value as Json;

use crate::answer::{Answer, Held};
use crate::context::Pushdown;
use crate::encode;
use crate::engine::{Engine, now_ns};
use crate::error::Error;
use crate::limits;
use crate::request::{QueryRequest, Require};

/// Rows of each side that a difference shows.
const SHOWN_ROWS: usize = 5;

/// Digits of a real number that are compared: sums depend on their order in the last ones.
const REAL_DIGITS: usize = 9;

/// What a text costs beside its bytes: its place in a tree.
const ENTRY_BYTES: usize = 64;

/// How two runs of one query differ.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Difference {
    /// Rows with everything pushed down that may be.
    pub rows_pushed: u64,
    /// Rows with nothing pushed down.
    pub rows_unpushed: u64,
    /// The first rows that came more often with pushdown.
    pub only_pushed: Vec<Json>,
    /// The first rows that came more often without.
    pub only_unpushed: Vec<Json>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the answer depends on what is left to the sources: {} rows with pushdown, {} without",
            self.rows_pushed, self.rows_unpushed
        )?;
        let sides = [
            ("with", &self.only_pushed),
            ("without", &self.only_unpushed),
        ];
        for (side, rows) in sides {
            for row in rows {
                write!(f, "\n  only {side}: {row}")?;
            }
        }
        write!(
            f,
            "\na plugin takes a filter or a limit for exact that it does not apply as the language means it; `trawl explain` shows which (rows that changed between the two runs look the same)"
        )
    }
}

/// What leaves open which rows a plan gives, so that two right answers may differ; `None` when nothing does.
pub(crate) fn left_open(plan: &LogicalPlan) -> Option<&'static str> {
    let here = match plan {
        LogicalPlan::Limit(limit) => match limit.input.as_ref() {
            LogicalPlan::Sort(_) => Some("rows that tie at the edge of `top`"),
            // One row of one: the binder keeps filters above from being moved below.
            LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => None,
            _ => Some("`take` without an order"),
        },
        LogicalPlan::Sort(sort) if sort.fetch.is_some() => {
            Some("rows that tie at the edge of `top`")
        }
        LogicalPlan::Aggregate(aggregate) => aggregate
            .aggr_expr
            .iter()
            .any(takes_any)
            .then_some("an aggregate that takes any row"),
        _ => None,
    };
    here.or_else(|| plan.inputs().into_iter().find_map(left_open))
}

fn takes_any(expr: &Expr) -> bool {
    match expr {
        Expr::Alias(alias) => takes_any(&alias.expr),
        Expr::AggregateFunction(call) => call.func.name() == "first_value",
        _ => false,
    }
}

/// Runs a query both ways and gives the rows of the run with pushdown when they agree.
///
/// # Errors
/// [`Error::Pushdown`] when they do not, [`Error::Limit`] when there are too many rows to compare, and as [`Engine::query`].
pub(crate) async fn both_ways(engine: &Engine, request: &QueryRequest) -> Result<Answer, Error> {
    let now = request.now_ns.unwrap_or_else(now_ns);
    // Both runs see the same, whatever is replaced meanwhile.
    let state = engine.state_within(&request.scope);
    let whole = QueryRequest {
        max_rows: None,
        ..request.clone()
    };
    let mut pushed = engine
        .run(&state, &whole, now, Pushdown::Everything)
        .await?;
    let mut held = pushed.holding();
    let pushed_rows = read(&mut pushed, Some(&mut held)).await?;
    let unpushed = QueryRequest {
        require: Some(Require::Any),
        ..whole
    };
    let mut unpushed = engine
        .run(&state, &unpushed, now, Pushdown::Nothing)
        .await?;
    let unpushed_rows = read(&mut unpushed, None).await?;

    let verdict = if pushed.completeness().complete && unpushed.completeness().complete {
        compare(&pushed_rows.rows, &unpushed_rows.rows, pushed.left_open())?
    } else {
        "the two runs were not compared: not every target answered both".to_owned()
    };
    pushed.again(held, request.max_rows, verdict);
    Ok(pushed)
}

/// All rows of an answer as a multiset of their texts, and where they are to be held.
async fn read(answer: &mut Answer, mut held: Option<&mut Held>) -> Result<Texts, Error> {
    let reservation = answer.reserve("texts of rows that are compared");
    let mut texts = Texts::within(limits::VERIFIED_BYTES, reservation);
    let mut count = 0_usize;
    while let Some(batch) = answer.next().await? {
        count = count.saturating_add(batch.num_rows());
        if count > limits::VERIFIED_ROWS {
            return Err(Error::Limit(format!(
                "the query gives more than {} rows, too many to compare two runs; narrow it with `where`",
                limits::VERIFIED_ROWS
            )));
        }
        for row in 0..batch.num_rows() {
            let mut text = Vec::new();
            encode::row_object(&batch, answer.columns(), row, &mut text);
            let mut object: Json = serde_json::from_slice(&text)
                .map_err(|error| Error::Internal(format!("a row is no JSON: {error}")))?;
            normalise(&mut object);
            texts.add(object.to_string())?;
        }
        if let Some(held) = &mut held {
            held.push(batch).await?;
        }
    }
    Ok(texts)
}

/// How often each row came, within the memory of the query.
struct Texts {
    rows: BTreeMap<String, u64>,
    limit: usize,
    reservation: MemoryReservation,
}

impl Texts {
    fn within(limit: usize, reservation: MemoryReservation) -> Self {
        Self {
            rows: BTreeMap::new(),
            limit,
            reservation,
        }
    }

    fn add(&mut self, row: String) -> Result<(), Error> {
        if let Some(times) = self.rows.get_mut(&row) {
            *times += 1;
            return Ok(());
        }
        let bytes = row.len().saturating_add(ENTRY_BYTES);
        if self.reservation.size().saturating_add(bytes) > self.limit {
            return Err(Error::Limit(format!(
                "the rows of the query take more than {} MiB as texts, too many to compare two runs; narrow it with `where` or `project`",
                self.limit >> 20
            )));
        }
        self.reservation.try_grow(bytes)?;
        self.rows.insert(row, 1);
        Ok(())
    }
}

/// A value without what may differ between two right answers: the last digits of reals, and the order of lists, which is that in
/// which rows came.
fn normalise(value: &mut Json) {
    match value {
        Json::Number(number) if !number.is_i64() && !number.is_u64() => {
            if let Some(real) = number.as_f64() {
                *value = Json::String(format!("{real:.REAL_DIGITS$e}"));
            }
        }
        Json::Array(items) => {
            items.iter_mut().for_each(normalise);
            items.sort_by_key(ToString::to_string);
        }
        Json::Object(fields) => fields.values_mut().for_each(normalise),
        _ => {}
    }
}

/// What to say when they agree.
fn compare(
    pushed: &BTreeMap<String, u64>,
    unpushed: &BTreeMap<String, u64>,
    left_open: Option<&'static str>,
) -> Result<String, Error> {
    let (rows_pushed, rows_unpushed): (u64, u64) = (pushed.values().sum(), unpushed.values().sum());
    if pushed == unpushed {
        return Ok(format!(
            "the same {rows_pushed} rows with and without pushdown"
        ));
    }
    if let Some(why) = left_open.filter(|_| rows_pushed == rows_unpushed) {
        return Ok(format!(
            "{rows_pushed} rows with and without pushdown; {why} leaves open which, so that only their number is compared"
        ));
    }
    let more = |a: &BTreeMap<String, u64>, b: &BTreeMap<String, u64>| {
        a.iter()
            .filter(|(row, count)| b.get(*row).unwrap_or(&0) < *count)
            .filter_map(|(row, _)| serde_json::from_str(row).ok())
            .take(SHOWN_ROWS)
            .collect()
    };
    Err(Error::Pushdown(Box::new(Difference {
        rows_pushed,
        rows_unpushed,
        only_pushed: more(pushed, unpushed),
        only_unpushed: more(unpushed, pushed),
    })))
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool};
    use std::sync::Arc;

    fn rows(texts: &[&str]) -> BTreeMap<String, u64> {
        let mut rows = BTreeMap::new();
        for text in texts {
            *rows.entry((*text).to_owned()).or_insert(0) += 1;
        }
        rows
    }

    #[test]
    fn texts_have_their_bytes_and_those_of_the_query() {
        let texts = |limit, pool: usize| {
            let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(pool));
            Texts::within(limit, MemoryConsumer::new("texts").register(&pool))
        };
        let row = |n: u32| format!("{n:01000}");
        let mut few = texts(2 << 20, usize::MAX);
        for _ in 0..10_000 {
            few.add(row(1)).unwrap();
        }
        let mut many = (0..10_000).map(|n| few.add(row(n)));
        let error = many.find_map(Result::err).unwrap().to_string();
        assert!(error.contains("more than 2 MiB as texts"), "{error}");
        assert!(error.contains("narrow it with `where`"), "{error}");
        let mut poor = texts(2 << 20, 1 << 20);
        let error = (0..10_000).map(|n| poor.add(row(n))).find_map(Result::err);
        assert!(matches!(error, Some(Error::Limit(_))), "{error:?}");
    }

    #[test]
    fn rows_are_a_multiset() {
        let (a, b) = (rows(&["1", "1", "2"]), rows(&["2", "1", "1"]));
        assert!(compare(&a, &b, None).unwrap().contains("the same 3 rows"));
        let Err(Error::Pushdown(difference)) = compare(&a, &rows(&["1", "2", "3"]), None) else {
            panic!("they differ");
        };
        assert_eq!(difference.only_pushed, [Json::from(1)]);
        assert_eq!(difference.only_unpushed, [Json::from(3)]);
    }

    #[test]
    fn what_the_query_leaves_open_is_compared_by_number() {
        let (a, b) = (rows(&["1", "2"]), rows(&["1", "3"]));
        assert!(compare(&a, &b, Some("`take`")).unwrap().contains("number"));
        assert!(compare(&a, &rows(&["1"]), Some("`take`")).is_err());
    }

    #[test]
    fn the_order_of_lists_and_the_last_digits_do_not_matter() {
        let mut a = serde_json::json!({"l": ["b", "a"], "r": 0.1 + 0.2, "n": 3});
        let mut b = serde_json::json!({"l": ["a", "b"], "r": 0.3, "n": 3});
        normalise(&mut a);
        normalise(&mut b);
        assert_eq!(a, b);
    }
}
