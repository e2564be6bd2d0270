//! What the fuzzers once found, and what they begin with, through the bodies of the targets, without libFuzzer.

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use trawl_fuzz::{TARGETS, Target, dictionary};
use trawl_lang::generate;

/// The stack that the script gives, and that a thread of a runtime has.
const STACK_BYTES: usize = 2 * 1024 * 1024;

/// Generated texts that are cut and tried.
const GENERATED: u64 = 100;

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    thread.spawn(test).unwrap().join().unwrap();
}

#[test]
fn what_was_found_stays_fixed() {
    on_a_small_stack(|| {
        for (name, target) in TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("regressions")
                .join(name);
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                eprintln!("{}", path.display());
                target(&std::fs::read(path).unwrap());
            }
        }
    });
}

#[test]
fn every_target_takes_any_bytes() {
    on_a_small_stack(|| {
        for (_, target) in TARGETS {
            let target: &Target = target;
            for data in [
                &b""[..],
                b"\xff\xfe",
                b"pods | where",
                b"\0\0\0",
                "é|漢".as_bytes(),
            ] {
                target(data);
            }
        }
    });
}

#[test]
fn generated_texts_and_their_beginnings() {
    on_a_small_stack(|| {
        for seed in 0..GENERATED {
            let text = generate::text(&generate::file(seed), seed).into_bytes();
            for (_, target) in TARGETS {
                target(&text);
                target(&text[..text.len() / 2]);
                target(&text[text.len() / 2..]);
            }
        }
    });
}

#[test]
fn the_dictionary_has_the_words_of_the_language() {
    let dictionary = dictionary();
    for line in [
        "\"make-series\"",
        "\"!has_any\"",
        "\"leftanti\"",
        "\"\\\"\\\"\\\"\"",
        "\"Gi\"",
        "\"ms\"",
    ] {
        assert!(dictionary.lines().any(|it| it == line), "{line}");
    }
}
