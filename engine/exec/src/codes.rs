//! The stable codes of running queries: of tables, their arguments and what only rows tell. The rest belongs to `trawl-lang` and
//! `trawl-plan`.

/// Every code of this crate with its one-line meaning, in order. `Q0200` is the planner's too, for the same mistake.
pub const ALL: &[(&str, &str)] = &[
    ("Q0200", "There is no such table."),
    ("Q0230", "A table has no such argument."),
    ("Q0231", "An argument of a table is given twice."),
    ("Q0232", "An argument of a table has the wrong type."),
    ("Q0233", "An argument of a table is missing."),
    (
        "Q0234",
        "No cluster has a connection to the source of a table.",
    ),
    ("Q0235", "A table has no schema."),
    ("Q0236", "A table is only declared."),
    (
        "Q0237",
        "A table's name means different things on different clusters.",
    ),
    (
        "Q0238",
        "A table is read without a filter that it cannot do without.",
    ),
    (
        "Q0239",
        "A caller who sees some namespaces gives a table a text in its source's own language.",
    ),
    ("Q0410", "The right side of `lookup` has a key twice."),
];

#[cfg(test)]
mod tests {
    use super::ALL;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The codes that stand in the sources below a folder.
    fn written(folder: &Path, codes: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                written(&path, codes);
            } else if path.file_name().is_some_and(|name| name != "codes.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let quoted = text.split('"').filter(|part| {
                    part.len() == 5
                        && part.starts_with('Q')
                        && part.chars().skip(1).all(|digit| digit.is_ascii_digit())
                });
                codes.extend(quoted.map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_code_is_listed_once_and_every_listed_code_is_used() {
        assert!(ALL.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let mut used = BTreeSet::new();
        written(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut used,
        );
        let listed: BTreeSet<String> = ALL.iter().map(|(code, _)| (*code).to_owned()).collect();
        assert_eq!(used, listed);
    }

    #[test]
    fn a_code_of_the_planner_means_the_same_here() {
        for (code, meaning) in trawl_plan::codes::ALL {
            let here = ALL.iter().find(|(known, _)| known == code);
            assert!(here.is_none_or(|(_, known)| known == meaning), "{code}");
        }
    }
}
