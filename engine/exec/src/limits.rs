//! The limits of a query, each with its reason.

use std::time::Duration;

/// Default time for a whole query. Long enough for a slow fleet, short enough that nobody walks away.
pub const QUERY_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest time that a request may ask for.
pub const QUERY_TIMEOUT_MAX: Duration = Duration::from_secs(3_600);

/// A scan ends at this part of the time that a query had left when its planning began, so that a stalled target still leaves an answer (in percent).
pub const SCAN_DEADLINE_PERCENT: u32 = 90;

/// Schemas and scan plans are there by this part of that time (in percent): a plugin that never ends its planning must
/// leave the others the time to read.
pub const PLAN_DEADLINE_PERCENT: u32 = 40;

/// Memory of the relational engine for one query in bytes: joins, groups and sorts spill beyond it or fail by name.
pub const QUERY_MEMORY_BYTES: usize = 512 << 20;

/// Memory that the plugins of one query have together unless the engine is told otherwise, in bytes: a hundred that hold a page of a
/// large list each (20 MiB); more of them wait for each other. It is not part of [`QUERY_MEMORY_BYTES`]: what the relational engine
/// takes it gives back only when it needs more itself, and plugins would wait for it in vain.
pub const PLUGIN_MEMORY_BYTES: usize = 2 << 30;

/// Bytes of rows that are kept for queries which say how old they may be: the columns that dashboards show of a few hundred thousand
/// objects.
pub const CACHE_BYTES: usize = 256 << 20;

/// The part of it that one scan may take (a divisor), so that one large table does not drive out all others.
pub const CACHED_SCAN_PART: usize = 8;

/// Bytes that a kept scan takes beside its rows and conditions, about: names, columns, a plan.
pub const CACHED_KEY_BYTES: usize = 4 << 10;

/// The oldest that rows may be, whatever a query says: nobody means a fleet of an hour ago by now.
pub const CACHE_MAX_AGE: Duration = Duration::from_secs(600);

/// Rows that a batch of the relational engine has at most; DataFusion's own default.
pub const BATCH_ROWS: usize = 8_192;

/// Targets (a connection and a table) that one query may have: ten times the largest fleet that we design for.
pub const TARGETS: usize = 10_000;

/// Names of clusters that the inventory lacks and one target tells of: more is a wrong label, and its value differs in every row.
pub const UNKNOWN_CLUSTERS: usize = 16;

/// Characters of such a name: as many as a cluster's own may have.
pub const UNKNOWN_CLUSTER_CHARACTERS: usize = 253;

/// What the remotes may charge one query on one connection, in millionths of a US dollar: a hundred thousand metrics of CloudWatch,
/// or two hundred GB of its logs, far beyond what somebody asks for by hand. Raised by `limits: {max_cost_usd: …}` of the connection.
pub const COST_MICRO_USD: u64 = 1_000_000;

/// When questions about what tables look like end, in percent of that time: half of what planning has, so that one cluster
/// that does not answer leaves the others time to plan.
pub const DESCRIBE_DEADLINE_PERCENT: u32 = 20;

/// Connections that are asked at once what a table looks like: a plugin instance each.
pub const SCHEMAS_AT_ONCE: usize = 64;

/// Partitions that a plugin may cut one scan into; more instances than this at once serve nobody.
pub const PARTITIONS_PER_SCAN: u32 = 16;

/// Parts of the inventory that are kept for callers who do not see all of it or are asked for by their names: one for each that asks,
/// and making one again costs a walk over the inventory, and where clusters are asked in callers' names to discover them again.
pub const SCOPES: usize = 64;

/// Time that a plugin has to say the columns of one of its own tables, which it does without a remote.
pub const NAMESPACES_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes that the probe side of a join may buffer while the build side is read.
pub const JOIN_BUFFER_BYTES: usize = 4 << 20;

/// Items of an `in` list that are offered to a source; a longer list is checked here.
pub const PUSHED_ITEMS: usize = 256;

/// Bytes of text that the filters of one scan may carry to a source: more does not fit into a URL anyway.
pub const PUSHED_TEXT_BYTES: usize = 4 << 10;

/// Bytes in memory of rows that several places of a query read at different speeds; beyond it they go to disk. A small part of the
/// query's memory, so that joins and groups keep theirs.
pub const SHARED_MEMORY_BYTES: usize = 64 << 20;

/// Bytes on disk of such rows for one query: what a temporary folder can be expected to have.
pub const SHARED_DISK_BYTES: u64 = 4 << 30;

/// Rows of an answer that `verify_pushdown` compares: their texts are held in memory, twice.
pub const VERIFIED_ROWS: usize = 1_000_000;

/// Bytes of these texts in one run: a quarter of a query's memory, so that the rows themselves keep some.
pub const VERIFIED_BYTES: usize = QUERY_MEMORY_BYTES / 4;

/// Stack of a thread that plans and runs queries, in bytes: a plan of [`trawl_plan::limits::PLANNED_OPERATORS`] is walked, and
/// its streams are polled, recursively; a debug build of 100 joins overflowed the usual 2 MiB. Only what is used takes memory.
pub const STACK_BYTES: usize = 256 << 20;

/// Nodes of a key or an aggregate that is traced back to the columns of a scan: the largest that the planner makes, the extreme of
/// reals, has about 50; what projections make larger than this is nothing that a source could be asked.
pub const TRACED_NODES: usize = 256;

/// Bytes of a component's file that are read: the host refuses what is larger.
pub const COMPONENT_BYTES: u64 = 64 << 20;

/// Bytes of a plugin's schema of its configuration: the largest of ours has two thousand.
pub const CONFIG_SCHEMA_BYTES: usize = 64 << 10;

/// Parts of such a schema with its references written out: what checking a connection costs grows with them.
pub const CONFIG_SCHEMA_NODES: usize = 50_000;

/// References that may lead to each other in such a schema: each is a recursion.
pub const CONFIG_SCHEMA_REFERENCES: usize = 64;
