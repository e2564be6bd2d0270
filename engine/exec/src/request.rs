//! What a door asks of the engine.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value as Json;

use crate::completeness::Completeness;
use crate::context::Pushdown;
use crate::id::QueryId;
use crate::limits;
use crate::progress::Monitor;
use crate::scope::Scope;

/// A query with its options.
#[derive(Debug, Clone)]
pub struct QueryRequest {
    /// The name of this run.
    pub id: QueryId,
    /// What its caller may see.
    pub scope: Arc<Scope>,
    /// The text.
    pub query: String,
    /// Values of its parameters; text is read as the declared type.
    pub params: BTreeMap<String, Json>,
    /// Globs of cluster names; empty means all.
    pub clusters: Vec<String>,
    /// How many targets have to answer; none: whatever answers, but where absence is the result, which an incomplete side would invent.
    pub require: Option<Require>,
    /// Time for the whole query.
    pub timeout: Duration,
    /// Rows to give at most; beyond it the answer says that it was cut.
    pub max_rows: Option<u64>,
    /// What all remotes together may charge for it, in millionths of a US dollar; none: what each connection allows.
    pub max_cost: Option<u64>,
    /// Whether to run it once more with nothing left to the sources, and to give rows only when both runs agree.
    pub verify_pushdown: bool,
    /// What the sources are offered; [`Pushdown::Nothing`] shows what the language alone makes of their rows.
    pub pushdown: Pushdown,
    /// What `now()` is, in nanoseconds since the Unix epoch; none: the time of the request. What was recorded at one moment is
    /// replayed as of that moment.
    pub now_ns: Option<i64>,
    /// How old the rows of a target may be, so that those of an earlier query are good enough; none: all are read for this one.
    pub max_age: Option<Duration>,
    /// Since when its time runs; none: since it is given to the engine. Waiting for its turn is a part of it.
    pub received: Option<Instant>,
    /// Whether its first rows are waited for before there is an answer, so that a mistake which only rows show comes instead of one.
    /// Without it the mistake is the answer's.
    pub ahead: bool,
    /// Where it is seen, and ended, while it runs.
    pub monitor: Arc<Monitor>,
}

impl QueryRequest {
    /// A query with all defaults.
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            id: QueryId::new(),
            scope: Arc::default(),
            query: query.into(),
            params: BTreeMap::new(),
            clusters: Vec::new(),
            require: None,
            timeout: limits::QUERY_TIMEOUT,
            max_rows: None,
            max_cost: None,
            verify_pushdown: false,
            pushdown: Pushdown::Everything,
            now_ns: None,
            max_age: None,
            received: None,
            ahead: true,
            monitor: Arc::default(),
        }
    }
}

/// How many targets have to answer for there to be an answer at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub enum Require {
    /// Whatever answers is the answer.
    #[default]
    Any,
    /// All of them.
    All,
    /// This part of them, in percent.
    Percent(f64),
}

impl Require {
    /// Whether the answer may be given.
    pub fn is_met(self, completeness: &Completeness) -> bool {
        match self {
            Self::Any => true,
            Self::All => completeness.complete,
            Self::Percent(percent) => {
                !completeness.timed_out
                    && !completeness.cancelled
                    && completeness.answered as f64 * 100.0 >= completeness.asked as f64 * percent
            }
        }
    }
}

impl FromStr for Require {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "any" => Ok(Self::Any),
            "all" => Ok(Self::All),
            _ => text
                .strip_suffix('%')
                .and_then(|number| number.parse::<f64>().ok())
                .filter(|percent| (0.0..=100.0).contains(percent))
                .map(Self::Percent)
                .ok_or_else(|| {
                    format!("expected `any`, `all` or a percentage such as `90%`, got `{text}`")
                }),
        }
    }
}

impl TryFrom<String> for Require {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl std::fmt::Display for Require {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::All => f.write_str("all"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}
