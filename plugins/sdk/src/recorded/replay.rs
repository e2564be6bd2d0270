//! Owns the choice of a recorded answer for a request; refuses to answer what was not recorded, and says what was.

use std::cell::RefCell;
use std::fmt;

use serde_json::Value;

use super::{Answered, Exchange, Headers};
use crate::http::target;

/// Stands for any segment or value.
const ANY: &str = "*";

/// Headers that say something of the connection and nothing of the question.
const NEVER_LOOKED_AT: [&str; 5] = [
    "content-length",
    "host",
    "user-agent",
    "accept-encoding",
    "connection",
];

/// How many recorded requests an error names.
const NAMED: usize = 5;

/// A request, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, `HEAD` or `POST`.
    pub method: String,
    /// Segments of the path, decoded.
    pub path: Vec<String>,
    /// Parameters, decoded.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: Headers,
    /// The body, where there is one.
    pub body: Option<Vec<u8>>,
}

impl Asked {
    /// A request as it comes over a socket, without headers and body: `GET`, `/v2/a%20b?n=1`. None when the target does not begin
    /// with `/`, or is no UTF-8 once decoded.
    pub fn of_target(method: &str, target: &str) -> Option<Self> {
        let (path, query) = target::split(target)?;
        Some(Self {
            method: method.to_owned(),
            path,
            query,
            ..Self::default()
        })
    }

    /// Whether this recorded request stands for `other`, as the [module](super) says it.
    pub fn matches(&self, other: &Self) -> bool {
        let segments = self.path.iter().zip(&other.path);
        let header = |(name, value): &(String, String)| {
            let mut headers = other.headers.iter();
            NEVER_LOOKED_AT.contains(&name.as_str())
                || headers.any(|(key, it)| key.eq_ignore_ascii_case(name) && it.trim() == value)
        };
        self.method == other.method
            && self.path.len() == other.path.len()
            && segments
                .into_iter()
                .all(|(ours, theirs)| ours == theirs || ours == ANY)
            && same_query(&self.query, &other.query)
            && self.headers.iter().all(header)
            && self.body.as_ref().is_none_or(|body| {
                let theirs = other.body.as_deref().unwrap_or_default();
                same_body(body, theirs)
            })
    }
}

/// `GET /v2/a%20b?n=1`.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            self.method,
            target::join(&self.path, &self.query)
        )
    }
}

/// Each recorded parameter takes one of the request's; exact values choose before `*` does.
fn same_query(ours: &[(String, String)], theirs: &[(String, String)]) -> bool {
    let mut left: Vec<&(String, String)> = theirs.iter().collect();
    let (open, exact): (Vec<_>, Vec<_>) = ours.iter().partition(|(_, value)| value == ANY);
    let mut take = |same: &dyn Fn(&(String, String)) -> bool| {
        let at = left.iter().position(|pair| same(pair));
        at.map(|at| left.swap_remove(at)).is_some()
    };
    exact.into_iter().all(|pair| take(&|it| it == pair))
        && open.into_iter().all(|(key, _)| take(&|it| it.0 == *key))
        && left.is_empty()
}

fn same_body(ours: &[u8], theirs: &[u8]) -> bool {
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    match json(ours).zip(json(theirs)) {
        Some((ours, theirs)) => ours == theirs,
        None => ours == theirs,
    }
}

/// Recorded exchanges, and which of them have answered.
#[derive(Debug, Default)]
pub struct Replay {
    exchanges: Vec<Exchange>,
    used: RefCell<Vec<bool>>,
}

