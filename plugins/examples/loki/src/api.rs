//! Owns requests to the API: their paths, parameters and headers. Refuses to read answers.

use serde::{Deserialize, Serialize};
use trawl_sdk::http::{self, Pending};
use trawl_sdk::{Error, Transport};

use crate::config::Config;

/// The endpoint's name in the declaration and in requests.
pub(crate) const ENDPOINT: &str = "loki";

/// The header that asks for stream labels, structured metadata and parsed labels apart. Loki before 2.9 ignores it.
pub(crate) const FLAGS_HEADER: &str = "x-loki-response-encoding-flags";

/// What a scan may ask, and how.
pub(crate) struct Remote<'r> {
    pub(crate) http: &'r dyn Transport,
    pub(crate) config: &'r Config,
}

/// One request, as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Call {
    /// Segments below /loki/api/v1.
    path: Vec<String>,
    /// Parameters, not encoded.
    pairs: Vec<(String, String)>,
}

impl Call {
    /// A call of a function: `Call::of(["label", "app", "values"])`.
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

    /// Starts it; returns at once.
    ///
    /// # Errors
    /// When the request is refused before anything is sent.
    pub(crate) fn start(&self, remote: &Remote<'_>) -> Result<Pending, Error> {
        let below = ["loki", "api", "v1"].into_iter();
        let path = below.chain(self.path.iter().map(String::as_str));
        let mut request = http::get(ENDPOINT, path).header("accept", "application/json");
        if self
            .path
            .first()
            .is_some_and(|first| first == "query_range")
        {
            request = request.header(FLAGS_HEADER, "categorize-labels");
        }
        self.pairs
            .iter()
            .fold(request, |request, (key, value)| request.query(key, value))
            .start(remote.http)
    }
}

/// `GET /loki/api/v1/query_range?limit=10: {app="x"}`, not encoded, for `explain`; `query` comes last, as the text that matters.
impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GET /loki/api/v1/{}", self.path.join("/"))?;
        let (texts, rest): (Vec<_>, Vec<_>) = self
            .pairs
            .iter()
            .partition(|(key, _)| matches!(key.as_str(), "query" | "match[]"));
        for (index, (key, value)) in rest.into_iter().enumerate() {
            let sign = if index == 0 { '?' } else { '&' };
            write!(f, "{sign}{key}={value}")?;
        }
        texts
            .into_iter()
            .try_for_each(|(_, text)| write!(f, ": {text}"))
    }
}
