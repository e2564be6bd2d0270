//! Every machine-applicable fix in the case files does what it says: applied, its problem is gone.

// Clippy knows `#[test]` functions as tests, but not their helpers.
#![allow(clippy::unwrap_used)]

mod support;

use trawl_lang::{Diagnostic, parse};

fn apply(text: &str, diagnostic: &Diagnostic) -> String {
    let mut fixes = diagnostic.fixes.clone();
    fixes.sort_by_key(|fix| std::cmp::Reverse(fix.span.start));
    let mut fixed = text.to_owned();
    for fix in fixes {
        fixed.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.text);
    }
    fixed
}

#[test]
fn fixes_remove_their_problem() {
    let mut tried = 0;
    for file in ["mistakes.txt", "foreign.txt", "recovery.txt"] {
        for case in support::read(file) {
            let before = parse(&case.query).diagnostics;
            for diagnostic in before.iter().filter(|it| !it.fixes.is_empty()) {
                let fixed = apply(&case.query, diagnostic);
                let after = parse(&fixed).diagnostics;
                tried += 1;
                let same = |all: &[Diagnostic]| {
                    let told = (diagnostic.code, &diagnostic.message);
                    all.iter()
                        .filter(|it| (it.code, &it.message) == told)
                        .count()
                };
                assert!(
                    same(&after) < same(&before) && after.len() <= before.len(),
                    "{}: {}: {}\n{fixed}\n{after:#?}",
                    case.title,
                    diagnostic.message,
                    case.expected
                );
            }
        }
    }
    assert!(tried > 30, "only {tried} fixes");
}
