//! Owns the envelope of the API's answers and its errors; refuses the results inside.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use trawl_sdk::types::{ErrorCode, Gap, ResponseHead};
use trawl_sdk::{Error, Output, code_of_status, http};

/// Warnings that are passed on, at most; the rest is counted.
const MAX_WARNINGS: usize = 5;

/// <https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview>
#[derive(Debug, Deserialize)]
pub(crate) struct Answer<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) data: Option<Data<'a>>,
    #[serde(rename = "errorType", default, borrow)]
    error_type: Cow<'a, str>,
    #[serde(default, borrow)]
    error: Cow<'a, str>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    infos: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Data<'a> {
    #[serde(rename = "resultType", borrow)]
    pub(crate) result_type: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) result: &'a RawValue,
}

/// Reads an answer; an error in it becomes a typed one with the server's own words.
pub(crate) fn read<'a>(head: &ResponseHead, body: &'a [u8]) -> Result<Answer<'a>, Error> {
    let answer: Answer<'a> = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        Err(e) => return Err(not_an_answer(head, &e)),
    };
    match (answer.status.as_ref(), &answer.data) {
        ("success", Some(_)) => Ok(answer),
        ("success", None) => Err(Error::protocol(
            "expected `data` in Prometheus' answer, got none",
        )),
        _ => Err(failure(head, &answer)),
    }
}

/// The server's error. Kinds as in Prometheus' web/api/v1/api.go.
fn failure(head: &ResponseHead, answer: &Answer<'_>) -> Error {
    // 3.5 calls a timeout that is too small `bad_data`; only the text tells.
    let deadline = ["context deadline exceeded", "query timed out"]
        .iter()
        .any(|text| answer.error.contains(text));
    let code = match answer.error_type.as_ref() {
        _ if deadline => ErrorCode::Timeout,
        "bad_data" | "execution" => ErrorCode::InvalidQuery,
        "timeout" | "canceled" => ErrorCode::Timeout,
        "unavailable" | "internal" => ErrorCode::Unavailable,
        "not_found" => ErrorCode::NotFound,
        _ => code_of_status(head.status),
    };
    let error = Error::new(
        code,
        format!(
            "Prometheus refused the query ({}): {}",
            answer.error_type, answer.error
        ),
    )
    .with_status(head.status)
    .with_retry_after(http::retry_after_ms(head));
    match code {
        ErrorCode::InvalidQuery => error.with_hint("correct the PromQL text"),
        ErrorCode::Timeout => error.with_hint("narrow the selectors, or give the query more time"),
        _ => error,
    }
}

fn not_an_answer(head: &ResponseHead, cause: &serde_json::Error) -> Error {
    let kind = http::header(head, "content-type").unwrap_or("no content type");
    let code = match head.status {
        // A 400 without the API's envelope is somebody else's: a proxy, or not Prometheus.
        200..=299 | 400 | 422 => ErrorCode::Protocol,
        status => code_of_status(status),
    };
    let error = Error::new(
        code,
        format!(
            "expected Prometheus' JSON answer, got status {} and {kind}: {cause}",
            head.status
        ),
    )
    .with_status(head.status)
    .with_retry_after(http::retry_after_ms(head));
    match code {
        ErrorCode::Unauthenticated | ErrorCode::PermissionDenied => {
            error.with_hint("check `auth` of the connection")
        }
        ErrorCode::NotFound | ErrorCode::Protocol => error.with_hint(
            "check the connection's `url`: the API must be below it at /api/v1 (Mimir needs the prefix /prometheus)",
        ),
        _ => error,
    }
}

impl Answer<'_> {
    /// Passes warnings on as gaps, so that a partial answer never looks whole.
    pub(crate) fn report(&self, output: &dyn Output) {
        let warnings = self.warnings.as_deref().unwrap_or_default();
        for warning in warnings.iter().take(MAX_WARNINGS) {
            // 3.x says this when `limit` cut series; Thanos' warnings mean that a store did not answer.
            let gap = if warning.contains("truncated") {
                Gap::Truncated
            } else if warning.starts_with("PromQL warning") {
                Gap::Note
            } else {
                Gap::Partial
            };
            output.report(gap, None, warning);
        }
        if warnings.len() > MAX_WARNINGS {
            let rest = warnings.len() - MAX_WARNINGS;
            output.report(
                Gap::Partial,
                None,
                &format!("{rest} more warnings of Prometheus"),
            );
        }
        for info in self
            .infos
            .as_deref()
            .unwrap_or_default()
            .iter()
            .take(MAX_WARNINGS)
        {
            output.report(Gap::Note, None, info);
        }
    }
}
