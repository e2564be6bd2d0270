//! GRAMMAR.md is true: every production has an example, every example parses, and every reserved word is named.

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

const GRAMMAR: &str = include_str!("../GRAMMAR.md");

/// The names that the productions define.
fn productions() -> Vec<&'static str> {
    let block = GRAMMAR
        .split("```ebnf\n")
        .nth(1)
        .unwrap()
        .split("\n```")
        .next()
        .unwrap();
    block
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()))
        .map(|line| line.split('=').next().unwrap().trim())
        .collect()
}

/// The examples under each heading.
fn examples() -> BTreeMap<&'static str, Vec<&'static str>> {
    let section = GRAMMAR.split("## Examples").nth(1).unwrap();
    section
        .split("\n### ")
        .skip(1)
        .map(|part| {
            let (name, rest) = part.split_once('\n').unwrap();
            let blocks = rest.split("```trawl\n").skip(1);
            (
                name,
                blocks
                    .map(|block| block.split("```").next().unwrap())
                    .collect(),
            )
        })
        .collect()
}

#[test]
fn every_production_has_an_example_and_every_example_a_production() {
    let productions = productions();
    assert!(productions.len() > 40, "{productions:?}");
    let examples = examples();
    for production in &productions {
        assert!(
            examples.get(production).is_some_and(|all| !all.is_empty()),
            "no example of `{production}`"
        );
    }
    for name in examples.keys() {
        assert!(productions.contains(name), "`{name}` is no production");
    }
}

#[test]
fn every_example_parses() {
    for (name, texts) in examples() {
        for text in texts {
            let parsed = trawl_lang::parse(text);
            assert_eq!(parsed.diagnostics, [], "{name}: {text}");
            assert!(parsed.file.is_some());
        }
    }
}

#[test]
fn every_reserved_word_is_named() {
    let rule = GRAMMAR
        .split("Reserved, except after a dot: `")
        .nth(1)
        .unwrap()
        .split('`')
        .next()
        .unwrap();
    let named: Vec<&str> = rule.split_whitespace().collect();
    assert_eq!(named, trawl_lang::words::RESERVED);
}

#[test]
fn reserved_words_need_backquotes() {
    for word in trawl_lang::words::RESERVED {
        if matches!(*word, "true" | "false" | "null") {
            continue;
        }
        assert!(
            trawl_lang::parse(&format!("pods | extend {word} = 1")).has_errors(),
            "{word}"
        );
        assert!(
            !trawl_lang::parse(&format!("pods | extend `{word}` = a.{word}")).has_errors(),
            "{word}"
        );
    }
}
