//! `cache`: how old rows of a table may be where somebody takes rows that were read a moment ago. Whether anybody does is not said
//! here: it is a query's or a server's choice, which this can only shorten.

use std::time::Duration;

use crate::check::{Check, printable};
use crate::glob::glob_matches;
use crate::quantity::duration;
use crate::yaml::{Node, Value};

/// For a table whose rows are always read.
const NEVER: &str = "never";
/// More patterns than any fleet has tables that need one.
const MAX_TABLES: usize = 256;

/// The time-to-live of tables, by globs of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableAges(Vec<(String, Duration)>);

impl TableAges {
    /// How old rows of a table may be that has these names; none: nothing is said of it. Of several that match the shortest counts,
    /// and zero means that its rows are always read.
    pub fn of(&self, names: &[&str]) -> Option<Duration> {
        let matching = self
            .0
            .iter()
            .filter(|(glob, _)| names.iter().any(|name| glob_matches(glob, name)));
        matching.map(|(_, age)| *age).min()
    }
}

/// Reads `cache`.
pub(crate) fn read(node: &Node, check: &mut Check) -> TableAges {
    let mut ages = Vec::new();
    for (key, value) in check.map(node, "`cache`") {
        if key.name != "tables" {
            check.unknown_key(key, "`cache`", &["tables"], "");
            continue;
        }
        for (table, age) in check.map(value, "`tables` of `cache`") {
            if ages.len() >= MAX_TABLES {
                check.problem(
                    table.at,
                    format!("`tables` of `cache`: expected at most {MAX_TABLES}, found more"),
                );
                break;
            }
            let what = format!("`{}`", printable(&table.name));
            let never = matches!(&age.value, Value::Text(text) if text == NEVER);
            let age = match never {
                true => Some(Duration::ZERO),
                false => duration(age, &format!("{what} of `cache` (or `{NEVER}`)"), check),
            };
            ages.extend(age.map(|age| (table.name.clone(), age)));
        }
    }
    TableAges(ages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_of_those_that_match_counts() {
        let age = |seconds| Duration::from_secs(seconds);
        let ages = TableAges(vec![
            ("kube.*".to_owned(), age(60)),
            ("events".to_owned(), Duration::ZERO),
            ("pod*".to_owned(), age(10)),
        ]);
        for (names, wanted) in [
            (&["nodes", "kube.nodes"][..], Some(age(60))),
            (&["pods", "kube.pods"], Some(age(10))),
            (&["events", "kube.events"], Some(Duration::ZERO)),
            (&["prometheus", "prometheus.prometheus"], None),
        ] {
            assert_eq!(ages.of(names), wanted, "{names:?}");
        }
    }
}
