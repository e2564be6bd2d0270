//! Owns the envelope of Prometheus' answers and errors.

use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::eval::Failure;
use crate::serve::Reply;

/// What a function of the API answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) data: Value,
    pub(super) warnings: Vec<String>,
}

impl From<Value> for Answer {
    fn from(data: Value) -> Answer {
        Answer {
            data,
            warnings: Vec::new(),
        }
    }
}

/// What it answers in place of data.
pub(super) type Answered = Result<Answer, Failure>;

/// A parameter that is not what it must be.
pub(super) fn invalid(name: &str, why: &str) -> Failure {
    Failure::Bad(format!("invalid parameter {name:?}: {why}"))
}

/// What stays of a list under `limit`; 0 is no limit. The flag says that something was cut.
pub(super) fn limited<T>(list: &mut Vec<T>, limit: usize) -> bool {
    let cut = limit > 0 && list.len() > limit;
    if cut {
        list.truncate(limit);
    }
    cut
}

/// The answer with the warning that 3.x gives of a list that was cut.
pub(super) fn with_limit(data: Value, cut: bool) -> Answer {
    let mut answer = Answer::from(data);
    if cut {
        answer
            .warnings
            .push("results truncated due to limit".to_owned());
    }
    answer
}

/// The reply that tells an answer; a `partial` one lacks half of its list and warns.
pub(super) fn reply(answered: Answered, partial: bool) -> Reply {
    let mut answer = match answered {
        Ok(answer) => answer,
        Err(Failure::Bad(message)) => return error(StatusCode::BAD_REQUEST, "bad_data", &message),
        Err(Failure::Execution(message)) => {
            return error(StatusCode::UNPROCESSABLE_ENTITY, "execution", &message);
        }
    };
    if partial {
        let list = if answer.data.is_array() {
            Some(&mut answer.data)
        } else {
            answer.data.get_mut("result")
        };
        if let Some(list) = list.and_then(Value::as_array_mut) {
            list.truncate(list.len() / 2);
        }
        answer.warnings.push(
            "fetching from 10.0.0.9:10901 failed: rpc error: code = Unavailable desc = connection refused".to_owned(),
        );
    }
    let mut body = json!({"status": "success", "data": answer.data});
    if !answer.warnings.is_empty() {
        body["warnings"] = json!(answer.warnings);
    }
    envelope(StatusCode::OK, &body)
}

/// An error of the API.
pub(super) fn error(status: StatusCode, kind: &str, message: &str) -> Reply {
    envelope(
        status,
        &json!({"status": "error", "errorType": kind, "error": message}),
    )
}

fn envelope(status: StatusCode, body: &Value) -> Reply {
    let mut reply = Reply::json(status, body.to_string());
    reply.headers.remove(header::CACHE_CONTROL);
    reply
}

/// What is answered outside the API, as text.
pub(super) fn text(status: StatusCode, body: &'static str) -> Reply {
    let mut reply = Reply::new(
        status,
        "text/plain; charset=utf-8",
        vec![Bytes::from_static(body.as_bytes())],
    );
    reply.headers.remove(header::CACHE_CONTROL);
    reply
}
