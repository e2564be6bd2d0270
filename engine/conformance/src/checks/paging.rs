//! `paging`: answers that break off, and pages that do not lead on.

use futures::FutureExt;
use serde_json::Value as Json;
use trawl_sdk::recorded::Exchange;

use super::errors::REQUESTS;
use super::fault::{self, Trial};
use super::{Check, Findings, readable};
use crate::error::Error;
use crate::exchange::{Asked, Reply};
use crate::report::Finding;
use crate::server::{Fault, Rule};
use crate::suite::{Base, Suite};
use crate::told::QUERY_TIMEOUT;

/// The check.
pub const CHECK: Check = Check {
    name: "paging",
    rule: "When an answer breaks off or a page does not lead on, all rows come, or it is said what is missing; and the query ends.",
    tried: "For each request of a table in turn the connection breaks in the middle of the body, or half of a JSON document comes as if it were all. Where one answer leads to the next request by a token, the next page leads to itself again and again, is gone (410), or the page before it is empty and leads on all the same.",
    help: "Read bodies to their end, remember the tokens that were followed and stop with an error at one that comes again, and follow a token until there is none: an empty page is not the last.",
    run,
};

fn run(suite: &Suite) -> Findings<'_> {
    tables(suite).boxed_local()
}

async fn tables(suite: &Suite) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let exchanges = suite.subject.tape.exchanges();
    for (table, base) in readable(suite, CHECK.name, &mut findings) {
        let mut tally = CHECK.tally(&table.name, "broken answers and pages");
        let tried = fault::all(suite, base, broken(base, &exchanges)).await?;
        let pages = pages(base, &exchanges);
        if pages.is_empty() {
            tally.left_out(
                "no answer leads to the next request by a token: record a list of two pages",
            );
        }
        let mut following: Vec<Trial> = Vec::new();
        for (page, next) in &pages {
            following.extend(leading_nowhere(page, next));
        }
        let followed = fault::all(suite, base, following).await?;
        for (name, outcome) in tried.into_iter().chain(followed) {
            match fault::wrong(&outcome) {
                Err(why) => tally.left_out(format!("{name}: {why}")),
                Ok(wrong) => tally.tried(wrong.map(|wrong| format!("{name}: {wrong}"))),
            }
        }
        for (page, next) in &pages {
            match skipped(suite, base, page, next).await? {
                None => tally.left_out(format!(
                    "{}: no list in it can be emptied, or it was not asked for again",
                    page.asked
                )),
                Some(wrong) => tally.tried(wrong),
            }
        }
        findings.extend(tally.findings());
    }
    Ok(findings)
}

/// Answers that break off.
fn broken(base: &Base, exchanges: &[Exchange]) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (number, asked) in base.exchanges.iter().take(REQUESTS) {
        let Some(body) = exchanges.get(*number).map(|it| &it.answer.body) else {
            continue;
        };
        let trial = |what: &str, fault| Trial {
            name: format!("{asked} {what}"),
            rules: vec![Rule::of(*number, fault)],
            timeout: QUERY_TIMEOUT,
        };
        if !body.is_empty() {
            trials.push(trial("whose body breaks off", Fault::Break));
        }
        // Half of a text can be a text; half of a document is none.
        let half = body.get(..body.len().div_ceil(2)).unwrap_or_default();
        let is_json = |bytes: &[u8]| serde_json::from_slice::<Json>(bytes).is_ok();
        if is_json(body) && !is_json(half) {
            trials.push(trial("answered with half a document", Fault::Truncate));
        }
    }
    trials
}

/// An answer and the request that it led to, or was led to by.
struct Page {
    number: usize,
    asked: Asked,
    reply: Reply,
}

/// Answers that lead to the next request by a token, each with the next.
fn pages(base: &Base, exchanges: &[Exchange]) -> Vec<(Page, Page)> {
    let page = |(number, asked): &(usize, Asked)| {
        let answer = &exchanges.get(*number)?.answer;
        Some(Page {
            number: *number,
            asked: asked.clone(),
            reply: Reply {
                status: answer.status,
                headers: answer.headers.clone(),
                body: answer.body.clone().into(),
            },
        })
    };
    let mut found = Vec::new();
    for (position, one) in base.exchanges.iter().enumerate() {
        let Some(one) = page(one) else { continue };
        let later = base.exchanges.iter().skip(position + 1).filter_map(page);
        if let Some(next) = later.into_iter().find(|next| leads(&one, next)) {
            found.push((one, next));
        }
    }
    found
}

