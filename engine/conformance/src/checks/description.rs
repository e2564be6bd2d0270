//! `description`: what the plugin says of itself, for the operator who has to approve it.

use futures::FutureExt;
use serde_json::Value as Json;
use trawl_connect::{can_be_seen, can_be_sent};
use trawl_host::types::{Description, EndpointDeclaration, Operation};

use super::{Check, Findings};
use crate::report::Finding;
use crate::suite::Suite;

/// The check.
pub const CHECK: Check = Check {
    name: "description",
    rule: "The plugin says truly and fully what it is: a version as in SemVer, a description, a configuration schema, and each endpoint with its operations and headers.",
    tried: "`describe` is read. The configuration schema has to be valid JSON Schema of an object, operations have to be paths of whole segments, and headers have to be names in lower case that can be approved at all.",
    help: "Correct what `describe` gives; an operator reads it before anything of the plugin runs.",
    run,
};

fn run(suite: &Suite) -> Findings<'_> {
    let findings = examine(&suite.subject.description);
    async move { Ok(findings) }.boxed_local()
}

/// What is wrong with a description.
pub fn examine(description: &Description) -> Vec<Finding> {
    let mut tally = CHECK.tally("", "facts");
    tally.tried((!is_semver(&description.version)).then(|| {
        format!(
            "the version is `{}`; expected one as in SemVer, such as 1.2.3 or 1.2.3-rc.1",
            description.version
        )
    }));
    tally.tried(
        says_nothing(&description.description).then(|| {
            "there is no description: one sentence on what it reads, from where".to_owned()
        }),
    );
    match serde_json::from_str::<Json>(&description.config_schema) {
        Err(error) => tally.tried(Some(format!(
            "the configuration schema is no JSON: {error}"
        ))),
        Ok(schema) => {
            let read = trawl_exec::check_config_schema(&description.config_schema);
            tally.tried(
                read.err().map(|why| {
                    format!("the configuration schema is none that can be checked: {why}")
                }),
            );
            let kind = schema.get("type");
            tally.tried(kind.filter(|kind| *kind != "object").map(|kind| {
                format!("the configuration schema is of a {kind}; a configuration is an object")
            }));
        }
    }
    for endpoint in &description.endpoints {
        for wrong in of_endpoint(endpoint) {
            tally.tried(wrong.map(|wrong| format!("endpoint `{}`: {wrong}", endpoint.name)));
        }
    }
    tally.findings()
}

fn says_nothing(text: &Option<String>) -> bool {
    text.as_ref().is_none_or(|text| text.trim().is_empty())
}

/// A line for each fact: nothing, or what is wrong with it.
fn of_endpoint(endpoint: &EndpointDeclaration) -> Vec<Option<String>> {
    let mut facts = vec![
        says_nothing(&endpoint.description).then(|| {
            "there is no description: what is there, and what the plugin wants of it".to_owned()
        }),
        endpoint
            .operations
            .is_empty()
            .then(|| "it declares no operation, so that nothing may be asked there".to_owned()),
    ];
    for operation in &endpoint.operations {
        facts.push(of_operation(operation, &endpoint.kind));
    }
    for name in &endpoint.request_headers {
        facts.push(of_header(name, can_be_sent(name), "sent"));
    }
    for name in &endpoint.response_headers {
        facts.push(of_header(name, can_be_seen(name), "seen"));
    }
    facts
}

fn of_header(name: &str, possible: bool, what: &str) -> Option<String> {
    let token = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(c);
    if name.is_empty() || !name.chars().all(token) || name.chars().any(|c| c.is_ascii_uppercase()) {
        return Some(format!("`{name}` is no name of a header in lower case"));
    }
    (!possible).then(|| {
        format!(
            "the header `{name}` is never {what} by a plugin: leave it out, the host sees to it"
        )
    })
}

