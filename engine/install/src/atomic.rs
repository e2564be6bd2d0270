//! Files that are there whole or not at all, whenever the process or the machine ends.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The ending of a file that is still being written, or was when its process ended.
pub(crate) const UNFINISHED: &str = "part";

/// Readable for all who may enter the folder: nothing in it is secret, and a server may run as another user.
const MODE: u32 = 0o644;

/// Puts a file of this content in place of whatever is at `path`. When it returns, the content is on disk.
///
/// # Errors
/// The operating system's; then `path` is as it was.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .suffix(&format!(".{UNFINISHED}"))
        .permissions(std::fs::Permissions::from_mode(MODE))
        .tempfile_in(folder)?;
    step("made")?;
    file.write_all(content)?;
    step("written")?;
    // A name must not become durable before its content is.
    file.as_file().sync_all()?;
    step("synced")?;
    file.persist(path)?;
    step("named")?;
    File::open(folder)?.sync_all()
}

/// Marks a moment at which the process could end.
#[cfg(not(test))]
pub(crate) fn step(_: &str) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use crash::step;

/// Ends this process at the moment that a test names, as `kill -9` would.
#[cfg(test)]
pub(crate) mod crash {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Number of the step before which the process ends.
    pub(crate) const VARIABLE: &str = "TRAWL_INSTALL_CRASH";
    static STEPS: AtomicUsize = AtomicUsize::new(0);

    /// The result is that of the function for the product.
    #[allow(clippy::unnecessary_wraps)]
    pub(crate) fn step(_: &str) -> io::Result<()> {
        let at = std::env::var(VARIABLE).ok().and_then(|it| it.parse().ok());
        if at == Some(STEPS.fetch_add(1, Ordering::SeqCst)) {
            // Not `exit`: nothing is cleaned up.
            std::process::abort();
        }
        Ok(())
    }
}
