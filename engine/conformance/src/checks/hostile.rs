//! `hostile`: answers that make no sense.

use std::sync::OnceLock;

use bytes::Bytes;
use futures::FutureExt;
use serde_json::{Value as Json, json};
use trawl_sdk::recorded::Exchange;

use super::errors::REQUESTS;
use super::fault::{self, Outcome, Trial};
use super::{Check, Findings, readable};
use crate::error::Error;
use crate::exchange::Reply;
use crate::report::Finding;
use crate::server::{Fault, Rule};
use crate::suite::{Base, Suite};
use crate::told::QUERY_TIMEOUT;

/// The check.
pub const CHECK: Check = Check {
    name: "hostile",
    rule: "Whatever the remote answers, the plugin gives right rows or an error that says so (`protocol`): it does not trap, does not hang, stays within its memory, and does not take nonsense for an empty list.",
    tried: "For each request of a table in turn the answer is replaced: nothing, text, a login page, another content type, a list for an object and an object for a list, members that are missing, null or numbers, 10,000 brackets, numbers beyond every type, bytes that are no UTF-8, members that come twice, 64 MiB of spaces.",
    help: "Decode into types, and return the error `protocol` with the status and a piece of what came where that fails; never index, unwrap or assume a member. Where the remote leaves empty lists out, record such an answer: an object without members is nonsense otherwise.",
    run,
};

/// Brackets within brackets.
const DEPTH: usize = 10_000;

/// Spaces: more than a plugin can keep together with what it makes of them.
const SPACES: usize = 64 << 20;

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

/// What has to come of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    /// It has none: an error, or the rows as without it.
    None,
    /// It may have some: rows may be others.
    Some,
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let exchanges = suite.subject.tape.exchanges();
    for (table, base) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "hostile answers");
        let (trials, senses): (Vec<Trial>, Vec<Sense>) =
            trials(base, &exchanges).into_iter().unzip();
        let outcomes = fault::all(suite, base, trials).await?;
        for ((name, outcome), sense) in outcomes.into_iter().zip(senses) {
            let wrong = match (&outcome, sense) {
                (Outcome::Silent(_), Sense::Some) => Ok(None),
                // Without rows nothing can be missing.
                (Outcome::Silent(_), Sense::None) if base.rows.is_empty() => Ok(None),
                _ => fault::wrong(&outcome),
            };
            match wrong {
                Err(why) => tally.left_out(format!("{name}: {why}")),
                Ok(wrong) => tally.tried(wrong.map(|wrong| format!("{name}: {wrong}"))),
            }
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}

fn trials(base: &Base, exchanges: &[Exchange]) -> Vec<(Trial, Sense)> {
    let mut trials = Vec::new();
    for (position, (number, asked)) in base.exchanges.iter().take(REQUESTS).enumerate() {
        let Some(exchange) = exchanges.get(*number) else {
            continue;
        };
        let true_reply = Reply {
            status: exchange.answer.status,
            headers: exchange.answer.headers.clone(),
            body: exchange.answer.body.clone().into(),
        };
        // What only tells how something else is to be read can be done without.
        let mut add = |what: &str, reply: Reply, sense| {
            let trial = Trial {
                name: format!("{asked} answered with {what}"),
                rules: vec![Rule::of(*number, Fault::Say(reply))],
                timeout: QUERY_TIMEOUT,
            };
            trials.push((trial, sense));
        };
        let empty = leaves_lists_out(exchanges, exchange);
        for (what, body, sense) in answers(&true_reply) {
            let sense = match what {
                NO_MEMBERS if empty => Sense::Some,
                _ => sense,
            };
            add(what, true_reply.with_body(body), sense);
        }
        let page = "<!doctype html><html><head><title>Sign in</title></head><body>Sign in to continue.</body></html>";
        add(
            "a login page",
            Reply::new(200, "text/html; charset=utf-8", page),
            Sense::None,
        );
        let typed = Reply::new(
            true_reply.status,
            "application/octet-stream",
            true_reply.body.clone(),
        );
        add("another content type", typed, Sense::Some);
        // Once a table is enough for what takes this long.
        if position == 0 {
            add(
                "64 MiB of spaces",
                true_reply.with_body(spaces()),
                Sense::None,
            );
        }
    }
    trials
}

/// An answer that some APIs mean an empty list by.
const NO_MEMBERS: &str = "an object without members";

/// Whether the remote leaves empty lists out: another answer to such a request is recorded as an object in which no list stands.
fn leaves_lists_out(exchanges: &[Exchange], exchange: &Exchange) -> bool {
    let like = |other: &&Exchange| {
        let (a, b) = (&exchange.request, &other.request);
        a.method == b.method && a.path == b.path && other.answer.status == exchange.answer.status
    };
    exchanges.iter().filter(like).any(|other| {
        let document = serde_json::from_slice::<Json>(&other.answer.body);
        matches!(document, Ok(Json::Object(members)) if !members.values().any(has_list))
    })
}

fn has_list(value: &Json) -> bool {
    match value {
        Json::Array(_) => true,
        Json::Object(members) => members.values().any(has_list),
        _ => false,
    }
}