fn of_operation(operation: &Operation, kind: &str) -> Option<String> {
    let path = &operation.path;
    let Some(rest) = path.strip_prefix('/') else {
        return Some(format!(
            "the operation `{path}`: expected a path that begins with `/`"
        ));
    };
    if let Some(odd) = path
        .chars()
        .find(|c| "?#%\\ *".contains(*c) || c.is_control())
    {
        return Some(format!(
            "the operation `{path}` has a {odd:?}: expected a path with {{x}} for a segment and {{x...}} for the rest, without a query"
        ));
    }
    let segments: Vec<&str> = rest.split('/').collect();
    for (position, segment) in segments.iter().enumerate() {
        let is_last = position + 1 == segments.len();
        if segment.is_empty() && segments.len() > 1 {
            return Some(format!("the operation `{path}` has an empty segment"));
        }
        if !segment.contains(['{', '}']) {
            continue;
        }
        let inner = segment
            .strip_prefix('{')
            .and_then(|it| it.strip_suffix('}'));
        let name = inner.map(|inner| inner.strip_suffix("...").unwrap_or(inner));
        let good = name.is_some_and(|name| !name.is_empty() && !name.contains(['{', '}', '.']));
        if !good {
            return Some(format!(
                "the operation `{path}`: `{segment}` is no placeholder; expected {{x}} as a whole segment, or {{x...}} at the end"
            ));
        }
        if segment.contains("...") && !is_last {
            return Some(format!(
                "the operation `{path}`: `{segment}` stands for the rest and has to be last"
            ));
        }
    }
    match (&operation.action, kind) {
        (Some(action), kind) if kind != "aws" => Some(format!(
            "the operation `{path}` has the action `{action}`, which only endpoints of the kind aws have"
        )),
        _ => None,
    }
}

/// Whether a text is a version as SemVer 2.0.0 has it.
fn is_semver(text: &str) -> bool {
    let (text, build) = match text.split_once('+') {
        Some((text, build)) => (text, Some(build)),
        None => (text, None),
    };
    let (core, before) = match text.split_once('-') {
        Some((core, before)) => (core, Some(before)),
        None => (text, None),
    };
    let number = |it: &str| {
        !it.is_empty()
            && it.bytes().all(|b| b.is_ascii_digit())
            && (it == "0" || !it.starts_with('0'))
    };
    let word =
        |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let tag = |it: &str| word(it) && (number(it) || !it.bytes().all(|b| b.is_ascii_digit()));
    let parts: Vec<&str> = core.split('.').collect();
    parts.len() == 3
        && parts.into_iter().all(number)
        && before.is_none_or(|it| it.split('.').all(tag))
        && build.is_none_or(|it| it.split('.').all(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Verdict;
    use trawl_host::types::Method;

    fn honest() -> Description {
        Description {
            name: "things".to_owned(),
            version: "1.2.3-rc.1+5".to_owned(),
            description: Some("Things of a shop.".to_owned()),
            config_schema: r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#
                .to_owned(),
            cluster_key: None,
            endpoints: vec![EndpointDeclaration {
                name: "api".to_owned(),
                kind: "http".to_owned(),
                description: Some("The shop's API.".to_owned()),
                operations: vec![Operation {
                    method: Method::Get,
                    path: "/v1/{shop}/things/{rest...}".to_owned(),
                    action: None,
                }],
                request_headers: vec!["accept".to_owned()],
                response_headers: vec!["link".to_owned()],
            }],
            metadata: Vec::new(),
        }
    }

    #[test]
    fn an_honest_description_passes() {
        let findings = examine(&honest());
        assert_eq!(findings[0].verdict, Verdict::Passed, "{findings:?}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        type Change = fn(&mut Description);
        let cases: [(&str, Change); 13] = [
            ("the version is `1.2`", |it| it.version = "1.2".into()),
            ("the version is `01.2.3`", |it| it.version = "01.2.3".into()),
            ("there is no description: one", |it| it.description = None),
            ("schema is of a \"array\"", |it| {
                it.config_schema = r#"{"type": "array"}"#.into()
            }),
            ("at `/type`: expected one of", |it| {
                it.config_schema = r#"{"type": "objekt"}"#.into()
            }),
            ("there is no description: what", |it| {
                it.endpoints[0].description = Some(" ".into())
            }),
            ("declares no operation", |it| {
                it.endpoints[0].operations.clear()
            }),
            ("begins with `/`", |it| {
                it.endpoints[0].operations[0].path = "v1".into()
            }),
            ("without a query", |it| {
                it.endpoints[0].operations[0].path = "/v1?a=b".into()
            }),
            ("is no placeholder", |it| {
                it.endpoints[0].operations[0].path = "/v{x}".into()
            }),
            ("has to be last", |it| {
                it.endpoints[0].operations[0].path = "/{x...}/y".into()
            }),
            ("no name of a header", |it| {
                it.endpoints[0].request_headers = vec!["Accept".into()]
            }),
            ("never sent", |it| {
                it.endpoints[0].request_headers = vec!["authorization".into()]
            }),
        ];
        for (expected, change) in cases {
            let mut description = honest();
            change(&mut description);
            let findings = examine(&description);
            assert!(
                findings
                    .iter()
                    .any(|it| it.verdict == Verdict::Failed && it.detail.contains(expected)),
                "{expected}: {findings:?}"
            );
        }
    }
}
