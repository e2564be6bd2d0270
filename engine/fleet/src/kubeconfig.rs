//! The names in a kubeconfig, for a fleet without a clusters.yaml. Credentials and addresses in it are
//! skipped unread: only `trawl_connect` reads them.

use std::path::PathBuf;

use serde::Deserialize;

use crate::error::{Error, Position, Problem};

/// The names of the contexts of several files, merged as kubectl merges: the first of a name wins.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Contexts {
    pub(crate) names: Vec<String>,
    pub(crate) current: Option<String>,
    /// The files that exist.
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Deserialize, Default)]
struct File {
    #[serde(default)]
    contexts: Option<Vec<Named>>,
    #[serde(rename = "current-context", default)]
    current: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Reads the names out of the files that exist; a file that does not is passed over, as kubectl does.
///
/// # Errors
/// A file that exists cannot be read or is no kubeconfig.
pub(crate) fn contexts(paths: &[PathBuf]) -> Result<Contexts, Error> {
    let mut contexts = Contexts::default();
    for path in paths {
        if !path.exists() {
            continue;
        }
        let text = crate::load::read_file(path, Some("the kubeconfig"))?;
        let options = serde_saphyr::options! { with_snippet: false };
        let file: Option<File> =
            serde_saphyr::from_str_with_options(&text, options).map_err(|error| {
                // The library's text may quote a value, and a kubeconfig is full of secrets.
                let at = error
                    .location()
                    .map_or(Position { line: 1, column: 1 }, |at| Position {
                        line: at.line(),
                        column: at.column(),
                    });
                let message =
                    "not a kubeconfig: expected a mapping with `contexts`, each with a `name`";
                let problem = Problem {
                    at,
                    message: message.to_owned(),
                    hint: None,
                };
                Error::Invalid {
                    path: path.clone(),
                    problems: vec![problem],
                }
            })?;
        let file = file.unwrap_or_default();
        for named in file.contexts.unwrap_or_default() {
            if !contexts.names.contains(&named.name) {
                contexts.names.push(named.name);
            }
        }
        contexts.current = contexts
            .current
            .or(file.current.filter(|name| !name.is_empty()));
        contexts.files.push(path.clone());
    }
    Ok(contexts)
}
