//! The bodies of requests, read strictly: an unknown key is a mistake and not ignored.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::{Map, Value as Json_};
use trawl_exec::{QueryId, QueryRequest, Require};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::caller::Caller;
use crate::error::ApiError;
use crate::limits;

/// The key of a query's text.
const TEXT: &str = "query";

/// A query with its options.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    /// The text.
    #[schema(example = "pods | summarize count() by cluster, phase")]
    query: String,
    /// Values of its parameters; text is read as the declared type.
    #[serde(default)]
    params: BTreeMap<String, Json_>,
    /// Names or globs of clusters; none: all.
    #[serde(default)]
    clusters: Vec<String>,
    /// How many targets have to answer: `any`, `all` or `90%`. Without it whatever answers is the answer, unless absence is the result.
    #[schema(value_type = Option<String>, pattern = r"^(any|all|[0-9]+(\.[0-9]+)?%)$")]
    require: Option<Require>,
    /// Time for the whole query in milliseconds.
    #[schema(minimum = 1)]
    timeout_ms: Option<u64>,
    /// The encoding of the answer, when `Accept` does not say it.
    #[schema(pattern = "^(json|ndjson|csv|arrow|events)$")]
    pub(crate) format: Option<String>,
    /// Whether rows that were read a moment ago are good enough.
    cache: Option<CacheOptions>,
    /// Rows to give at most; beyond it the answer says that it was cut.
    max_rows: Option<u64>,
    /// What all remotes together may charge for it, in US dollars.
    #[schema(value_type = Option<f64>, minimum = 0)]
    max_cost_usd: Option<serde_json::Number>,
    /// Whether to run it once more with nothing left to the sources, and to give rows only when both runs agree.
    #[serde(default)]
    verify_pushdown: bool,
}

/// The options of a query whose text is saved here: all of [`Body`] but its text.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Options(Map<String, Json_>);

impl Options {
    /// The options with their text, or what is wrong with them. No body means none, and so does null.
    pub(crate) fn with(body: &[u8], text: &str) -> Result<Body, ApiError> {
        let mut options = match body {
            [] => Self::default(),
            body => serde_json::from_slice::<Option<Self>>(body)
                .map_err(|error| {
                    ApiError::invalid(format!("expected a JSON object of options: {error}"))
                })?
                .unwrap_or_default(),
        };
        if options.0.contains_key(TEXT) {
            return Err(ApiError::invalid(format!(
                "unknown field `{TEXT}`: the text of a saved query is saved"
            )));
        }
        options.0.insert(TEXT.to_owned(), Json_::from(text));
        serde_json::from_value(Json_::Object(options.0))
            .map_err(|error| ApiError::invalid(error.to_string()))
    }
}

impl PartialSchema for Options {
    fn schema() -> RefOr<Schema> {
        let mut schema = Body::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.properties.remove(TEXT);
            object.required.retain(|name| name != TEXT);
            object.description = Some("The options of a query whose text is saved.".to_owned());
        }
        schema
    }
}

impl ToSchema for Options {}

/// How rows may be that were not read for this query. Each target says how old its rows are (`age_ms`).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CacheOptions {
    /// How old at most; ten minutes whatever is said.
    max_age_ms: u64,
}

/// A text alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    /// The text.
    pub(crate) query: String,
}

impl Body {
    /// The body, or what is wrong with it.
    pub(crate) fn read(body: Result<Json<Self>, JsonRejection>) -> Result<Self, ApiError> {
        Ok(body?.0)
    }

    /// It as the engine takes it.
    pub(crate) fn into_request(self, caller: &Caller) -> Result<QueryRequest, ApiError> {
        let mut request = QueryRequest {
            received: Some(Instant::now()),
            params: self.params,
            clusters: self.clusters,
            require: self.require,
            max_age: self.cache.map(|it| Duration::from_millis(it.max_age_ms)),
            max_rows: Some(self.max_rows.unwrap_or(limits::DEFAULT_MAX_ROWS)),
            verify_pushdown: self.verify_pushdown,
            ..QueryRequest::new(self.query)
        };
        if let Some(amount) = self.max_cost_usd {
            let limit = trawl_exec::micro_usd(&amount.to_string()).ok_or_else(|| {
                let expected = trawl_exec::DOLLARS_FORM;
                ApiError::invalid(format!("max_cost_usd must be {expected}, got {amount}"))
            })?;
            request.max_cost = Some(limit);
        }
        match self.timeout_ms {
            Some(0) => {
                return Err(ApiError::invalid("timeout_ms must be above zero"));
            }
            Some(timeout) => request.timeout = Duration::from_millis(timeout),
            None => {}
        }
        caller.claim(&mut request)?;
        Ok(request)
    }
}

impl Text {
    /// The body, or what is wrong with it.
    pub(crate) fn read(body: Result<Json<Self>, JsonRejection>) -> Result<Self, ApiError> {
        Ok(body?.0)
    }
}

/// The name of a run in a path.
///
/// # Errors
/// When it is none.
pub(crate) fn query_id(text: &str) -> Result<QueryId, ApiError> {
    text.parse()
        .map_err(|expected: String| ApiError::invalid(expected))
}
