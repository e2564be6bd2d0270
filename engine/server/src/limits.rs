//! The limits of the endpoint, each with its reason.

use std::time::Duration;

/// Bytes of a request body: a query text is at most a few hundred kilobytes, and there is nothing else to send.
pub(crate) const BODY_BYTES: usize = 1 << 20;

/// Queries that run at once unless the server is told otherwise; each may use the engine's memory limit, so more would only thrash.
pub(crate) const CONCURRENT_QUERIES: usize = 32;

/// Queries that wait for their turn unless the server is told otherwise: what a dashboard of a team asks when it is opened, for a few
/// teams. More would wait longer than they have time.
pub(crate) const QUEUED_QUERIES: usize = 256;

/// Seconds after which a refused caller may try again.
pub(crate) const RETRY_AFTER_S: u64 = 1;

/// Rows of an answer when the request does not say: enough for any dashboard, too few to fill a browser.
pub(crate) const DEFAULT_MAX_ROWS: u64 = 100_000;

/// Bytes of a chunk of an answer, about: large enough that sending costs little, small enough that two of them for each client do not
/// count. One row is never cut.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;

/// Rows that are encoded at once at least, however large they seem: columns can share what holds their values.
pub(crate) const CHUNK_ROWS: usize = 64;

/// Bytes of rows that an endpoint of trawl's own holds until their list is whole. All queries that run may hold as much.
pub(crate) const OWN_BYTES: usize = 32 << 20;

/// Bytes of an answer in CSV, which is held back until how complete it is can stand in a header. All queries that run may hold as much.
pub(crate) const CSV_BYTES: usize = 32 << 20;

/// Bytes of a header that says how complete an answer is: proxies and clients refuse heads of much more than 16 KiB.
pub(crate) const RECORD_BYTES: usize = 8 << 10;

/// How long a client may leave a chunk where it is; then its query ends and gives up what it holds, and its connection is closed.
pub(crate) const CLIENT_READS_WITHIN: Duration = Duration::from_secs(60);

/// Bytes of an answer that are handed to a connection at once: a client that takes a thousand of them a second is slow, and not gone.
pub(crate) const PIECE_BYTES: usize = 64 << 10;

/// Bytes of the last piece: whether it is taken nobody looks, and all answers of a connection may wait with theirs.
pub(crate) const LAST_PIECE_BYTES: usize = 4 << 10;

/// How often targets are looked at for a client that is told of them.
pub(crate) const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// What answers ended with that is kept for who asks later: as many as a busy server gives in the time for which they are kept.
pub(crate) const KEPT_RESULTS: usize = 4_096;

/// Bytes of it: one answer over the largest fleet ends with a few megabytes.
pub(crate) const KEPT_RESULT_BYTES: usize = 64 << 20;

/// How long it is kept: somebody has read the rows just now.
pub(crate) const KEPT_RESULTS_FOR: Duration = Duration::from_secs(600);

/// Characters of a query's text in the list of those that run.
pub(crate) const LISTED_CHARACTERS: usize = 2_000;
/// For what a table looks like, where clusters have to be asked: a page waits for it.
pub(crate) const DESCRIBE_TIME: Duration = Duration::from_secs(10);

/// For one evaluation of an alert: a fleet whose slowest cluster needs longer is not watched by asking it more often.
pub(crate) const ALERT_TIME: Duration = Duration::from_secs(60);

/// Rows of an alert that are counted: beyond it the number says nothing more.
pub(crate) const ALERT_ROWS: u64 = 10_000;

/// Rows of an alert that are kept and shown.
pub(crate) const ALERT_SAMPLE: usize = 100;

/// Alerts that are evaluated at once: each asks the whole fleet, and people ask it too.
pub(crate) const ALERTS_AT_ONCE: usize = 2;

/// How often it is looked which alerts are due.
pub(crate) const ALERT_TICK: Duration = Duration::from_secs(1);

/// After how long another server goes on where one died: longer than one evaluation.
pub(crate) const ALERT_LEASE: Duration = Duration::from_secs(90);

/// How often a server asks for its turn to evaluate alerts: twice more within a lease when an answer does not come.
pub(crate) const ALERT_ASK: Duration = Duration::from_secs(30);

/// How often a server that does not evaluate alerts looks what the other one found.
pub(crate) const ALERT_LOOK: Duration = Duration::from_secs(5);

/// How often the folder of saved queries is looked at.
pub(crate) const LIBRARY_TICK: Duration = Duration::from_secs(2);

/// Bytes of a file of tokens: some thousands of entries.
pub(crate) const TOKENS_BYTES: usize = 1 << 20;

/// Bytes of a caller's name: it stands in each audit line.
pub(crate) const CALLER_NAME_BYTES: usize = 64;

/// Callers whose use of a minute is remembered: more than a file has.
pub(crate) const RATES: usize = 10_000;

/// Bytes of a query's text in its audit line: what people write has less, and lines stay whole in one write.
pub(crate) const AUDIT_TEXT_BYTES: usize = 4 << 10;

/// Bytes of a path in an audit line.
pub(crate) const AUDIT_PATH_BYTES: usize = 512;

/// Queries of one request in its audit line; endpoints that ask for themselves ask a few.
pub(crate) const AUDIT_QUERIES: usize = 16;

/// Time until a request's body is there: the largest is a kubeconfig.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(10);

/// Time until a request's head is there, and that a connection may idle between requests.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(30);

/// Time of a TLS handshake.
pub(crate) const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Time that a client may leave what was sent unread, until its connection is closed.
pub(crate) const WRITE_TIME: Duration = Duration::from_secs(30);

/// Connections at once: each has a task and buffers of some tens of kilobytes.
pub(crate) const CONNECTIONS: usize = 1024;

/// Of one address: a proxy in front of many users has more than a person.
pub(crate) const CONNECTIONS_PER_ADDRESS: usize = 256;

/// Bytes of a request's head: a token, and what proxies add.
pub(crate) const HEAD_BYTES: usize = 32 << 10;

/// Headers of a request.
pub(crate) const HEADERS: usize = 100;

/// Requests at once on one connection of HTTP/2.
pub(crate) const STREAMS: u32 = 100;

/// Time to tell the database that another server may evaluate alerts: without it the other one waits for the lease's end.
pub(crate) const LEAVE_TIME: Duration = Duration::from_secs(5);

/// Time that requests have to end once the server is asked to.
pub(crate) const DRAIN_TIME: Duration = Duration::from_secs(20);

/// Targets of a query in its audit line: beyond them the line would be longer than what logs take.
pub(crate) const AUDIT_TARGETS: usize = 500;
