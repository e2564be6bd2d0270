//! Owns pages: which items are on the next one, and the token that leads there. A token is opaque to clients; it holds the
//! place where the page begins, and no request's parameters.

use super::refusal::{Refusal, Service};

/// What every token begins with, so that one of another service is refused.
const PREFIX: &str = "demo-";
/// What the token of an empty page ends with.
const AFTER_EMPTY: &str = "-more";

/// The place that a token stands for; the beginning without one.
pub(crate) fn start(service: Service, token: Option<&str>) -> Result<usize, Refusal> {
    match token {
        None => Ok(0),
        Some(token) => token
            .strip_prefix(PREFIX)
            .map(|place| place.strip_suffix(AFTER_EMPTY).unwrap_or(place))
            .and_then(|place| usize::from_str_radix(place, 16).ok())
            .ok_or_else(|| service.stale_token()),
    }
}

/// The token of the page that begins at a place.
pub(crate) fn token(place: usize) -> String {
    format!("{PREFIX}{place:08x}")
}

/// The token of an empty page that leads to the one at the same place which is not.
pub(crate) fn after_empty(place: usize) -> String {
    format!("{}{AFTER_EMPTY}", token(place))
}

/// Whether an empty page led to this token.
pub(crate) fn is_after_empty(token: &str) -> bool {
    token.ends_with(AFTER_EMPTY)
}

/// The items of the page that begins at `start`, and the token of the page after it.
pub(crate) fn of<T>(items: &[T], start: usize, size: usize) -> (&[T], Option<String>) {
    let end = start.saturating_add(size).min(items.len());
    let page = items.get(start..end).unwrap_or_default();
    (page, (end < items.len()).then(|| token(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let items: Vec<usize> = (0..7).collect();
        let (mut seen, mut next) = (Vec::new(), None::<String>);
        loop {
            let from = start(Service::Logs, next.as_deref()).unwrap();
            let (page, token) = of(&items, from, 3);
            seen.push(page.to_vec());
            next = token;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(seen, [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
        assert!(start(Service::Monitoring, Some("abc")).is_err());
        assert_eq!(of(&items, 99, 3), (&[] as &[usize], None));
    }
}
