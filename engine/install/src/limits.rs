//! Every limit of this crate, with its reason.

use std::time::Duration;

/// Of one component: the host compiles none that is larger. The largest known (Python) has 18 MB.
pub(crate) const COMPONENT_BYTES: u64 = 64 << 20;
/// Of a lock file: a plugin needs a kilobyte or two.
pub(crate) const LOCK_BYTES: u64 = 1 << 20;
/// Plugins of one lock file: each is asked for its tables by a search for a table.
pub(crate) const PLUGINS: usize = 256;
/// Bytes of an installed name: it stands in queries, in heads of tables and in file names.
pub(crate) const NAME_BYTES: usize = 64;
/// Of a manifest of a registry: they have some 500 bytes, and registries refuse more than 4 MiB.
pub(crate) const MANIFEST_BYTES: u64 = 4 << 20;
/// Of a registry's answer with a token: the largest known has 4 KB.
pub(crate) const TOKEN_BYTES: u64 = 64 << 10;
/// Of an answer that is no success: only its beginning is told.
pub(crate) const REFUSAL_BYTES: u64 = 64 << 10;
/// Redirects that are followed: a registry gives one to its storage, a release page two.
pub(crate) const REDIRECTS: usize = 5;
/// For all of one fetch: the largest component over a line of two megabits.
pub(crate) const FETCH_TIME: Duration = Duration::from_secs(300);
/// How long another process that changes the folder is waited for: a change is a few small writes.
pub(crate) const BUSY_TIME: Duration = Duration::from_secs(10);
/// How often it is looked whether it is done.
pub(crate) const BUSY_PAUSE: Duration = Duration::from_millis(50);
