//! Every limit on a guest, each with its reason. Those an operator may want to move are in
//! [`Limits`]; the rest only a broken or hostile plugin can reach.

use std::time::Duration;

/// What one call of a plugin may use. An operator sets them for each plugin; messages name the one that would have to be
/// raised as `plugins.NAME.limits.KEY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory of one instance, in bytes (`memory`). At most [`crate::HostOptions::memory`].
    pub memory: usize,
    /// Time one call may spend computing, waiting not counted (`cpu`).
    pub cpu: Duration,
    /// Time one call may take together with its requests (`deadline`), however much the query has left.
    pub deadline: Duration,
    /// Rows one scan may put out (`rows`); more is cut and reported.
    pub rows: u64,
    /// Bytes of answers one call may read, decompressed (`bytes`).
    pub bytes: u64,
    /// Requests one call may have under way (`requests_in_flight`); others wait for their turn.
    pub requests_in_flight: usize,
    /// Time that compiling the component may take, where it is compiled apart (`compile_time`).
    pub compile_time: Duration,
    /// Memory that compiling may take, in bytes, where it is done apart (`compile_memory`).
    pub compile_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A page of 500 pods of 9 KB and its columns need some 20 MiB; a Python guest starts at 40.
            memory: 256 << 20,
            // Decoding runs at 700 MB/s: this is 20 GB of answers.
            cpu: Duration::from_secs(30),
            // As long as the longest query: a query's own time ends earlier.
            deadline: Duration::from_secs(3_600),
            // No screen and no join wants more from one target.
            rows: 50_000_000,
            // 50,000 pods of 9 KB are 450 MB; this is nine times as much.
            bytes: 4 << 30,
            // Two pages ahead on each of a few lists: as many as a call may hold.
            requests_in_flight: REQUESTS_OPEN,
            // The largest known (Python, 18 MB) takes 4 s on two cores; one core of a slow machine is given 15 times that.
            compile_time: Duration::from_secs(60),
            // The largest known needs some 700 MiB.
            compile_memory: 2 << 30,
        }
    }
}

/// Linear memory that the pool has room for in one instance, unless the host is told otherwise: a slot reserves addresses alone,
/// which wasmtime takes 4 GiB of anyway.
pub(crate) const INSTANCE_MEMORY: usize = 1 << 30;
/// Linear memory that an instance has whatever the others of its query have, in bytes: enough for a small list in Rust, and little
/// for 256 instances.
pub(crate) const UNSHARED_MEMORY: usize = 8 << 20;
/// Linear memory of an instance that is not ended for others because all queries together have no more, in bytes: what a page of a large
/// list needs. Whoever waits for those that have no more is served when they end.
pub(crate) const UNDISTURBED_MEMORY: usize = 32 << 20;
/// Instances at one time over all queries: 200 clusters at once and some room; each reserves addresses, not memory.
pub(crate) const INSTANCES: u32 = 256;
/// Time for `describe`, and for `tables`, `table-schema` and `plan` where the caller gives no deadline: discovery on a far
/// cluster is a handful of round trips.
pub(crate) const CALL: Duration = Duration::from_secs(10);

/// A component file larger than this is refused: the largest known (Python) has 18 MB.
pub(crate) const COMPONENT_BYTES: usize = 64 << 20;
/// Bytes of code one component may compile to; the largest known (Python) makes 50 MB.
pub(crate) const COMPILED_BYTES: usize = 256 << 20;
/// Threads of a compiler that runs apart: each needs memory of its own.
pub(crate) const COMPILER_THREADS: usize = 4;
/// Things a component may import or export; those of the contract and of a language's runtime are some 30.
pub(crate) const NAMES: usize = 1_000;
/// Bytes a guest may hand over in one call: a batch of columns, a request body.
pub(crate) const HOSTCALL_BYTES: usize = 64 << 20;
/// Stack of one call. Deep recursion traps here, far from the host's own stack.
pub(crate) const WASM_STACK_BYTES: usize = 1 << 20;
/// The stack that holds it and the host's imports on top.
pub(crate) const FIBER_STACK_BYTES: usize = 3 << 20;
/// Table elements of one instance, all tables together; a large Python guest has some 20,000 functions.
pub(crate) const TABLE_ELEMENTS: usize = 200_000;
/// Core modules, memories and tables one component may be made of; componentize-py makes 20.
pub(crate) const CORE_INSTANCES: u32 = 64;
/// Tables kept ready for each instance of the pool.
pub(crate) const TABLES_AN_INSTANCE: u32 = 20;
/// Handles (requests, streams, pollables) one instance may hold.
pub(crate) const HANDLES: usize = 1_024;
/// Random bytes a guest may ask for in one call.
pub(crate) const RANDOM_BYTES: u64 = 64 << 10;