/// Whether an answer holds the token by which the next page is asked for. Numbers of pages are no tokens: they say nothing of where
/// a list ends.
fn leads(one: &Page, next: &Page) -> bool {
    if !one.asked.is_like(&next.asked) {
        return false;
    }
    let text = String::from_utf8_lossy(&one.reply.body).into_owned();
    let headers: String = one
        .reply
        .headers
        .iter()
        .map(|(_, value)| value.as_str())
        .collect();
    let fresh = next
        .asked
        .query
        .iter()
        .filter(|pair| !one.asked.query.contains(pair));
    let mut tokens: Vec<String> = fresh.map(|(_, value)| value.clone()).collect();
    if let Ok(Json::Object(members)) = serde_json::from_slice(&next.asked.body) {
        tokens.extend(members.values().filter_map(Json::as_str).map(str::to_owned));
    }
    tokens.iter().any(|token| {
        let quoted = Json::String(token.clone()).to_string();
        !token.is_empty() && (text.contains(&quoted) || headers.contains(token.as_str()))
    })
}

/// A next page that leads to itself, or is gone.
fn leading_nowhere(page: &Page, next: &Page) -> Vec<Trial> {
    let trial = |what: &str, fault| Trial {
        name: format!("{} {what}", next.asked),
        rules: vec![Rule::of(next.number, fault)],
        timeout: QUERY_TIMEOUT,
    };
    vec![
        trial(
            "answered with a page that leads to itself",
            Fault::Say(page.reply.clone()),
        ),
        trial("answered 410", Fault::status(410)),
    ]
}

/// An empty page that leads on: the next one has to be asked for.
async fn skipped(
    suite: &Suite,
    base: &Base,
    page: &Page,
    next: &Page,
) -> Result<Option<Option<String>>, Error> {
    let Some(mut body) = page.reply.json() else {
        return Ok(None);
    };
    let Some(list) = largest_list(&mut body) else {
        return Ok(None);
    };
    list.clear();
    let reply = page.reply.with_body(body.to_string());
    let rules = vec![Rule::of(page.number, Fault::Say(reply))];
    let world = suite.subject.world(rules).await?;
    let told = suite
        .ask(&world, &base.query, trawl_exec::Pushdown::Everything)
        .await;
    if !fault::met(&told) {
        return Ok(None);
    }
    let followed = told.seen.iter().any(|seen| seen.asked == next.asked);
    Ok(Some((!followed && told.is_whole_but(&base.gaps)).then(|| {
        format!(
            "{} answered with no items and a token: the page behind it was not asked for, and nobody was told",
            page.asked
        )
    })))
}

/// The list of objects or values in a document that has the most items.
fn largest_list(document: &mut Json) -> Option<&mut Vec<Json>> {
    match document {
        Json::Array(items) if !items.is_empty() => Some(items),
        Json::Object(members) => members
            .values_mut()
            .filter_map(largest_list)
            .max_by_key(|items| items.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use serde_json::json;

    fn page(number: usize, target: &str, body: &'static str) -> Page {
        Page {
            number,
            asked: Asked::new("GET", target, None, Bytes::new()).unwrap(),
            reply: Reply::new(200, "application/json", body),
        }
    }

    #[test]
    fn a_token_leads_and_a_number_does_not() {
        let one = page(0, "/things?n=2", r#"{"items": [], "next": "abc"}"#);
        assert!(leads(&one, &page(1, "/things?n=2&cursor=abc", "{}")));
        assert!(!leads(&one, &page(1, "/things?n=2&page=2", "{}")));
        assert!(!leads(&one, &page(1, "/others?cursor=abc", "{}")));
    }

    #[test]
    fn the_largest_list_is_the_one_with_the_items() {
        let mut document = json!({"tags": ["a"], "data": {"items": [1, 2, 3]}, "next": "x"});
        assert_eq!(largest_list(&mut document).unwrap().len(), 3);
        assert!(largest_list(&mut json!({"a": {}})).is_none());
    }
}
