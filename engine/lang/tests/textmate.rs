//! The TextMate grammar for editors is that of the parser's tables, its patterns compile, and sample texts get the scopes
//! that they should. `UPDATE_EXPECT=1` writes it anew.

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod highlighting;
mod support;

use std::collections::HashMap;
use std::path::Path;

use highlighting::grammar;
use regex::{Captures, Regex};
use serde_json::Value;
use trawl_lang::words;

#[test]
fn the_file_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/trawl.tmLanguage.json");
    let written = serde_json::to_string_pretty(&grammar()).unwrap() + "\n";
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == written,
        "{} is not what the tables say: run with UPDATE_EXPECT=1",
        path.display()
    );
}

#[test]
fn samples_get_their_scopes() {
    let highlighter = Highlighter::new();
    support::check("highlight.txt", |text| highlighter.run(text).join("\n"));
}

#[test]
fn every_word_of_the_language_has_a_scope() {
    let highlighter = Highlighter::new();
    let scope = |text: &str, piece: &str| -> String {
        let tokens = highlighter.run(text);
        let found = tokens
            .iter()
            .find_map(|token| token.strip_prefix(&format!("{piece}  ")));
        found
            .unwrap_or_else(|| panic!("`{piece}` in {tokens:?}"))
            .to_owned()
    };
    for name in words::OPERATORS {
        assert_eq!(scope(&format!("a | {name} b"), name), "keyword.control");
    }
    for word in words::RESERVED.iter().filter(|word| **word != "matches") {
        let of = scope(&format!("a {word} b"), word);
        assert!(
            of.starts_with("keyword.") || of.starts_with("constant.language"),
            "{word}: {of}"
        );
        assert_eq!(scope(&format!("a.{word}"), word), "variable.other.member");
    }
    for word in words::NEGATABLE.iter().filter(|word| **word != "matches") {
        assert_eq!(
            scope(&format!("a !{word} b"), &format!("!{word}")),
            "keyword.operator.word"
        );
    }
    for unit in words::TIME_UNITS {
        assert_eq!(
            scope(&format!("a > 5{unit}"), &format!("5{unit}")),
            "constant.numeric.duration"
        );
    }
    for unit in words::SIZE_UNITS {
        assert_eq!(
            scope(&format!("a > 5{unit}"), &format!("5{unit}")),
            "constant.numeric.size"
        );
    }
    for ty in words::TYPES {
        assert_eq!(scope(&format!("param a: {ty};"), ty), "storage.type");
    }
    for kind in words::JOIN_KINDS {
        assert_eq!(
            scope(&format!("a | join kind={kind} b"), kind),
            "constant.language.kind"
        );
    }
}

/// As much of TextMate as the grammar uses: the first of the patterns that match soonest wins, and strings go on until
/// their end.
struct Highlighter {
    rules: Vec<Rule>,
}

struct Rule {
    name: Option<String>,
    begin: Regex,
    captures: HashMap<usize, String>,
    /// The end of a string, with the rules inside it.
    inside: Option<(Regex, Vec<Rule>)>,
}

fn short(scope: &Value) -> String {
    scope
        .as_str()
        .unwrap()
        .strip_suffix(".trawl")
        .unwrap()
        .to_owned()
}

fn rules(patterns: &Value) -> Vec<Rule> {
    let regex = |value: &Value| Regex::new(value.as_str().unwrap()).unwrap();
    let rule = |pattern: &Value| Rule {
        name: pattern.get("name").map(short),
        begin: regex(pattern.get("match").or(pattern.get("begin")).unwrap()),
        captures: match pattern.get("captures") {
            Some(captures) => {
                let captures = captures.as_object().unwrap().iter();
                captures
                    .map(|(index, it)| (index.parse().unwrap(), short(&it["name"])))
                    .collect()
            }
            None => HashMap::new(),
        },
        inside: pattern
            .get("end")
            .map(|end| (regex(end), rules(&pattern["patterns"]))),
    };
    patterns.as_array().unwrap().iter().map(rule).collect()
}

/// The rule that matches soonest from `at` on.
fn soonest<'r, 't>(
    rules: &'r [Rule],
    line: &'t str,
    at: usize,
) -> Option<(&'r Rule, Captures<'t>)> {
    let found = rules
        .iter()
        .filter_map(|rule| Some((rule, rule.begin.captures_at(line, at)?)));
    found.min_by_key(|(_, captures)| captures.get(0).unwrap().start())
}

impl Highlighter {
    fn new() -> Self {
        Self {
            rules: rules(&grammar()["patterns"]),
        }
    }

    /// The tokens of a text, `characters  scope` each.
    fn run(&self, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        let mut open: Option<&Rule> = None;
        for line in text.lines() {
            let mut at = 0;
            while at <= line.len() {
                at = match open {
                    Some(string) => {
                        let (end, inner) = string.inside.as_ref().unwrap();
                        let stop = end.find_at(line, at);
                        let before_end = |start: usize| stop.is_none_or(|it| start < it.start());
                        match soonest(inner, line, at)
                            .filter(|(_, it)| before_end(it.get(0).unwrap().start()))
                        {
                            Some((rule, captures)) => emit(&mut tokens, rule, &captures),
                            None => {
                                let Some(stop) = stop else { break };
                                open = None;
                                stop.end()
                            }
                        }
                    }
                    None => {
                        let Some((rule, captures)) = soonest(&self.rules, line, at) else {
                            break;
                        };
                        if rule.inside.is_some() {
                            open = Some(rule);
                        }
                        emit(&mut tokens, rule, &captures)
                    }
                };
                if at == line.len() && open.is_none() {
                    break;
                }
            }
        }
        tokens
    }
}

/// Writes the tokens of a match and returns where it ends.
fn emit(tokens: &mut Vec<String>, rule: &Rule, captures: &Captures<'_>) -> usize {
    let whole = captures.get(0).unwrap();
    assert!(
        !whole.is_empty(),
        "a pattern matches nothing: {}",
        rule.begin
    );
    if let Some(name) = &rule.name {
        tokens.push(format!("{}  {name}", whole.as_str()));
    }
    for index in 1..captures.len() {
        if let (Some(part), Some(name)) = (captures.get(index), rule.captures.get(&index)) {
            tokens.push(format!("{}  {name}", part.as_str()));
        }
    }
    whole.end()
}
