//! Every limit of the language, each with its reason. Owns the numbers; the checks stand where the thing is counted.

/// Longest query text, in bytes. A saved query is a few KiB; generated ones (long `in` lists) reach tens of KiB.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;

/// Most tokens in one text. Bounds the memory of the token list to a few MiB.
pub const MAX_TOKENS: usize = 65_536;

/// Deepest nesting of brackets. A debug build overflowed a 2 MiB stack beyond about 57 nested calls.
pub const MAX_NESTING_LEVELS: usize = 32;

/// Most links of one chain: `a + b + …`, `a.b.…`, `not not …`. Chains become left-leaning trees, and whoever walks the
/// tree recurses once a link; a debug build overflowed beyond about 700.
pub const MAX_CHAIN_LINKS: usize = 256;

/// Greatest depth of an expression through brackets and chains together, so that chains inside brackets cannot multiply
/// the two limits above.
pub const MAX_EXPRESSION_DEPTH: usize = 320;

/// Most pipe operators in one text, subqueries included. Each becomes a few plan nodes, and plans are walked recursively.
pub const MAX_OPERATORS: usize = 512;

/// Most statements (`syntax`, `param`, `let`, the query) in one text. Each `let` may become a plan of its own.
pub const MAX_STATEMENTS: usize = 256;

/// Most diagnostics of one parse. Beyond this nobody reads them, and the answer to a hostile text must stay small.
pub const MAX_DIAGNOSTICS: usize = 50;

/// Most columns of a source line that a drawn diagnostic shows; longer lines are cut around the label.
pub const MAX_DRAWN_COLUMNS: usize = 160;

/// Most characters of the user's text quoted inside a message.
pub const MAX_QUOTED_CHARS: usize = 40;

/// Longest name for which the nearest other name is sought; the comparison is quadratic in the length.
pub const MAX_NEAREST_CHARS: usize = 64;
