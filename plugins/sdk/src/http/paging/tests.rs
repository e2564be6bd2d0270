//! Tests of the ways to the next page: what is asked next for what came.

use super::*;
use crate::http::get;
use crate::testing::{Answer, Recorded, request_line};

/// The requests of a walk that begins with `first` and whose answers are these.
fn walked(first: RequestBuilder, follow: Follow<'_>, answers: Vec<Answer>) -> Vec<String> {
    let http = Recorded::in_order(answers);
    let pages = first.pages(http.as_ref(), follow).at_most(5);
    for page in pages {
        if let Err(error) = page {
            return vec![error.message];
        }
    }
    http.sent().iter().map(request_line).collect()
}

#[test]
fn links_lead_to_the_next_page_wherever_the_address_begins() {
    let follow = |target: &str| {
        let value =
            format!("<https://h/first>; rel=first, <{target}>; title=\"a, b\"; rel=\"next\"");
        let first = Answer::json("[]").header("Link", &value);
        let asked = get("api", ["v2", "tags"]).query("n", "2");
        walked(asked, link(), vec![first, Answer::json("[]")])
    };
    for (target, expected) in [
        ("/v2/tags?n=2&last=a%2Fb", "GET /v2/tags?n=2&last=a/b"),
        ("https://h:1/base/v2/tags?last=x", "GET /v2/tags?last=x"),
        ("//h/v2/tags?last=x#y", "GET /v2/tags?last=x"),
        ("?last=x+y", "GET /v2/tags?last=x y"),
        ("more?last=x", "GET /v2/more?last=x"),
        (
            "/repositories/7/tags?page=2",
            "GET /repositories/7/tags?page=2",
        ),
        ("https://h", "GET /v2/tags"),
    ] {
        assert_eq!(follow(target)[1], expected, "{target}");
    }
    assert_eq!(
        follow("/v2/%zz"),
        ["expected the address of the next page in the header link, got `/v2/%zz`"]
    );
    let last = Answer::json("[]").header("link", "</x>; rel=prev");
    assert_eq!(walked(get("api", ["a"]), link(), vec![last]), ["GET /a"]);
}

#[test]
fn tokens_are_found_where_they_are() {
    let walk = |bodies: &[&str]| {
        let answers = bodies.iter().map(|body| Answer::json(*body)).collect();
        walked(
            get("api", ["a"]).query("n", "1"),
            token("/meta/0/next", "page"),
            answers,
        )
    };
    assert_eq!(
        walk(&[
            r#"{"items": [], "meta": [{"next": "x/1"}]}"#,
            r#"{"meta": [{"next": 7}]}"#,
            r#"{"meta": [{"next": ""}]}"#
        ]),
        ["GET /a?n=1", "GET /a?n=1&page=x/1", "GET /a?n=1&page=7"]
    );
    for last in ["{}", r#"{"meta": [{"next": null}]}"#, "[]"] {
        assert_eq!(walk(&[last]), ["GET /a?n=1"]);
    }
    assert_eq!(
        walk(&[r#"{"meta": [{"next": {}}]}"#]),
        ["expected a text as the token at `/meta/0/next`, got something else"]
    );
    assert_eq!(
        walk(&[
            r#"{"meta": [{"next": "x"}]}"#,
            r#"{"meta": [{"next": "x"}]}"#
        ]),
        ["expected a new page behind page 2 of `GET /a`, got one that was there before"]
    );
}

#[test]
fn offsets_and_numbers_count() {
    let answers = || {
        vec![
            Answer::json(r#"{"i": [1, 2]}"#),
            Answer::json(r#"{"i": [3]}"#),
        ]
    };
    assert_eq!(
        walked(get("api", ["a"]), offset("from", 2, "/i"), answers()),
        ["GET /a", "GET /a?from=2"]
    );
    assert_eq!(
        walked(
            get("api", ["a"]).query("page", "1"),
            number("page", 1, 2, "/i"),
            answers()
        ),
        ["GET /a?page=1", "GET /a?page=2"]
    );
    assert_eq!(
        walked(get("api", ["a"]), offset("from", 2, "/nope"), answers()),
        ["GET /a"]
    );
    let whole = vec![Answer::json("[1, 2]"), Answer::json("[]")];
    assert_eq!(
        walked(get("api", ["a"]), offset("from", 2, ""), whole),
        ["GET /a", "GET /a?from=2"]
    );
}
