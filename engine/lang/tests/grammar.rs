//! GRAMMAR.md is true: every production has an example, every example parses, and every reserved word is named.

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod ebnf;

use std::collections::{BTreeMap, BTreeSet};

use ebnf::Grammar;
use trawl_lang::generate;

const GRAMMAR: &str = include_str!("../GRAMMAR.md");

/// The productions.
fn grammar() -> Grammar {
    let block = GRAMMAR.split("```ebnf\n").nth(1).unwrap();
    Grammar::read(block.split("\n```").next().unwrap())
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
    let grammar = grammar();
    let productions: Vec<&str> = grammar.names().collect();
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

/// The examples of a production are read through it: through each of its alternatives, and through each part that may be
/// left out or repeated, with and without it.
#[test]
fn the_examples_of_a_production_take_every_way_through_it() {
    let grammar = grammar();
    let mut everywhere = BTreeSet::new();
    let mut missing = Vec::new();
    for (name, texts) in examples() {
        let mut taken = BTreeSet::new();
        for text in texts {
            let choices = grammar.recognise(text);
            taken.extend(choices.unwrap_or_else(|| panic!("{name}: the grammar refuses {text}")));
        }
        for (number, (of, rule, choices)) in grammar.choices.iter().enumerate() {
            let ways = (0..*choices).filter(|way| of == name && !taken.contains(&(number, *way)));
            missing.extend(ways.map(|way| (number, way, format!("{name}: way {way} of {rule}"))));
        }
        everywhere.extend(taken);
    }
    // What is left out is allowed to be left out in the example of another production.
    let optional = |number: usize, way: usize| way == 0 && everywhere.contains(&(number, way));
    missing.retain(|(number, way, _)| !optional(*number, *way));
    let missing: Vec<String> = missing.into_iter().map(|(_, _, what)| what).collect();
    assert!(
        missing.is_empty(),
        "no example takes\n{}",
        missing.join("\n")
    );
}

/// What the parser takes, the grammar takes: the generator knows all that the parser does.
#[test]
fn generated_texts_are_of_the_grammar() {
    let grammar = grammar();
    for seed in 0..100 {
        let text = generate::text(&generate::file(seed), seed);
        assert!(grammar.recognise(&text).is_some(), "seed {seed}: {text}");
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
