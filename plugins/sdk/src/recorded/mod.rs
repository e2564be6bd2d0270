//! Owns recorded HTTP: the format of `tests/recorded/*.http`, and which recorded answer a request gets. Refuses sockets and the
//! contract's types, so that a server that replays the same files can use it as well as the native [harness](crate::testing).
//!
//! # The format
//!
//! A file is UTF-8 text of exchanges, one after the other. Its lines end in `\n` or `\r\n`.
//!
//! ```text
//! # Recorded from a registry of version 2.8, 2026-11-21.
//!
//! ### the first page
//! GET /v2/_catalog?n=100
//! accept: application/json
//!
//! HTTP/1.1 200 OK
//! content-type: application/json
//! link: </v2/_catalog?last=b&n=100>; rel="next"
//!
//! {"repositories": ["a", "b"]}
//!
//! ### a POST with a body, and parameters that may have any value
//! POST /api/search?from=*&to=*
//! content-type: application/json
//!
//! {"limit": 10}
//!
//! HTTP/1.1 503 Service Unavailable
//! retry-after: 1
//! ```
//!
//! 1. A line that begins with `###` begins an exchange; what stands behind the hashes is its title. Before the first such line only
//!    empty lines and comments may stand. A **comment** is a line that begins with `#`; comments and empty lines may also stand
//!    between the `###` line and the request line, and nowhere else: a body is taken as it is.
//! 2. The **request line** is `METHOD TARGET`, with `HTTP/1.1` behind it or not. METHOD is `GET`, `HEAD` or `POST`. TARGET is a
//!    path that begins with `/`, below the connection's address, and a query or none: `/v2/a%20b/tags?n=1`, percent-encoded as on
//!    the wire (`+` in the query is a space).
//! 3. **Headers** follow, `name: value`, up to an empty line. The **request's body** stands between that line and the status line;
//!    no body, no lines.
//! 4. The **status line** is the first line that begins with `HTTP/` behind the request's headers: `HTTP/1.1 200 OK`; the reason
//!    can be left out. Its headers follow, up to an empty line or the end.
//! 5. The **answer's body** is the rest, up to the next `###` line or the end of the file. Empty lines and line breaks at the end
//!    of either body are not part of it; breaks within it are `\n`. Bodies are text, and no line of one can begin with `###`
//!    (nor, in a request, with `HTTP/`).
//!
//! # Which answer a request gets
//!
//! An exchange matches a request when
//!
//! - the methods are the same, and the paths, segment by segment, both decoded; `*` as a whole segment stands for any one;
//! - both have the same query parameters with the same values, whatever their order; `*` as a value stands for any;
//! - each header that the exchange gives is one of the request's, with that value (names without regard to case); other headers of
//!   the request do not matter, and headers of connections (`content-length`, `host`, `user-agent`, `accept-encoding`,
//!   `connection`) are never looked at;
//! - the exchange has no body, or the request has the same: compared as JSON when both are JSON, else byte by byte.
//!
//! Of the exchanges that match, over all files in the order of their names, the first that has not answered yet answers; when all
//! have, the last of them answers again. So a page that is asked for twice is recorded once, and a 503 before a 200 twice.

mod parse;
mod replay;

pub use parse::{FileError, parse, read_folder};
pub use replay::{Asked, Replay};

/// Headers, in their order; names in lower case.
pub type Headers = Vec<(String, String)>;

/// One exchange of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What stands behind `###`, trimmed; may be empty.
    pub title: String,
    /// The file and the number of its request line, from 1: `tags.http:7`.
    pub place: String,
    /// What is asked.
    pub request: Asked,
    /// What is answered.
    pub answer: Answered,
}

/// The answer of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status: 200.
    pub status: u16,
    /// Its headers.
    pub headers: Headers,
    /// Its body; empty when there is none.
    pub body: Vec<u8>,
}