/// How often a running guest is looked at: its deadline is late by one tick at most.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// Bytes of a guest's memory that the next guest finds mapped, zeroed: what most scans touch. Each slot that ever ran a guest keeps
/// as many, so that this times the most guests that ran at once is what a server never gives back.
pub(crate) const KEPT_BYTES: usize = 1 << 20;

/// Requests one instance may hold, those that wait for their turn included: two pages ahead on each of a few lists.
pub(crate) const REQUESTS_OPEN: usize = 16;
/// Bytes of an answer read ahead of the guest, for each request.
pub(crate) const BODY_AHEAD_BYTES: usize = 1 << 20;
/// Bytes one `read` or `fill` gives at most, whatever the guest asks for.
pub(crate) const READ_BYTES: usize = 4 << 20;
/// Bytes one `read-all` or `read-text` gives at most: a quarter of what an instance has.
pub(crate) const WHOLE_BYTES: usize = 64 << 20;

/// Bytes of rows kept between a guest and its consumer.
pub(crate) const ROWS_AHEAD_BYTES: u32 = 4 << 20;
/// Rows in one batch: the consumers work on 8,192 at a time.
pub(crate) const BATCH_ROWS: usize = 1 << 20;
/// Pushes without a row, one after the other, before the guest is taken for stuck.
pub(crate) const EMPTY_PUSHES: u32 = 10_000;
/// Pushes after `stop`; a guest that overlooks it once or twice is forgiven.
pub(crate) const PUSHES_AFTER_STOP: u32 = 100;

/// Gaps one scan may report; more are counted.
pub(crate) const GAPS: usize = 100;
/// Log lines kept of one scan; more are counted.
pub(crate) const LOG_LINES: usize = 200;
/// Bytes of one log line, gap or error message; the rest is cut.
pub(crate) const MESSAGE_BYTES: usize = 4 << 10;

/// Entries and bytes of a connection's cache; a key or value larger than a quarter is not kept.
pub(crate) const STATE_ENTRIES: usize = 256;
/// See [`STATE_ENTRIES`].
pub(crate) const STATE_BYTES: usize = 4 << 20;

/// Fields of a schema, all levels. The widest known (a CRD with 1,500 paths) fits.
pub(crate) const SCHEMA_FIELDS: usize = 4_096;
/// Nesting of a schema: its walks are recursive.
pub(crate) const SCHEMA_DEPTH: usize = 32;
/// Tables of one connection; a cluster with 2,000 CRDs has some 2,100.
pub(crate) const TABLES: usize = 50_000;
/// Pages of the catalogue.
pub(crate) const TABLE_PAGES: usize = 1_000;
/// Bytes of one partition token: it travels with every scan.
pub(crate) const TOKEN_BYTES: usize = 64 << 10;
/// Kinds of things that a plan's cost is made of: nobody reads a longer bill.
pub(crate) const COST_UNITS: usize = 16;
/// Bytes of the name of such a kind: it stands in one line with its amount.
pub(crate) const COST_UNIT_BYTES: usize = 64;

/// Entries kept in the folder of compiled code; the oldest go first.
pub(crate) const CACHE_ENTRIES: usize = 64;
/// Bytes of them: guests that bring a language's runtime have some 50 MB each, compiled.
pub(crate) const CACHE_FOLDER_BYTES: u64 = 2 << 30;
