//! An operation as inventories and messages write it: `GET /api/v1/pods/{name}`, and for AWS `POST / Logs.StartQuery`. It refuses what
//! could be read in two ways; what an operation matches is `trawl_connect`'s.

use std::fmt;
use std::str::FromStr;

/// The methods that read. There are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the head alone.
    Head,
    /// For APIs that read by POST.
    Post,
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
        })
    }
}

/// A call that a plugin declares, or an operator grants.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operation {
    /// The HTTP method.
    pub method: Method,
    /// Such as `/api/v1/namespaces/{ns}/pods`: `{x}` is one segment, `{x...}` at the end is the
    /// rest (one segment or more), anything else is literal.
    pub path: String,
    /// The only `X-Amz-Target` that may go with it; none: the header may not be there.
    pub action: Option<String>,
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)?;
        match &self.action {
            Some(action) => write!(formatter, " {action}"),
            None => Ok(()),
        }
    }
}

/// Why a text is no operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WrongOperation(String);

/// Longer than any operation that somebody reads before granting it.
const MAX_BYTES: usize = 1_024;

impl FromStr for Operation {
    type Err = WrongOperation;

    fn from_str(text: &str) -> Result<Self, WrongOperation> {
        let wrong = |words: String| Err(WrongOperation(words));
        if text.len() > MAX_BYTES {
            return wrong(format!("it has more than {MAX_BYTES} bytes"));
        }
        let mut words = text.split_whitespace();
        let (Some(method), Some(path), action, None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return wrong("expected a method and a path, and for AWS an action".to_owned());
        };
        let method = match method {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            _ => return wrong("expected the method GET, HEAD or POST: plugins read".to_owned()),
        };
        check_path(path)?;
        if let Some(action) = action
            && !action
                .chars()
                .all(|c| c.is_ascii_graphic() && !"\"\\".contains(c))
        {
            return wrong("expected an action of printable ASCII without quotes".to_owned());
        }
        Ok(Self {
            method,
            path: path.to_owned(),
            action: action.map(str::to_owned),
        })
    }
}

fn check_path(path: &str) -> Result<(), WrongOperation> {
    let wrong = |words: &str| Err(WrongOperation(words.to_owned()));
    let Some(below) = path.strip_prefix('/') else {
        return wrong("expected a path that begins with `/`");
    };
    if below.is_empty() {
        return Ok(());
    }
    let segments: Vec<&str> = below.split('/').collect();
    let last = segments.len().saturating_sub(1);
    for (at, segment) in segments.iter().enumerate() {
        let variable = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match variable {
            Some(name) if name.ends_with("...") && at != last => {
                return wrong("`{x...}` stands for the rest of a path: expected it at the end");
            }
            Some(name) if !is_name(name.trim_end_matches("...")) => {
                return wrong(
                    "expected the name of a variable to be of letters, digits, `_` and `-`",
                );
            }
            Some(_) => {}
            None if matches!(*segment, "" | "." | "..") => {
                return wrong("expected no segment of the path to be empty, `.` or `..`");
            }
            None if segment.contains('*') => {
                return wrong("`*` is no pattern here: `{x}` is one segment, `{x...}` the rest");
            }
            None if segment.contains(['?', '#']) => {
                return wrong("expected a path without a query: what is asked of it is open");
            }
            None if segment.contains(['{', '}']) => {
                return wrong("`{x}` stands for a whole segment of the path");
            }
            None if segment
                .chars()
                .any(|c| c.is_control() || "\"\\".contains(c)) =>
            {
                return wrong("expected a path without quotes, backslashes and control characters");
            }
            None => {}
        }
    }
    Ok(())
}

/// Names of variables say something to readers alone.
fn is_name(name: &str) -> bool {
    let named = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    name.chars().all(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_read_as_they_are_written() {
        for text in [
            "GET /",
            "HEAD /a/{b}/c",
            "GET /apis/{rest...}",
            "POST / Logs_20140328.StartQuery",
            "GET /v1/alerts:list",
        ] {
            assert_eq!(text.parse::<Operation>().unwrap().to_string(), text);
        }
        let spaced: Operation = " GET   /a ".parse().unwrap();
        assert_eq!(spaced.to_string(), "GET /a");
    }

    #[test]
    fn what_could_be_meant_otherwise_is_refused() {
        for (text, part) in [
            ("", "expected a method and a path"),
            ("GET", "expected a method and a path"),
            ("GET /a b c", "expected a method and a path"),
            ("get /a", "GET, HEAD or POST"),
            ("DELETE /a", "plugins read"),
            ("GET a", "begins with `/`"),
            ("GET /a/", "to be empty"),
            ("GET //a", "to be empty"),
            ("GET /a/../b", "`..`"),
            ("GET /a/*", "`{x...}` the rest"),
            ("GET /a?b=c", "without a query"),
            ("GET /a{b}", "a whole segment"),
            ("GET /{a...}/b", "at the end"),
            ("POST / ü", "printable ASCII"),
            ("GET /a\"]", "without quotes"),
            ("POST / a\"", "without quotes"),
        ] {
            let error = text.parse::<Operation>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        let long = format!("GET /{}", "x".repeat(MAX_BYTES));
        assert!(long.parse::<Operation>().is_err());
    }
}
