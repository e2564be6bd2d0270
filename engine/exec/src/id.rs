//! The name of one run of a query: what logs, audit lines and answers call it.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Of one run of one query. Later ones sort behind earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueryId(Uuid);

impl QueryId {
    /// One that nothing else has.
    #[allow(
        clippy::new_without_default,
        reason = "a default is the same each time"
    )]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for QueryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for QueryId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id = Uuid::try_parse(text).ok().map(Self);
        // One way to write each: no other may find it.
        id.filter(|id| id.to_string() == text).ok_or_else(|| {
            "expected the id of a query as `Trawl-Query-Id` gives it, such as 0192f0c4-7f1c-7cc2-a5b0-0d6a2f3c4b5e".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let (first, second) = (QueryId::new(), QueryId::new());
        assert!(first < second);
        assert_eq!(first.to_string().parse(), Ok(first));
        for text in [
            "",
            "x",
            &first.to_string().to_uppercase(),
            &first.to_string().replace('-', ""),
        ] {
            assert!(text.parse::<QueryId>().is_err(), "{text}");
        }
    }
}