impl Replay {
    /// Answers with these exchanges.
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        let used = RefCell::new(vec![false; exchanges.len()]);
        Self { exchanges, used }
    }

    /// The answer that a request gets.
    ///
    /// # Errors
    /// A sentence that says what is not recorded, and what is.
    pub fn answer(&self, asked: &Asked) -> Result<&Answered, String> {
        let mut used = self.used.borrow_mut();
        let mut chosen = None;
        for (index, exchange) in self.exchanges.iter().enumerate() {
            if exchange.request.matches(asked) {
                chosen = Some((index, exchange));
                if used.get(index) == Some(&false) {
                    break;
                }
            }
        }
        let (index, exchange) = chosen.ok_or_else(|| self.nothing_for(asked))?;
        if let Some(used) = used.get_mut(index) {
            *used = true;
        }
        Ok(&exchange.answer)
    }

    /// All exchanges, in their order.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// Those that answered nothing so far: recordings that no test needs.
    pub fn unused(&self) -> Vec<&Exchange> {
        let used = self.used.borrow();
        let unused = self.exchanges.iter().zip(used.iter());
        unused
            .filter(|(_, used)| !**used)
            .map(|(exchange, _)| exchange)
            .collect()
    }

    fn nothing_for(&self, asked: &Asked) -> String {
        // Those of the same path first: there the query, a header or the body differs.
        let mut near: Vec<&Exchange> = self.exchanges.iter().collect();
        near.sort_by_key(|exchange| exchange.request.path != asked.path);
        let more = near.len().saturating_sub(NAMED);
        let named = near.iter().take(NAMED).map(|exchange| {
            let place = &exchange.place;
            format!("`{}` ({place})", exchange.request)
        });
        let named: Vec<_> = named.collect();
        let rest = match (named.is_empty(), more) {
            (true, _) => "nothing is recorded".to_owned(),
            (false, 0) => format!("recorded are {}", named.join(", ")),
            (false, _) => format!("recorded are {} and {more} more", named.join(", ")),
        };
        format!("no answer is recorded for `{asked}`; {rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::parse;

    const FILE: &str = "\
###
GET /a?x=1&x=*
HTTP/1.1 200 OK

first
###
GET /a?x=1&x=2
HTTP/1.1 200 OK

second
###
POST /b/*
X-Kind: one
content-length: 3

{\"a\": 1}

HTTP/1.1 204
";

    fn said(replay: &Replay, asked: &Asked) -> String {
        match replay.answer(asked) {
            Ok(answer) => format!(
                "{} {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            ),
            Err(message) => message,
        }
    }

    #[test]
    fn the_first_that_has_not_answered_answers_and_the_last_again() {
        let replay = Replay::new(parse("f.http", FILE).unwrap());
        let ask = |target: &str| said(&replay, &Asked::of_target("GET", target).unwrap());
        assert_eq!(ask("/a?x=2&x=1"), "200 first");
        assert_eq!(replay.unused().len(), 2);
        assert_eq!(ask("/a?x=2&x=1"), "200 second");
        assert_eq!(ask("/a?x=1&x=2"), "200 second");
        assert_eq!(ask("/a?x=1&x=7"), "200 first");
        assert_eq!(
            ask("/a?x=1"),
            "no answer is recorded for `GET /a?x=1`; recorded are `GET /a?x=1&x=*` (f.http:2), `GET /a?x=1&x=2` (f.http:7), \
             `POST /b/*` (f.http:12)"
        );
        assert!(Replay::default().answer(&Asked::default()).is_err());
    }

    #[test]
    fn headers_and_bodies_are_compared_where_they_are_recorded() {
        let replay = Replay::new(parse("f.http", FILE).unwrap());
        let ask = |kind: &str, body: &str| {
            let mut asked = Asked::of_target("POST", "/b/any%20thing").unwrap();
            asked.headers = vec![("x-kind".into(), kind.into()), ("host".into(), "h".into())];
            asked.body = Some(body.into());
            replay.answer(&asked).map(|answer| answer.status)
        };
        assert_eq!(ask("one", " {\"a\":1}"), Ok(204));
        assert!(ask("two", "{\"a\":1}").is_err());
        assert!(ask("one", "{\"a\":2}").is_err());
        assert!(ask("one", "").is_err());
    }
}
