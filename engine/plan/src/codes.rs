//! The stable codes of the planner, each with what it means. A code once given is never reused for something else; Q00xx and
//! Q01xx belong to `trawl-lang`, those of tables and their arguments to `trawl-exec`.

/// Every code of this crate with its one-line meaning, in order.
pub const ALL: &[(&str, &str)] = &[
    ("Q0200", "There is no such table."),
    ("Q0201", "There is no such field."),
    ("Q0202", "There is no such column."),
    ("Q0203", "There is no such parameter or scalar `let`."),
    ("Q0204", "There is no such function."),
    ("Q0205", "A computed column has no name."),
    ("Q0206", "Two columns or fields have one name."),
    ("Q0207", "`*` as an argument of a table."),
    ("Q0208", "An argument of a table is no constant."),
    ("Q0209", "Two `let`s have one name."),
    ("Q0210", "A comparison of a column with itself."),
    ("Q0215", "The plan has too many operators."),
    ("Q0216", "A scalar `let` stands for too much."),
    ("Q0217", "Embedded text binds what cannot stand in it."),
    ("Q0220", "There is no such cluster."),
    ("Q0222", "The value of a parameter is not of its type."),
    ("Q0223", "A parameter has no value."),
    (
        "Q0224",
        "A value is given for a parameter that is not declared.",
    ),
    ("Q0225", "The text has no query."),
    ("Q0226", "A parameter cannot have this type."),
    ("Q0301", "A value of another type is needed here."),
    ("Q0302", "A text is not what it stands for here."),
    ("Q0303", "A type has no order, sum or count."),
    ("Q0304", "A value has no such parts."),
    ("Q0305", "Two types do not compare."),
    ("Q0306", "A text is no regular expression."),
    ("Q0307", "An arithmetic operator does not take these types."),
    ("Q0308", "A constant is needed here."),
    (
        "Q0309",
        "The arguments of a function are not those that it takes.",
    ),
    (
        "Q0310",
        "A column that is neither a key nor inside an aggregate.",
    ),
    ("Q0311", "An aggregate where there is one row."),
    ("Q0312", "The cells of `datatable` do not fill whole rows."),
    ("Q0313", "There is no such type."),
    ("Q0314", "The number of rows is no whole number."),
    ("Q0316", "A whole row beside other results."),
    ("Q0317", "`mv-expand` of something without items."),
    ("Q0318", "A pattern of `parse` without columns."),
    ("Q0319", "A query as a set outside `where`."),
    ("Q0320", "A set of more than one column."),
    ("Q0321", "The step of `make-series` is not above zero."),
    ("Q0322", "`make-series` has too many bins."),
    ("Q0323", "The range of `make-series` is empty."),
    ("Q0325", "A column is renamed twice."),
    ("Q0326", "A column of `parse` is always empty."),
    (
        "Q0327",
        "`make-series` runs over something that has no range.",
    ),
    ("Q0328", "The pattern of `parse` is too long."),
    ("Q0329", "Values that have no common type."),
    ("Q0330", "A text is no label selector."),
    ("Q0331", "A text is no network."),
    ("Q0332", "A regular expression has no such group."),
    ("Q0333", "A type does not convert to another."),
    ("Q0334", "A type that `parse` does not capture."),
    ("Q0340", "There is no such time zone."),
    ("Q0341", "A word is none of those that are known here."),
    ("Q0342", "A time format has an unknown token."),
    ("Q0343", "A constant is out of its range."),
    ("Q0401", "Join keys of different types."),
    ("Q0402", "Both sides of a join have this column."),
    ("Q0403", "A join mixes rows of different clusters."),
    ("Q0404", "There is no such kind of join."),
    ("Q0405", "A join key that is none."),
    ("Q0406", "The name of a join's side is a column already."),
    ("Q0407", "`$left` or `$right` outside the keys of a join."),
    ("Q0408", "A column has different types in a union."),
    ("Q0409", "A join's side has a name and no columns."),
    ("Q0411", "`render` before the end."),
    ("Q0412", "`render` has no such option."),
    (
        "Q0413",
        "A sparkline of something else than a list of numbers.",
    ),
    ("Q0999", "The plan could not be made: a mistake of ours."),
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
    fn meanings_are_sentences_and_each_is_said_once() {
        let meanings: BTreeSet<&str> = ALL.iter().map(|(_, meaning)| *meaning).collect();
        assert_eq!(meanings.len(), ALL.len());
        assert!(meanings.iter().all(|meaning| meaning.ends_with('.')));
    }
}
