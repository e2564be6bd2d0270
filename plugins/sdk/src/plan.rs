//! Owns what plans have in common: tokens and the answer to a request that takes nothing. Refuses pushdown itself.

use serde::{Serialize, de::DeserializeOwned};

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
}
