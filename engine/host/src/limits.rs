//! Every limit on a guest, each with its reason. Those an operator may want to move are in
//! [`Limits`]; the rest only a broken or hostile plugin can reach.

use std::time::Duration;

/// What one instance may use. Named in messages by the setting that raises it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory of one instance, in bytes (setting `plugins.memory`).
    pub memory: usize,
    /// Time one call may spend computing, waiting not counted (setting `plugins.cpu`).
    pub cpu: Duration,
    /// Time for `tables`, `table-schema` and `plan` together with their requests, unless the caller
    /// gives a deadline (setting `plugins.call-timeout`).
    pub call: Duration,
    /// Instances at one time over all queries (setting `plugins.instances`).
    pub instances: u32,
    /// Rows one scan may put out (setting `plugins.rows`); more is cut and reported.
    pub rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A page of 500 pods of 9 KB and its columns need some 20 MiB; a Python guest starts at 40.
            memory: 256 << 20,
            // Decoding runs at 700 MB/s: this is 20 GB of answers.
            cpu: Duration::from_secs(30),
            // Discovery on a far cluster is a handful of round trips.
            call: Duration::from_secs(10),
            // 200 clusters at once and some room; each reserves addresses, not memory.
            instances: 256,
            // No screen and no join wants more from one target.
            rows: 50_000_000,
        }
    }
}

/// A component file larger than this is refused: the largest known (Python) has 18 MB.
pub(crate) const COMPONENT_BYTES: usize = 64 << 20;
/// Bytes a guest may hand over in one call: a batch of columns, a request body.
pub(crate) const HOSTCALL_BYTES: usize = 64 << 20;
/// Stack of one call. Deep recursion traps here, far from the host's own stack.
pub(crate) const WASM_STACK_BYTES: usize = 1 << 20;
/// The stack that holds it and the host's imports on top.
pub(crate) const FIBER_STACK_BYTES: usize = 3 << 20;
/// Table elements of one instance; a large Python guest has some 20,000 functions.
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

/// Bytes of a guest's memory that the next guest finds mapped, zeroed: what a scan of a large list touches. Sixteen slots are
/// kept so at most.
pub(crate) const KEPT_BYTES: usize = 4 << 20;

/// Requests one instance may have open: two pages ahead on each of a few lists.
pub(crate) const REQUESTS_IN_FLIGHT: usize = 16;
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
