//! Where a server's state is: the database and the key file that flags name, or those of the user's state folder.

use std::path::PathBuf;

use trawl_state::{Error, Place, Store};

use crate::args::State;
use crate::exit::Failure;

/// A store, and the folder that it vanishes with if it is a demo's.
pub struct Opened {
    /// The store, or why there is none: clusters cannot be registered then.
    pub store: Result<Store, String>,
    _folder: Option<tempfile::TempDir>,
}

/// Opens the state of a server. A demo that names none begins with an empty one each time. Where nobody named a place and the usual
/// one cannot be written, as in a container without a volume, the server does without.
///
/// # Errors
/// What was named cannot be opened; or what is there is broken, or a newer trawl's.
pub async fn serving(args: &State, demo: bool) -> Result<Opened, Failure> {
    if demo && args.database_url.is_none() {
        let folder = tempfile::tempdir()?;
        let place = Place::File(folder.path().join("state.db"));
        let key = args.state_key.clone();
        let key = key.unwrap_or_else(|| folder.path().join("state.key"));
        let store = Store::open(&place, &key).await.map_err(failed)?;
        return Ok(Opened {
            store: Ok(store),
            _folder: Some(folder),
        });
    }
    let opened = |store| Opened {
        store,
        _folder: None,
    };
    match open(args).await {
        Ok(store) => Ok(opened(Ok(store))),
        Err(error @ (Error::File { .. } | Error::Key { .. })) if args.database_url.is_none() => {
            let why = format!("{error}; name a place with --database-url");
            tracing::warn!("clusters cannot be registered: {why}");
            Ok(opened(Err(why)))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Opens the state that flags name, or the user's.
///
/// # Errors
/// It cannot be opened.
pub async fn open(args: &State) -> Result<Store, Error> {
    let folder = folder();
    let place = match &args.database_url {
        Some(url) => url.parse()?,
        None => Place::File(in_folder(folder.as_ref(), "state.db")?),
    };
    let key = match (&args.state_key, &place) {
        (Some(key), _) => key.clone(),
        // Beside a file that was named, so that two servers on one machine have a key each.
        (None, Place::File(path)) => path.with_extension("key"),
        (None, Place::Postgres(_)) => in_folder(folder.as_ref(), "state.key")?,
    };
    Store::open(&place, &key).await
}

/// What went wrong, at the door.
pub fn failed(error: Error) -> Failure {
    Failure::Usage(error.to_string())
}

/// `$XDG_STATE_HOME/trawl`, else `~/.local/state/trawl`.
fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local").join("state")))
        .map(|state| state.join("trawl"))
}

fn in_folder(folder: Option<&PathBuf>, name: &str) -> Result<PathBuf, Error> {
    folder.map(|it| it.join(name)).ok_or_else(|| Error::File {
        path: PathBuf::from(name),
        why: "there is no folder for it, since $HOME is not set".to_owned(),
    })
}
