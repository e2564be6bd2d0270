//! Cases as text: `== title`, a query, then what is expected of it, in parts that begin with `-- name`. Owns the format, which
//! trawl's own tests share; what a part holds is for who runs them.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it is about.
    pub title: String,
    /// The query.
    pub query: String,
    /// The parts as they stand in the file; empty where nothing is expected yet.
    pub expected: String,
}

/// The cases of a file.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub cases: Vec<Case>,
}

/// The cases of a text.
pub fn parse(text: &str) -> Vec<Case> {
    let first = text.strip_prefix("== ");
    let text = first.unwrap_or_else(|| text.split_once("\n== ").map_or("", |(_, rest)| rest));
    text.split("\n== ")
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let (title, rest) = part.split_once('\n').unwrap_or((part, ""));
            let (query, expected) = match rest.split_once("\n-- ") {
                Some((query, expected)) => (query, format!("-- {expected}")),
                None => (rest, String::new()),
            };
            Case {
                title: title.trim().to_owned(),
                query: query.trim().to_owned(),
                expected: expected.trim().to_owned(),
            }
        })
        .collect()
}

/// What stands before the first case: comments.
fn preamble(text: &str) -> &str {
    if text.starts_with("== ") {
        return "";
    }
    text.find("\n== ")
        .and_then(|at| text.get(..at + 1))
        .unwrap_or("")
}

/// The files of a folder whose names end in `.txt`, by their names. No folder, no cases.
///
/// # Errors
/// When the folder or a file cannot be read, or a file holds no case.
pub fn read_folder(folder: &Path) -> Result<Vec<CaseFile>, Error> {
    let failed = |path: &Path, source| Error::File {
        path: path.to_path_buf(),
        source,
    };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.extension().is_some_and(|it| it == "txt") {
            let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            let cases = parse(&text);
            if cases.is_empty() {
                return Err(Error::Project(format!(
                    "{}: expected cases that begin with `== TITLE`, found none",
                    path.display()
                )));
            }
            files.push(CaseFile { path, cases });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Writes what came into the file instead of what was expected.
///
/// # Errors
/// When the file cannot be read or written.
pub fn rewrite(path: &Path, results: &[(Case, String)]) -> Result<(), Error> {
    let failed = |source| Error::File {
        path: path.to_path_buf(),
        source,
    };
    let old = std::fs::read_to_string(path).map_err(failed)?;
    let cases = results
        .iter()
        .map(|(case, got)| format!("== {}\n{}\n{got}\n", case.title, case.query));
    let text = format!("{}{}", preamble(&old), cases.collect::<Vec<_>>().join("\n"));
    std::fs::write(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "// About them.\n\n== one\nt | take 1\n-- rows\na: long\n1\n-- requests\nGET /t\n\n== two\nt |\n  count\n";

    #[test]
    fn a_case_is_a_title_a_query_and_parts() {
        let cases = parse(TEXT);
        assert_eq!(cases.len(), 2);
        assert_eq!((&*cases[0].title, &*cases[0].query), ("one", "t | take 1"));
        assert_eq!(
            cases[0].expected,
            "-- rows\na: long\n1\n-- requests\nGET /t"
        );
        assert_eq!(
            (&*cases[1].query, &*cases[1].expected),
            ("t |\n  count", "")
        );
        assert_eq!(parse("nothing here"), []);
    }

    #[test]
    fn what_is_rewritten_keeps_the_comments_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, TEXT).unwrap();
        let files = read_folder(folder.path()).unwrap();
        let results: Vec<(Case, String)> = files[0]
            .cases
            .iter()
            .map(|case| (case.clone(), "-- rows\nn: long\n2".to_owned()))
            .collect();
        rewrite(&path, &results).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "// About them.\n\n== one\nt | take 1\n-- rows\nn: long\n2\n\n== two\nt |\n  count\n-- rows\nn: long\n2\n"
        );
        assert!(read_folder(&folder.path().join("none")).unwrap().is_empty());
    }
}
