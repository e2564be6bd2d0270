//! Owns the walk over the pages of a listing: the next request is under way before the present page is decoded. Refuses walks that
//! would not end.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::de::DeserializeOwned;

use super::{Pending, RequestBuilder, Transport, failure};
use crate::types::{Error, Request, ResponseHead};

/// Pages of one listing, at most. At 100 things a page it is a million of them, and a minute's worth of requests.
pub const MAX_PAGES: u64 = 10_000;

/// One page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its status and headers.
    pub head: ResponseHead,
    /// Its body.
    pub body: Vec<u8>,
    /// How many pages were before it.
    pub number: u64,
    /// What was asked: `GET /v2/_catalog`, without the query.
    asked: String,
}

impl Page {
    /// Its body as JSON.
    ///
    /// # Errors
    /// `protocol` when it is no `T`; the message says what and where.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        decode(&self.asked, &self.body)
    }

    /// Its body as text.
    ///
    /// # Errors
    /// `protocol` when it is no UTF-8.
    pub fn text(&self) -> Result<&str, Error> {
        text(&self.asked, &self.body)
    }
}

fn text<'b>(asked: &str, body: &'b [u8]) -> Result<&'b str, Error> {
    std::str::from_utf8(body).map_err(|cause| {
        Error::protocol(format!(
            "expected UTF-8 as the answer to `{asked}`: {cause}"
        ))
    })
}

/// A body as JSON; of text, since one kind of reader is half the code in the component.
pub(super) fn decode<T: DeserializeOwned>(asked: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_str(text(asked, body)?).map_err(|cause| {
        Error::protocol(format!(
            "expected JSON of another form as the answer to `{asked}`: {cause}"
        ))
    })
}

/// What was asked, for messages.
pub(super) fn asked(request: &Request) -> String {
    let method = match request.method {
        crate::types::Method::Get => "GET",
        crate::types::Method::Head => "HEAD",
        crate::types::Method::Post => "POST",
    };
    format!("{method} /{}", request.path.join("/"))
}

/// The request of the page behind a page, made from the one that asked for this; none at the end. [`paging`](super::paging) has the
/// usual ones.
pub type Follow<'f> =
    Box<dyn FnMut(&Page, &RequestBuilder) -> Result<Option<RequestBuilder>, Error> + 'f>;

/// The pages of a listing, as an iterator. Dropping it cancels the request under way.
///
/// A page is given out when the next one has been asked for, so that it is decoded while the remote works; without
/// [`ahead`](Self::ahead) the next one is asked for when it is wanted. An answer that is no success ends it with the
/// [`failure`] that it means.
pub struct Pages<'t> {
    http: &'t dyn Transport,
    follow: Follow<'t>,
    ahead: bool,
    most: u64,
    number: u64,
    /// Digests of the requests that were sent.
    sent: BTreeSet<u64>,
    state: State,
}

enum State {
    /// Not asked for yet.
    Next(RequestBuilder),
    /// Asked for.
    UnderWay(RequestBuilder, Pending),
    /// What was wrong with the next page; told once the present one has been given out.
    Failed(Error),
    Over,
}

impl<'t> Pages<'t> {
    /// The pages from `first` on; `follow` finds the next one.
    pub fn new(http: &'t dyn Transport, first: RequestBuilder, follow: Follow<'t>) -> Self {
        Self {
            http,
            follow,
            ahead: true,
            most: MAX_PAGES,
            number: 0,
            sent: BTreeSet::new(),
            state: State::Next(first),
        }
    }

    /// Whether the next page is asked for before the present one is given out: yes by default, which wastes one request when the
    /// present page is enough. `ahead(rows.left().is_none())` asks ahead where all rows are wanted.
    #[must_use]
    pub fn ahead(mut self, ahead: bool) -> Self {
        self.ahead = ahead;
        self
    }

    /// Pages, at most; [`MAX_PAGES`] by default.
    #[must_use]
    pub fn at_most(mut self, pages: u64) -> Self {
        self.most = pages;
        self
    }

    fn start(&mut self, request: RequestBuilder) -> Result<State, Error> {
        let mut hasher = DefaultHasher::new();
        // The records of the contract have no Hash of their own.
        format!("{:?}", request.request()).hash(&mut hasher);
        if !self.sent.insert(hasher.finish()) {
            return Err(Error::protocol(format!(
                "expected a new page behind page {} of `{}`, got one that was there before",
                self.number,
                asked(request.request())
            ))
            .with_hint("this is a mistake of the remote or of what stands before it"));
        }
        if self.number >= self.most {
            return Err(Error::protocol(format!(
                "expected at most {} pages of `{}`, got more",
                self.most,
                asked(request.request())
            ))
            .with_hint("ask for less with a condition that the remote can take"));
        }
        let pending = request.clone().start(self.http)?;
        Ok(State::UnderWay(request, pending))
    }

    fn page(&mut self) -> Result<Option<Page>, Error> {
        let (request, pending) = match std::mem::replace(&mut self.state, State::Over) {
            State::Over => return Ok(None),
            State::Failed(error) => return Err(error),
            State::UnderWay(request, pending) => (request, pending),
            State::Next(request) => match self.start(request)? {
                State::UnderWay(request, pending) => (request, pending),
                _ => return Ok(None),
            },
        };
        let (head, body) = pending.finish()?;
        let asked = asked(request.request());
        if !(200..300).contains(&head.status) {
            return Err(failure(&asked, &head, &body));
        }
        let page = Page {
            head,
            body,
            number: self.number,
            asked,
        };
        self.number = self.number.saturating_add(1);
        // What is wrong with the next page must not cost the rows of this one.
        self.state = match (self.follow)(&page, &request) {
            Ok(None) => State::Over,
            Ok(Some(next)) if self.ahead => self.start(next).unwrap_or_else(State::Failed),
            Ok(Some(next)) => State::Next(next),
            Err(error) => State::Failed(error),
        };
        Ok(Some(page))
    }
}

impl Iterator for Pages<'_> {
    type Item = Result<Page, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.page().transpose()
    }
}

#[cfg(test)]
mod tests;
