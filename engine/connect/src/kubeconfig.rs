//! The kubeconfig files of a connection: merged as kubectl merges them, and the context that is meant. Their texts
//! are full of secrets and are never quoted.

use std::path::PathBuf;

use kube::config::{Config, Kubeconfig, KubeconfigError};
use trawl_fleet::KubernetesSpec;

use crate::error::{Error, ErrorKind};
use crate::kube_context;

/// A name further away than this is no likely typing error.
const SIMILAR: f64 = 0.75;
/// Contexts that an error lists before it says how many more there are.
const LISTED_CONTEXTS: usize = 10;

/// The context's configuration, and the context for messages. The files are read anew at each call, since a
/// login rewrites them.
///
/// # Errors
/// A file cannot be read, the context is not there, or what it says cannot be used.
pub(crate) async fn config(spec: &KubernetesSpec) -> Result<(Config, String), Error> {
    let spec = spec.clone();
    // Kubeconfig and CA are files.
    let read = move || {
        let kubeconfig = read(&spec.kubeconfig)?;
        let context = context(&spec, &kubeconfig)?;
        let subject = format!("the context `{context}`");
        Ok((
            kube_context::config(kubeconfig, &context, &subject)?,
            subject,
        ))
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|_| {
        let words = "reading the kubeconfig was broken off";
        Err(Error::new(ErrorKind::Internal, words))
    })
}

fn read(paths: &[PathBuf]) -> Result<Kubeconfig, Error> {
    let existing: Vec<&PathBuf> = paths.iter().filter(|path| path.exists()).collect();
    if existing.is_empty() {
        let names: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let names = if names.is_empty() {
            "none was named".to_owned()
        } else {
            names.join(", ")
        };
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            format!("there is no kubeconfig ({names})"),
        )
        .hint("set KUBECONFIG, or name one with `kubeconfig:` in clusters.yaml; in a pod `in_cluster: true` needs none"));
    }
    let mut merged = Kubeconfig::default();
    for path in existing {
        let wrong = |why: &str| {
            Error::new(
                ErrorKind::InvalidConfig,
                format!("{}: {why}", path.display()),
            )
        };
        let mut next = Kubeconfig::read_from(path).map_err(|error| match error {
            KubeconfigError::ReadConfig(error, _) => wrong(&format!("cannot be read: {error}")),
            // The parser's text may quote the file, and the file is full of secrets.
            _ => wrong("is no valid kubeconfig")
                .hint("`kubectl config view` says what is wrong with it"),
        })?;
        // `current-context: ""` is what kubectl writes for none: it hides no other file's.
        next.current_context = next.current_context.filter(|name| !name.is_empty());
        merged = merged
            .merge(next)
            .map_err(|_| wrong("does not go with the other kubeconfig files"))?;
    }
    Ok(merged)
}

/// The context to use; it has to be there.
fn context(spec: &KubernetesSpec, kubeconfig: &Kubeconfig) -> Result<String, Error> {
    let names: Vec<&str> = kubeconfig
        .contexts
        .iter()
        .map(|named| named.name.as_str())
        .collect();
    let wanted = match (&spec.context, &kubeconfig.current_context) {
        (Some(context), _) => context.clone(),
        (None, Some(current)) => current.clone(),
        (None, None) => {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "the kubeconfig has no current context",
            )
            .hint(format!(
                "name one with `kube_context`: {}",
                list(&nearest_first("", names))
            )));
        }
    };
    if names.contains(&wanted.as_str()) {
        return Ok(wanted);
    }
    let files: Vec<String> = spec
        .kubeconfig
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let message = format!("there is no context `{wanted}` in {}", files.join(", "));
    let names = nearest_first(&wanted, names);
    let hint = match names.first() {
        Some((similarity, near)) if *similarity >= SIMILAR => {
            format!("did you mean `{near}`? It has {}", list(&names))
        }
        _ => format!("it has {}", list(&names)),
    };
    Err(Error::new(ErrorKind::InvalidConfig, message).hint(hint))
}

/// The names with how near they are to the wanted one, the nearest first; equally near ones stay in the
/// kubeconfig's order.
fn nearest_first<'a>(wanted: &str, names: Vec<&'a str>) -> Vec<(f64, &'a str)> {
    let lower = wanted.to_lowercase();
    let mut ranked: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .collect();
    ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
    ranked
}

fn list(names: &[(f64, &str)]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(LISTED_CONTEXTS)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(LISTED_CONTEXTS) {
        _ if names.is_empty() => "no context at all".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
