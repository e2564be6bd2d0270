//! Owns requests to the API: their paths, their parameters, whether they go by GET or POST. Refuses to read answers.

use serde::{Deserialize, Serialize};
use trawl_sdk::http::{self, Pending};
use trawl_sdk::table;
use trawl_sdk::types::Method;
use trawl_sdk::{Error, Transport};

use crate::config::Config;

/// The endpoint's name in the declaration and in requests.
pub(crate) const ENDPOINT: &str = "prometheus";

/// From this many bytes of parameters on, a request goes by POST: proxies cut URLs at 4 to 8 KiB, and encoding can triple them.
pub(crate) const POST_FROM_BYTES: usize = 1024;

/// The functions below /api/v1 that may also be called by POST, with the parameters as a form.
/// <https://prometheus.io/docs/prometheus/latest/querying/api/>
const POSTABLE: [&str; 5] = [
    "query",
    "query_range",
    "query_exemplars",
    "series",
    "labels",
];

/// Functions of the API that a table calls, for the operator to approve: their paths below /api/v1.
pub(crate) fn calls<const N: usize>(functions: [&'static str; N]) -> Vec<table::Call> {
    let calls = functions.into_iter().flat_map(|function| {
        let path = format!("/api/v1/{function}");
        let post = POSTABLE.contains(&function);
        let post = post.then(|| table::Call::post(path.clone()));
        std::iter::once(table::Call::get(path)).chain(post)
    });
    calls.collect()
}

/// What a scan may ask, and how.
pub(crate) struct Remote<'r> {
    pub(crate) http: &'r dyn Transport,
    pub(crate) config: &'r Config,
}

/// One request, as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Call {
    /// Segments below /api/v1.
    path: Vec<String>,
    /// Parameters, not encoded.
    pairs: Vec<(String, String)>,
}

impl Call {
    /// A call of a function: `Call::of(["label", "job", "values"])`.
    pub(crate) fn of<I: IntoIterator<Item = S>, S: Into<String>>(path: I) -> Self {
        Self {
            path: path.into_iter().map(Into::into).collect(),
            pairs: Vec::new(),
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.pairs.push((key.to_owned(), value.into()));
        self
    }

    /// Adds a parameter where there is a value.
    #[must_use]
    pub(crate) fn with_some(self, key: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    fn method(&self) -> Method {
        let bytes: usize = self.pairs.iter().map(|(k, v)| k.len() + v.len()).sum();
        match self.path.as_slice() {
            [only] if POSTABLE.contains(&only.as_str()) && bytes >= POST_FROM_BYTES => Method::Post,
            _ => Method::Get,
        }
    }

    /// Starts it; returns at once.
    ///
    /// # Errors
    /// When the request is refused before anything is sent.
    pub(crate) fn start(&self, remote: &Remote<'_>) -> Result<Pending, Error> {
        let path = ["api", "v1"]
            .into_iter()
            .chain(self.path.iter().map(String::as_str));
        let partial = remote.config.partial_response.to_string();
        let mut pairs: Vec<(&str, &str)> = self
            .pairs
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        pairs.push(("partial_response", &partial));
        let request = match self.method() {
            Method::Post => http::post(ENDPOINT, path).form(&pairs),
            _ => pairs
                .into_iter()
                .fold(http::get(ENDPOINT, path), |r, (k, v)| r.query(k, v)),
        };
        request
            .header("accept", "application/json")
            .start(remote.http)
    }
}

/// `GET /api/v1/series?match[]=up`, not encoded, for `explain`; `query` comes last, as the text that matters.
impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let method = match self.method() {
            Method::Post => "POST",
            _ => "GET",
        };
        write!(f, "{method} /api/v1/{}", self.path.join("/"))?;
        let (query, rest): (Vec<_>, Vec<_>) =
            self.pairs.iter().partition(|(key, _)| key == "query");
        for (index, (key, value)) in rest.into_iter().enumerate() {
            let sign = if index == 0 { '?' } else { '&' };
            write!(f, "{sign}{key}={value}")?;
        }
        query
            .into_iter()
            .try_for_each(|(_, query)| write!(f, ": {query}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trawl_sdk::testing::{Answer, Recorded};

    #[test]
    fn long_parameters_go_by_post_where_the_api_takes_it() {
        let http = Recorded::by(|_| Answer::json("{}"));
        let config = Config::default();
        let remote = Remote {
            http: http.as_ref(),
            config: &config,
        };
        let long = "x".repeat(POST_FROM_BYTES);
        for call in [
            Call::of(["query"]).with("query", "up").with("time", "1"),
            Call::of(["query"]).with("query", long.as_str()),
            Call::of(["metadata"]).with("metric", long.as_str()),
        ] {
            call.start(&remote).unwrap();
        }
        let seen = http.requests();
        assert_eq!(
            seen[0],
            "GET /api/v1/query?query=up&time=1&partial_response=false"
        );
        assert_eq!(seen[1], "POST /api/v1/query");
        assert!(seen[2].starts_with("GET /api/v1/metadata?metric=x"));
        let body = http.sent()[1].body.clone().unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            format!("query={long}&partial_response=false")
        );
    }

    #[test]
    fn explain_shows_the_query_last() {
        let call = Call::of(["query_range"])
            .with("query", "up")
            .with("start", "1")
            .with("step", "2");
        assert_eq!(
            call.to_string(),
            "GET /api/v1/query_range?start=1&step=2: up"
        );
    }
}
