//! Tests of walks: what is under way when a page is given out, and how a walk ends.

use super::*;
use crate::http::{get, paging};
use crate::testing::{Answer, Recorded};
use crate::types::ErrorCode;

fn page(next: &str) -> Answer {
    Answer::json(format!(r#"{{"next": "{next}"}}"#))
}

fn walk<'t>(http: &'t Recorded) -> Pages<'t> {
    get("api", ["a"]).pages(http, paging::token("/next", "t"))
}

#[test]
fn the_next_page_is_under_way_when_a_page_is_given_out() {
    let http = Recorded::in_order([page("1"), page("2"), page("")]);
    let mut pages = walk(&http);
    assert!(http.requests().is_empty());
    assert!(pages.next().unwrap().is_ok());
    assert_eq!(http.requests(), ["GET /a", "GET /a?t=1"]);
    drop(pages);
    assert_eq!(http.requests().len(), 2);

    let http = Recorded::in_order([page("1"), page("")]);
    let mut pages = walk(&http).ahead(false);
    pages.next();
    assert_eq!(http.requests(), ["GET /a"]);
    assert_eq!(pages.by_ref().count(), 1);
    assert_eq!(http.requests(), ["GET /a", "GET /a?t=1"]);
    assert!(pages.next().is_none());
}

#[test]
fn a_page_comes_before_the_error_behind_it() {
    let broken = Answer::new(503, "text/plain", "down");
    let http = Recorded::in_order([page("1"), broken]);
    let said: Vec<_> = walk(&http)
        .map(|page| page.map(|it| it.number).map_err(|it| it.code))
        .collect();
    assert_eq!(said, [Ok(0), Err(ErrorCode::Unavailable)]);
    // A token that comes again is noticed when the page with it has been given out.
    let http = Recorded::in_order([page("1"), page("1")]);
    let said: Vec<_> = walk(&http)
        .map(|page| page.map(|it| it.number).map_err(|it| it.code))
        .collect();
    assert_eq!(said, [Ok(0), Ok(1), Err(ErrorCode::Protocol)]);
}

#[test]
fn walks_end() {
    let turns = Recorded::by(|request| match request.query.first() {
        Some((_, turn)) if turn == "a" => page("b"),
        _ => page("a"),
    });
    let last = walk(&turns).last().unwrap().unwrap_err();
    assert!(
        last.message.contains("was there before"),
        "{}",
        last.message
    );
    assert_eq!(turns.requests().len(), 3);

    let endless = Recorded::by(|request| {
        page(&format!(
            "{}x",
            request.query.first().map_or("", |it| &it.1)
        ))
    });
    let last = walk(&endless).at_most(3).last().unwrap().unwrap_err();
    assert!(last.message.contains("at most 3 pages"), "{}", last.message);
    assert_eq!(endless.requests().len(), 3);
}

#[test]
fn what_is_no_json_is_told_with_its_request() {
    let http = Recorded::in_order([Answer::json("[1")]);
    let page = get("api", ["a", "b"])
        .pages(http.as_ref(), Box::new(|_, _| Ok(None)))
        .next()
        .unwrap()
        .unwrap();
    let error = page.json::<Vec<i64>>().unwrap_err();
    assert!(error.message.contains("`GET /a/b`"), "{}", error.message);
    let http = Recorded::in_order([Answer::json(vec![0xff])]);
    let error = get("api", ["a"]).json::<String>(http.as_ref()).unwrap_err();
    assert!(error.message.contains("UTF-8"), "{}", error.message);
}