fn spaces() -> Bytes {
    static SPACE: OnceLock<Bytes> = OnceLock::new();
    SPACE
        .get_or_init(|| Bytes::from(vec![b' '; SPACES]))
        .clone()
}

/// Bodies instead of the true one.
fn answers(reply: &Reply) -> Vec<(&'static str, Bytes, Sense)> {
    let mut answers: Vec<(&'static str, Bytes, Sense)> = Vec::new();
    let Some(document) = reply.json() else {
        // Of what is no JSON only a decoder of its own knows what makes sense.
        answers.push((
            "bytes that are no UTF-8",
            Bytes::from_static(b"\xff\xfe\x00\xc3("),
            Sense::Some,
        ));
        return answers;
    };
    let mut add = |what, body: Vec<u8>, sense| answers.push((what, Bytes::from(body), sense));
    let text = |value: Json| value.to_string().into_bytes();
    add("an empty body", Vec::new(), Sense::None);
    add(
        "text that is no JSON",
        b"upstream connect error".to_vec(),
        Sense::None,
    );
    add("null", b"null".to_vec(), Sense::None);
    add("a number", b"5".to_vec(), Sense::None);
    match &document {
        Json::Object(_) => {
            add("a list instead of an object", b"[]".to_vec(), Sense::None);
            add(NO_MEMBERS, b"{}".to_vec(), Sense::None);
        }
        _ => {
            add("an object instead of a list", b"{}".to_vec(), Sense::None);
            add("a list of numbers", b"[1, 2]".to_vec(), Sense::None);
        }
    }
    for (what, change) in [
        ("null for every value", Json::Null),
        ("a number for every value", json!(-7)),
        ("a huge number for every value", json!(1e300)),
        ("a list for every value", json!([])),
        ("an object for every value", json!({"x": {}})),
        ("a long text for every value", json!("9".repeat(400))),
    ] {
        add(what, text(with_values(&document, &change)), Sense::Some);
    }
    let deep = |open: &str, close: &str| (open.repeat(DEPTH) + &close.repeat(DEPTH)).into_bytes();
    add("10,000 lists within lists", deep("[", "]"), Sense::None);
    add(
        "10,000 objects within objects",
        {
            let mut body = "{\"a\":".repeat(DEPTH);
            body.push('1');
            body.push_str(&"}".repeat(DEPTH));
            body.into_bytes()
        },
        Sense::None,
    );
    let digits = "9".repeat(5_000);
    let huge = with_values(&document, &json!("@digits@")).to_string();
    add(
        "numbers of 5,000 digits",
        huge.replace("\"@digits@\"", &digits).into_bytes(),
        Sense::Some,
    );
    let mut broken = with_values(&document, &json!("@utf8@"))
        .to_string()
        .into_bytes();
    if let Some(at) = broken.windows(6).position(|it| it == b"@utf8@") {
        broken.splice(at..at + 6, [0xff, 0xfe, 0xc3]);
        add("bytes that are no UTF-8", broken, Sense::None);
    }
    if let Json::Object(members) = &document {
        let body = document.to_string();
        let inner = body
            .strip_prefix('{')
            .and_then(|it| it.strip_suffix('}'))
            .unwrap_or_default();
        if !members.is_empty() {
            add(
                "each member twice",
                format!("{{{inner},{inner}}}").into_bytes(),
                Sense::Some,
            );
        }
    }
    answers
}

/// The document with another value instead of each of its scalars.
fn with_values(document: &Json, value: &Json) -> Json {
    match document {
        Json::Array(items) => items.iter().map(|item| with_values(item, value)).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), with_values(member, value)))
            .collect(),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_what_they_are_called() {
        let reply = Reply::new(
            200,
            "application/json",
            r#"{"items": [{"n": 1}], "next": "a"}"#,
        );
        let answers = answers(&reply);
        let body = |name: &str| {
            let found = answers.iter().find(|(what, _, _)| *what == name).unwrap();
            String::from_utf8_lossy(&found.1).into_owned()
        };
        assert_eq!(
            body("null for every value"),
            r#"{"items":[{"n":null}],"next":null}"#
        );
        assert_eq!(body("10,000 lists within lists").len(), 2 * DEPTH);
        assert!(body("numbers of 5,000 digits").contains(&"9".repeat(5_000)));
        assert!(body("each member twice").ends_with(r#""next":"a","items":[{"n":1}],"next":"a"}"#));
        assert!(
            std::str::from_utf8(
                &answers
                    .iter()
                    .find(|it| it.0 == "bytes that are no UTF-8")
                    .unwrap()
                    .1
            )
            .is_err()
        );
    }

    #[test]
    fn a_remote_that_leaves_empty_lists_out_is_known_by_a_recording() {
        let of = |text: &str| trawl_sdk::recorded::parse("a.http", text).unwrap();
        let full = "###\nGET /a?q=1\n\nHTTP/1.1 200\n\n{\"items\": [1]}\n\n";
        let alone = of(full);
        assert!(!leaves_lists_out(&alone, &alone[0]));
        let both = of(&format!("{full}###\nGET /a?q=2\n\nHTTP/1.1 200\n\n{{}}\n"));
        assert!(leaves_lists_out(&both, &both[0]));
    }
}
