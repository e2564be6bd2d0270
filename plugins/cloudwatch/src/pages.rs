//! Owns the walk through the pages of listings, several listings at a time; refuses to know what is on a page.

use std::collections::VecDeque;

use serde::de::DeserializeOwned;
use serde_json::Value;
use trawl_sdk::{Error, Transport};

use crate::service::{Action, Call, start};

/// Requests under way at once. Their rates are five a second for the slowest action, so that more would only wait at the host.
const IN_FLIGHT: usize = 4;

/// An answer that may have more behind it.
pub(crate) trait Page: DeserializeOwned {
    /// The token of the next page. An empty page can have one.
    fn next(&self) -> Option<&str>;
}

/// How the walk goes on after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// With the listing's next page, if it has one.
    Go,
    /// Without the rest of this listing.
    Leave,
    /// Not at all.
    Stop,
}

/// One listing under way.
struct Turn {
    /// Which of the bodies.
    index: usize,
    /// The token that this page was asked with.
    token: Option<String>,
    call: Call,
}

/// Asks for every body and the pages behind it, and hands over what comes, or why it did not. With `ahead` the next page is asked
/// for before the present one is handed over; without a limit it will be wanted.
///
/// # Errors
/// Those of `each`, and `protocol` when a token comes back that was just used: the walk would not end.
pub(crate) fn walk<P: Page>(
    http: &dyn Transport,
    action: Action,
    bodies: &[Value],
    ahead: bool,
    mut each: impl FnMut(usize, Result<P, Error>) -> Result<Then, Error>,
) -> Result<(), Error> {
    let mut waiting = bodies.iter().enumerate();
    let mut turns: VecDeque<Turn> = VecDeque::new();
    loop {
        while turns.len() < IN_FLIGHT {
            let Some((index, body)) = waiting.next() else {
                break;
            };
            turns.push_back(Turn {
                index,
                token: None,
                call: start(http, action, body)?,
            });
        }
        let Some(turn) = turns.pop_front() else {
            return Ok(());
        };
        let page = turn.call.answer::<P>();
        let token = match &page {
            Ok(page) => page.next().filter(|token| !token.is_empty()),
            Err(_) => None,
        };
        if token.is_some() && token == turn.token.as_deref() {
            return Err(Error::protocol(format!(
                "expected a new token with the next page of {}, got the one that was sent",
                action.name()
            ))
            .with_hint("this is a mistake of the service or of what stands before it"));
        }
        let token = token.map(str::to_owned);
        let follow = |token: Option<String>| -> Result<Option<Turn>, Error> {
            let (Some(token), Some(body)) = (token, bodies.get(turn.index)) else {
                return Ok(None);
            };
            let mut body = body.clone();
            if let Some(members) = body.as_object_mut() {
                members.insert(action.token_key().to_owned(), Value::from(token.as_str()));
            }
            Ok(Some(Turn {
                index: turn.index,
                call: start(http, action, &body)?,
                token: Some(token),
            }))
        };
        let (early, late) = if ahead {
            (follow(token)?, None)
        } else {
            (None, token)
        };
        let next = match each(turn.index, page)? {
            Then::Go if ahead => early,
            Then::Go => follow(late)?,
            // Dropping the early one cancels it.
            Then::Leave => None,
            Then::Stop => return Ok(()),
        };
        turns.extend(next);
    }
}
