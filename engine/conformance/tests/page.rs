//! `docs/conformance.md` is made of the checks' own texts; `UPDATE_EXPECT=1` rewrites it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use trawl_conformance::CHECKS;

const HEAD: &str = "# Whether a plugin keeps the rules

`trawl plugin test` runs a plugin in the real engine, against a remote of its own on this machine, and says of each rule of the contract
whether it holds. This page is made from the checks themselves.

```sh
trawl plugin test                       # the project in this folder: builds it, and runs its tests/
trawl plugin test my-plugin             # the project in that folder
trawl plugin test plugin.wasm --live prod-ap/loki    # a component against a connection of clusters.yaml, as far as it is granted
trawl plugin test --only errors --only paging
trawl plugin test --update              # takes what came for what tests/cases/*.txt expect
trawl plugin test --live lab/loki --record           # writes what a connection answers to tests/recorded/
trawl plugin test -o json
```

It ends with 0 when nothing failed, with 1 when something did, with 2 when the project or the command is wrong.

## What it is tested against
- **Recordings**, `tests/recorded/*.http`: the format stands in the SDK (`trawl_sdk::recorded`). Whatever the plugin asks for that is not
  recorded is answered with a status 599 that names it, and a case that leads there fails. Only what is recorded can be tried, so that of
  the conditions, limits and orders that lead to other requests the report says how many were left out.
- **A program**, `tests/remote`: an executable that serves the API on 127.0.0.1 at the port that is its only argument. Where there is
  one it is asked instead of the recordings, and everything can be tried.
- **A connection**, `--live NAME`: the plugin asks a server on this machine, which asks the connection with its credentials; the plugin's
  side never sees one. Each request is made once and then played back, so that the remote is asked little and two ways to the same rows
  see the same remote. A component may do there what `plugins:` of clusters.yaml grants to its name; only what came with trawl may do
  what it declares, and that is known by its bytes. Where another component is installed under the name that a component gives itself,
  `--name` has to say which is meant. `--record` writes what came: approved headers and bodies, and so no credential and no cookie. Read a
  recording before you commit it: bodies are what the remote said.

A component that is given as a file is compiled as an installed one is, in a process whose time and memory are bounded.

Faults are played by the server on this machine, whatever stands behind it. `now()` is one moment in all queries of a run.

## What is tried on a table
A table that needs neither arguments nor conditions is read by its name. For others, and where the whole table is not recorded, the
beginning of a case is taken: the table with its arguments, and the conditions directly behind it. So one case that reads a table is
enough for all checks to try it.

Rows that a plugin says are missing (`report`) may be missing: where they are, a difference is told as something that could not be tried.
Tables of more than 50,000 rows are tried behind the conditions of a case that leave fewer.

## Cases
A file of `tests/cases/` holds queries, each with what is expected of it:
```text
== components that do not work
statuspage.components | where status != \"operational\" | project name, status
-- rows
name: string | status: string
API | degraded_performance
-- requests
GET /api/v2/components.json
```
Rows are sorted unless the query sorts them; requests are sorted too. A query that is wrong has `-- error` and its message instead. A new
case is a title and a query: `--update` writes the rest.

## The checks
";

#[test]
fn the_page_is_what_the_checks_say() {
    let mut page = HEAD.to_owned();
    for check in CHECKS {
        let (name, rule, tried, help) = (check.name, check.rule, check.tried, check.help);
        write!(
            page,
            "### {name}\n{rule}\n\n**How it is tried.** {tried}\n\n**When it fails.** {help}\n\n"
        )
        .unwrap();
    }
    let page = format!("{}\n", page.trim_end());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/conformance.md is not what the checks say: UPDATE_EXPECT=1 rewrites it"
    );
}
