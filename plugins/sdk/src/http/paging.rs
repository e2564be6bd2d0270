//! Owns the usual ways in which APIs say where the next page is; refuses an address outside of the connection's.

use serde::de::IgnoredAny;

use super::RequestBuilder;
use super::pages::{Follow, Page};
use crate::Error;
use crate::json::select;
use crate::types::PathStep;

/// By the header `Link: <…>; rel="next"` (RFC 8288), which the endpoint's declaration must name among those it receives.
///
/// Of the target only path and query count: the host says where requests go. A path that ends with the one that was asked is the
/// same one, below a prefix that the connection's address has.
pub fn link<'f>() -> Follow<'f> {
    Box::new(|page, request| {
        let links = page.head.headers.iter();
        let links = links.filter(|(name, _)| name.eq_ignore_ascii_case("link"));
        let next = links.into_iter().find_map(|(_, value)| next_target(value));
        next.map(|target| moved(request, target)).transpose()
    })
}

/// By a token in the body, at a JSON pointer (`/metadata/continue`), that goes into a parameter. A token that is missing, null or
/// empty ends the walk; an empty page with a token does not.
pub fn token<'f>(pointer: &'f str, parameter: &'f str) -> Follow<'f> {
    Box::new(move |page, request| {
        let Some(found) = at(page, pointer)? else {
            return Ok(None);
        };
        let token: serde_json::Value = serde_json::from_str(found).map_err(|cause| {
            Error::protocol(format!("expected a token at `{pointer}`: {cause}"))
        })?;
        let token = match token {
            serde_json::Value::Null => return Ok(None),
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            _ => {
                return Err(Error::protocol(format!(
                    "expected a text as the token at `{pointer}`, got something else"
                )));
            }
        };
        Ok((!token.is_empty()).then(|| request.clone().set_query(parameter, token)))
    })
}

/// By the number of things before the page, in a parameter: `?offset=200`. `items` is the JSON pointer of the list; a page with
/// fewer than `size` things is the last.
pub fn offset<'f>(parameter: &'f str, size: u64, items: &'f str) -> Follow<'f> {
    let mut before = 0_u64;
    Box::new(move |page, request| {
        let count = length(page, items)?;
        before = before.saturating_add(count);
        Ok(
            (count >= size.max(1))
                .then(|| request.clone().set_query(parameter, before.to_string())),
        )
    })
}

/// By the number of the page, in a parameter, the first being `first`: `?page=2`. `items` is the JSON pointer of the list; a page
/// with fewer than `size` things is the last.
pub fn number<'f>(parameter: &'f str, first: u64, size: u64, items: &'f str) -> Follow<'f> {
    Box::new(move |page, request| {
        let next = page.number.saturating_add(first).saturating_add(1);
        let more = length(page, items)? >= size.max(1);
        Ok(more.then(|| request.clone().set_query(parameter, next.to_string())))
    })
}

/// The text of what a JSON pointer points at; only what stands before it is read.
fn at<'p>(page: &'p Page, pointer: &str) -> Result<Option<&'p str>, Error> {
    let text = page.text()?;
    let mut steps = Vec::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let is_list =
            select(text, &steps)?.is_some_and(|found| found.trim_start().starts_with('['));
        steps.push(match step.parse() {
            Ok(index) if is_list => PathStep::Index(index),
            _ => PathStep::Key(step),
        });
    }
    select(text, &steps)
}

/// How many things the list has; none where there is no list.
fn length(page: &Page, pointer: &str) -> Result<u64, Error> {
    let items = at(page, pointer)?.filter(|found| found.trim_start().starts_with('['));
    let Some(items) = items else {
        return Ok(0);
    };
    let items: Vec<IgnoredAny> = serde_json::from_str(items)
        .map_err(|cause| Error::protocol(format!("expected a list at `{pointer}`: {cause}")))?;
    Ok(u64::try_from(items.len()).unwrap_or(u64::MAX))
}

/// The target of the link whose relation is `next`.
fn next_target(value: &str) -> Option<&str> {
    let mut rest = value;
    while let Some(start) = rest.find('<') {
        let (target, behind) = rest.get(start + 1..)?.split_once('>')?;
        // Parameters reach up to the next link; commas in quotes are rare and only ever in titles.
        let (parameters, next) = match behind.find(",<").or_else(|| behind.find(", <")) {
            Some(at) => behind.split_at_checked(at)?,
            None => (behind, ""),
        };
        let is_next = parameters.split(';').any(|parameter| {
            let (key, value) = parameter.split_once('=').unwrap_or_default();
            let value = value.trim().trim_matches('"');
            let mut relations = value.split_whitespace();
            key.trim().eq_ignore_ascii_case("rel")
                && relations.any(|it| it.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = next;
    }
    None
}

/// The request with the path and the query of a link's target.
fn moved(request: &RequestBuilder, target: &str) -> Result<RequestBuilder, Error> {
    let wrong = || {
        Error::protocol(format!(
            "expected the address of the next page in the header link, got `{target}`"
        ))
    };
    // `https://host/path`, `//host/path`, `/path`, `path?query` and `?query` are all allowed.
    let local = match target.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => rest
            .find('/')
            .map_or("/", |at| rest.get(at..).unwrap_or("/")),
        _ => target,
    };
    let local = local.split('#').next().unwrap_or_default();
    let (path, query) = match local.split_once('?') {
        Some((path, query)) => (path, query),
        None => (local, ""),
    };
    let decoded = |text: &str, plus| super::target::decode(text, plus).ok_or_else(wrong);
    let mut moved = request.clone().no_query();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        moved = moved.query(decoded(key, true)?, decoded(value, true)?);
    }
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| decoded(segment, false))
        .collect::<Result<_, _>>()?;
    let present = &request.request().path;
    let relative = !path.starts_with('/');
    Ok(if segments.is_empty() || segments.ends_with(present) {
        moved
    } else if relative {
        // Beside the last segment, as addresses are resolved.
        let beside = present
            .iter()
            .take(present.len().saturating_sub(1))
            .cloned();
        moved.path(beside.chain(segments).collect())
    } else {
        moved.path(segments)
    })
}

#[cfg(test)]
mod tests;
