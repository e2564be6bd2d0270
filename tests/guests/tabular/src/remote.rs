//! Rows from the API of a test: `GET /rows`, page by page along the tokens that the pages give. Refuses what is no page, unless it is
//! told to be careless.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value as Json;
use trawl_sdk::http::get;
use trawl_sdk::{Error, Transport, code_of_status};

use crate::lie::Lie;

/// Rows of a page, and of what is pushed at once.
pub const PAGE_ROWS: usize = 2;

/// Rows of the API.
pub type Rows = Vec<BTreeMap<String, Json>>;

/// A page.
#[derive(Debug, Deserialize)]
struct Page {
    rows: Rows,
    next: Option<String>,
}

/// The same, for who takes anything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LenientPage {
    rows: Rows,
    next: Option<String>,
}

/// The status and the body of a page.
///
/// # Errors
/// No answer.
pub fn page(transport: &dyn Transport, token: Option<&str>) -> Result<(u16, Vec<u8>), Error> {
    let mut request = get("api", ["rows"]).query("n", PAGE_ROWS.to_string());
    if let Some(token) = token {
        request = request.query("token", token);
    }
    let (head, body) = request.start(transport)?.finish()?;
    Ok((head.status, body))
}

/// All rows.
///
/// # Errors
/// The remote fails, or gives what is no page.
pub fn rows(transport: &dyn Transport, lie: Option<Lie>) -> Result<Rows, Error> {
    let (mut rows, mut token, mut seen) = (Rows::new(), None::<String>, BTreeSet::new());
    loop {
        let (status, body) = page(transport, token.as_deref())?;
        if lie == Some(Lie::Swallows) && status >= 500 {
            return Ok(rows);
        }
        if status != 200 {
            let message = format!("expected rows, the API answered {status}");
            return Err(match lie {
                Some(Lie::BlamesItself) if status == 403 => Error::internal(message),
                Some(Lie::Misnames) if status == 403 => {
                    Error::new(code_of_status(404), message).with_status(status)
                }
                _ => Error::new(code_of_status(status), message).with_status(status),
            });
        }
        let page = read(&body, lie)?;
        let is_empty = page.rows.is_empty();
        rows.extend(page.rows);
        token = match page.next {
            None => return Ok(rows),
            Some(_) if is_empty && lie == Some(Lie::EndsEarly) => return Ok(rows),
            Some(next) if !seen.insert(next.clone()) && lie != Some(Lie::Circles) => {
                return Err(Error::protocol(format!(
                    "the API gave the token `{next}` twice: its pages run in a circle"
                )));
            }
            next => next,
        };
    }
}

fn read(body: &[u8], lie: Option<Lie>) -> Result<Page, Error> {
    let wrong = |error: serde_json::Error| {
        Error::protocol(format!(
            "expected a page of rows, got something else: {error}"
        ))
    };
    match lie {
        Some(Lie::Lenient) => {
            let page: LenientPage = serde_json::from_slice(body).map_err(wrong)?;
            Ok(Page {
                rows: page.rows,
                next: page.next,
            })
        }
        Some(Lie::Panics) => {
            let document: Json = serde_json::from_slice(body).map_err(wrong)?;
            assert!(document.is_object(), "a page is an object");
            serde_json::from_value(document).map_err(wrong)
        }
        _ => serde_json::from_slice(body).map_err(wrong),
    }
}
