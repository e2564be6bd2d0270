//! Every ` ```trawl ` example of the documentation runs on the demo fleet as it stands. Where ` ```text ` follows at once, it is
//! what the example gives; `UPDATE_EXPECT=1` rewrites it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::{Path, PathBuf};

/// Pages outside `docs/` that hold examples.
const PAGES: [&str; 1] = ["README.md"];
/// Folders whose pages another test makes, results included (reference_pages.rs).
const MADE: [&str; 2] = ["docs/language/operators", "docs/language/functions"];

/// An example of a page.
struct Example {
    /// Line of its first line.
    line: usize,
    query: String,
    /// Lines of what it gives, from and to, where the page shows that.
    shown: Option<(usize, usize)>,
}

fn examples(page: &str, lines: &[&str]) -> Vec<Example> {
    let end_of = |from: usize| {
        let rest = lines
            .iter()
            .skip(from)
            .position(|line| line.trim() == "```");
        from + rest.unwrap_or_else(|| panic!("{page}:{from}: an example does not end"))
    };
    let mut examples = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.trim() != "```trawl" {
            continue;
        }
        let end = end_of(at + 1);
        let shown = lines.get(end + 1).filter(|line| line.trim() == "```text");
        examples.push(Example {
            line: at + 2,
            query: lines[at + 1..end].join("\n"),
            shown: shown.map(|_| (end + 2, end_of(end + 2))),
        });
    }
    examples
}

fn pages(root: &Path) -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = PAGES.iter().map(|page| root.join(page)).collect();
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !MADE.iter().any(|made| path.ends_with(made)) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_runs_and_gives_what_the_page_shows() {
    let fleet = support::fleet().await;
    let engine = support::engine(&fleet);

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut ran, mut stale) = (0, Vec::new());
    for page in pages(&root) {
        let name = page.display().to_string();
        let text = std::fs::read_to_string(&page).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let (mut rewritten, mut copied) = (String::new(), 0);
        for example in examples(&name, &lines) {
            let place = format!("{name}:{}", example.line);
            let table = support::example(&engine, &place, &example.query).await;
            ran += 1;
            let Some((from, to)) = example.shown else {
                continue;
            };
            if lines[from..to].join("\n") != table.trim_end() {
                stale.push(format!("{place} gives\n{table}"));
            }
            for line in &lines[copied..from] {
                rewritten.push_str(line);
                rewritten.push('\n');
            }
            rewritten.push_str(&table);
            copied = to;
        }
        for line in &lines[copied..] {
            rewritten.push_str(line);
            rewritten.push('\n');
        }
        if update && rewritten != text {
            std::fs::write(&page, rewritten).unwrap();
        }
    }
    assert!(update || ran >= 10, "only {ran} examples were found");
    assert!(
        update || stale.is_empty(),
        "UPDATE_EXPECT=1 rewrites\n{}",
        stale.join("\n")
    );
}
