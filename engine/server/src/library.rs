//! The saved queries that a server has: those that come with trawl and those of a folder, which is looked at again and again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use trawl_saved::{Library, Problem};

use crate::limits;

/// The saved queries at this moment. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Shelf(Arc<RwLock<Arc<Library>>>);

impl Shelf {
    pub(crate) fn new(library: Library) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(library))))
    }

    /// What came with trawl and, before it, what is in a folder now.
    pub(crate) fn of(folder: &Path) -> Self {
        let bundled = Library::bundled();
        Self::new(bundled.clone().with_folder(folder, bundled).0)
    }

    /// What is there now.
    pub(crate) fn library(&self) -> Arc<Library> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads a folder again and again until it is dropped, and says what is wrong with it when that is another than before.
    pub(crate) async fn follow(self, folder: PathBuf) {
        let mut said: Vec<Problem> = Vec::new();
        loop {
            let (looked, before) = (folder.clone(), self.library());
            let read = tokio::task::spawn_blocking(move || {
                Library::bundled().clone().with_folder(&looked, &before)
            });
            if let Ok((library, problems)) = read.await {
                if *self.library() != library {
                    *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(library);
                }
                for problem in problems.iter().filter(|it| !said.contains(it)) {
                    tracing::warn!(%problem, "a saved query is left out");
                }
                said = problems;
            }
            tokio::time::sleep(limits::LIBRARY_TICK).await;
        }
    }
}
