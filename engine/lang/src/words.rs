//! The words of the language: reserved ones, operators, kinds. Owns the lists that messages and tools are made from.

/// Words that cannot be used as a name without backquotes, except after a dot.
pub const RESERVED: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "between",
    "matches",
    "has",
    "has_cs",
    "has_any",
    "contains",
    "contains_cs",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
    "true",
    "false",
    "null",
    "let",
    "param",
    "by",
    "on",
    "as",
    "asc",
    "desc",
];

/// Word operators that may carry `!`.
pub const NEGATABLE: &[&str] = &[
    "in",
    "between",
    "matches",
    "has",
    "has_cs",
    "has_any",
    "contains",
    "contains_cs",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
];

/// Kinds of join, the default first.
pub const JOIN_KINDS: &[&str] = &[
    "inner",
    "leftouter",
    "rightouter",
    "fullouter",
    "leftsemi",
    "leftanti",
];

/// Kinds of `mv-expand`, the default first.
pub const EXPAND_KINDS: &[&str] = &["inner", "outer"];

/// What `render` knows.
pub const RENDERINGS: &[&str] = &["table", "timechart", "barchart", "piechart", "stat"];

/// Names of the types.
pub const TYPES: &[&str] = &[
    "bool", "long", "real", "string", "datetime", "timespan", "quantity", "dynamic", "list",
];

/// Words that begin a source of a form of its own; a table may bear them where that form cannot be meant.
pub const SOURCES: &[&str] = &["union", "print", "datatable"];

/// Words that stand between the parts of an operator and are names everywhere else.
pub const CLAUSES: &[&str] = &["kind", "with", "default", "from", "to", "step", "regex"];

/// Units of duration, short to long.
pub const TIME_UNITS: &[&str] = &["ns", "us", "ms", "s", "m", "h", "d", "w"];

/// Units of size, small to large: those of Kubernetes' binary suffixes.
pub const SIZE_UNITS: &[&str] = &["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// The operators of the pipe, aliases included.
pub use crate::parser::OPERATORS;

/// Whether `word` is reserved.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Whether `word` can stand as a name without backquotes.
pub fn is_plain_name(word: &str) -> bool {
    is_word(word) && !is_reserved(word)
}

/// Whether `word` can stand without backquotes after a dot, where reserved words are names too.
pub fn is_word(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(begins_name) && characters.all(continues_name)
}

/// Whether a name may begin with `character`.
pub(crate) fn begins_name(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

/// Whether a name may go on with `character`.
pub(crate) fn continues_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names() {
        assert!(is_plain_name("_a1"));
        assert!(is_plain_name("true_count"));
        assert!(!is_plain_name("true"));
        assert!(!is_plain_name("1a"));
        assert!(!is_plain_name("a-b"));
        assert!(!is_plain_name(""));
    }

    #[test]
    fn negatable_words_are_reserved() {
        assert!(NEGATABLE.iter().all(|word| is_reserved(word)));
    }
}
