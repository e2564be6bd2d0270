//! What a command reads: query texts from arguments, files, folders and stdin, and values of parameters.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::exit::{Failure, QueryText};

/// Bytes of a query text that are read from a file or stdin; the language's own limit is far below.
const MAX_TEXT_BYTES: u64 = 16 << 20;

/// Folders within folders that are looked through for queries.
const MAX_DEPTH: usize = 16;

/// The extension of files of queries.
const EXTENSION: &str = "trawl";

/// The query of a command: the text itself, `-` for stdin, or a file.
///
/// # Errors
/// When the file or stdin cannot be read.
pub fn query(text: Option<&str>, path: Option<&Path>) -> Result<QueryText, Failure> {
    match (text, path) {
        (_, Some(path)) => file(path),
        (Some("-"), None) => file(Path::new("-")),
        (text, None) => Ok(QueryText {
            name: "query".to_owned(),
            text: text.unwrap_or_default().to_owned(),
        }),
    }
}

/// A file, or stdin for `-`.
///
/// # Errors
/// When it cannot be read.
pub fn file(path: &Path) -> Result<QueryText, Failure> {
    let (name, text) = if path == Path::new("-") {
        ("stdin".to_owned(), read(std::io::stdin()))
    } else {
        let text = File::open(path).and_then(read);
        (path.display().to_string(), text)
    };
    match text {
        Ok(text) => Ok(QueryText { name, text }),
        Err(error) => Err(Failure::Usage(format!("{name} cannot be read: {error}"))),
    }
}

fn read(source: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    source.take(MAX_TEXT_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// The files that are meant: files themselves, and of folders all files of queries below them, by name.
///
/// # Errors
/// When a folder cannot be read or holds no query.
pub fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in given {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        below(path, MAX_DEPTH, &mut files).map_err(|error| {
            Failure::Usage(format!("{} cannot be read: {error}", path.display()))
        })?;
        if files.len() == before {
            return Err(Failure::Usage(format!(
                "{} holds no file that ends in .{EXTENSION}",
                path.display()
            )));
        }
    }
    Ok(files)
}

fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() && depth > 0 {
            below(&path, depth - 1, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == EXTENSION)
        {
            files.push(path);
        }
    }
    Ok(())
}

/// Values of parameters as `-p` gives them.
///
/// # Errors
/// For one without `=`.
pub fn params(given: &[String]) -> Result<BTreeMap<String, Json>, Failure> {
    given
        .iter()
        .map(|param| match param.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), Json::String(value.to_owned()))),
            None => Err(Failure::Usage(format!(
                "-p expects NAME=VALUE, got `{param}`"
            ))),
        })
        .collect()
}
