//! Owns what plans have in common: tokens and the answer to a request that takes nothing. Refuses pushdown itself.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::types::{Error, Filters, Pushed, ScanPlan, ScanRequest};

/// A partition's token: its state as JSON, so that another instance, or another process, can read it.
///
/// # Errors
/// `internal` when the state has no JSON form.
pub fn token<T: Serialize>(state: &T) -> Result<String, Error> {
    serde_json::to_string(state)
        .map_err(|e| Error::internal(format!("a partition's state has no JSON form: {e}")))
}

/// The state in a token.
///
/// # Errors
/// `internal` when the token was made by another plugin or version.
pub fn state<T: DeserializeOwned>(token: &str) -> Result<T, Error> {
    serde_json::from_str(token).map_err(|e| {
        Error::internal(format!(
            "expected a partition token of this plugin and version, got something else: {e}"
        ))
        .with_hint("run the query again")
    })
}

/// A partition's state with the name of its table, so that the instance that reads it knows whose it is.
#[derive(Serialize)]
struct Addressed<'t, T> {
    table: &'t str,
    state: &'t T,
}

/// The state of an [`Addressed`] alone.
#[derive(Deserialize)]
struct StateOf<T> {
    state: T,
}

/// The table of an [`Addressed`] alone.
#[derive(Deserialize)]
struct TableOf {
    table: String,
}

/// The token of a partition of one of several tables.
///
/// # Errors
/// As [`token`].
pub fn table_token<T: Serialize>(table: &str, state: &T) -> Result<String, Error> {
    token(&Addressed { table, state })
}

/// The state in a token that [`table_token`] made.
///
/// # Errors
/// As [`state`].
pub fn table_state<T: DeserializeOwned>(token: &str) -> Result<T, Error> {
    state::<StateOf<T>>(token).map(|of| of.state)
}

/// The name of the table whose token it is.
///
/// # Errors
/// As [`state`].
pub fn table_of(token: &str) -> Result<String, Error> {
    state::<TableOf>(token).map(|of| of.table)
}

/// A plan that reads everything in one partition and leaves filters, limit, order and aggregate to the host.
pub fn unpushed(request: &ScanRequest, token: String, explain: String) -> ScanPlan {
    ScanPlan {
        schema: crate::schema::projected(&request.projection),
        filters: vec![Pushed::NotPushed; request.filters.roots.len()],
        limit: Pushed::NotPushed,
        sorted: false,
        aggregated: false,
        partitions: vec![token],
        estimated_rows: None,
        cost: None,
        explain,
    }
}

/// The limit that a source may take over which knows no order: none under an order, which decides what the first rows are.
pub fn limit(request: &ScanRequest) -> Option<u64> {
    request.limit.filter(|_| request.sort.is_empty())
}

/// Rows to put out at most, when a table can count them itself: all conditions are taken exactly, the order is free, and no
/// aggregate stands above.
pub fn own_limit(request: &ScanRequest, filters: &[Pushed]) -> Option<u64> {
    let exact = filters.iter().all(|pushed| *pushed == Pushed::Exact);
    limit(request).filter(|_| exact && request.aggregate.is_none())
}

/// A request for a table that asks for no columns, no filters and no limit; tests start from it.
pub fn request_for(table: &[&str]) -> ScanRequest {
    ScanRequest {
        table: table.iter().map(|&part| part.to_owned()).collect(),
        arguments: Vec::new(),
        now_ns: 0,
        clusters: Vec::new(),
        others: Vec::new(),
        unplaced: false,
        projection: Vec::new(),
        refs: Vec::new(),
        filters: Filters {
            nodes: Vec::new(),
            roots: Vec::new(),
        },
        limit: None,
        sort: Vec::new(),
        aggregate: None,
        max_partitions: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ErrorCode;

    #[test]
    fn tokens_round_trip() {
        let request = request_for(&["pods"]);
        let text = token(&request).unwrap();
        assert_eq!(state::<ScanRequest>(&text).unwrap(), request);
        let error = state::<ScanRequest>("{}").unwrap_err();
        assert_eq!(error.code, ErrorCode::Internal);
    }

    #[test]
    fn tokens_of_tables_say_whose_they_are() {
        let text = table_token("pods", &[1, 2]).unwrap();
        assert_eq!(table_of(&text).unwrap(), "pods");
        assert_eq!(table_state::<Vec<i32>>(&text).unwrap(), [1, 2]);
        for foreign in ["{}", "[]", r#"{"state":[]}"#] {
            assert_eq!(table_of(foreign).unwrap_err().code, ErrorCode::Internal);
        }
        assert_eq!(
            table_state::<String>(&text).unwrap_err().code,
            ErrorCode::Internal
        );
    }
}
