//! Owns what tests of logs share; refuses assertions.
#![allow(dead_code, reason = "each test crate uses its part")]

use serde_json::json;
use trawl_sdk::testing::Answer;
use trawl_sdk::types::{CompareOp, Literal, ScanRequest};

use super::filters::{and, eq};
use super::{Ran, own_columns, request};

/// The table.
pub const TABLE: &str = "pod_logs";
/// 2026-11-21T08:26:15Z
pub const T: i64 = 1_795_249_575_000_000_000;
/// In nanoseconds.
pub const SECOND: i64 = 1_000_000_000;

/// A request for columns of the table.
pub fn of(columns: &[&str]) -> ScanRequest {
    let all = own_columns(TABLE).into_iter();
    request(
        TABLE,
        all.filter(|column| columns.contains(&column.name.as_str()))
            .collect(),
    )
}

/// Messages of the present instance of one container that is named.
pub fn one() -> ScanRequest {
    let request = eq(eq(of(&["message"]), "namespace", "a"), "pod", "p");
    let request = eq(request, "container", "c");
    and(request, "previous", CompareOp::Eq, Literal::Boolean(false))
}

/// A log as it comes.
pub fn log(text: impl Into<String>) -> Answer {
    Answer::new(200, "text/plain", text.into())
}

/// Lines of one second after the other.
pub fn seconds(numbers: std::ops::Range<i64>) -> String {
    numbers
        .map(|second| format!("2026-11-21T08:26:{:02}.500000000Z m{second}\n", 15 + second))
        .collect()
}

/// The messages that came.
pub fn messages(ran: &Ran) -> Vec<&str> {
    ran.rows
        .iter()
        .map(|row| row["message"].as_str().unwrap())
        .collect()
}

/// A refusal of the API.
pub fn status(code: u16, reason: &str, message: &str) -> Answer {
    let status = json!({"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code});
    Answer::new(code, "application/json", status.to_string())
}

/// The request of [`one`].
pub const ONE: &str = "GET /api/v1/namespaces/a/pods/p/log?container=c&timestamps=true";
