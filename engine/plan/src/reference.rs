//! Everything that can be written, as completion, hover and lists need it: names, signatures and one sentence each.

use crate::functions;
use crate::operators::{self, Role};

/// A word of the language that has a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The word.
    pub name: &'static str,
    /// What it is.
    pub kind: EntryKind,
    /// How it is written, on one line.
    pub signature: &'static str,
    /// One sentence.
    pub summary: &'static str,
}

/// What a word of the language is, which says where it can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// Before the query: `let`, `param`.
    Statement,
    /// At the beginning of a query: `print`, `datatable`. Tables come from the catalogue and are not listed.
    Source,
    /// Behind a `|`.
    Operator,
    /// In an expression.
    Function,
    /// In an expression of `summarize` or `make-series`.
    Aggregate,
}

/// All entries: statements, sources and operators in the order of the grammar, then functions and aggregates by name. Other words
/// for an operator (`limit`) are entries of their own.
pub fn entries() -> impl Iterator<Item = Entry> {
    let operators = operators::ALL.iter().flat_map(|operator| {
        let names = [operator.name].into_iter();
        let names = names.chain(operator.aliases.iter().copied());
        names.map(|name| Entry {
            name,
            kind: match operator.family.role() {
                Role::Statement => EntryKind::Statement,
                Role::Source => EntryKind::Source,
                Role::Operator => EntryKind::Operator,
            },
            signature: operator.syntax,
            summary: operator.summary,
        })
    });
    let scalars = functions::scalar::ALL.iter().map(|function| Entry {
        name: function.name,
        kind: EntryKind::Function,
        signature: function.signature,
        summary: function.summary,
    });
    let aggregates = functions::aggregate::ALL.iter().map(|function| Entry {
        name: function.name,
        kind: EntryKind::Aggregate,
        signature: function.signature,
        summary: function.summary,
    });
    operators.chain(scalars).chain(aggregates)
}

/// The entry of a word. `count` is an operator and an aggregate: `kinds` says which are looked for, where a word stands.
pub fn entry(name: &str, kinds: &[EntryKind]) -> Option<Entry> {
    entries().find(|entry| entry.name == name && kinds.contains(&entry.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_where_it_can_stand() {
        let operator = entry("count", &[EntryKind::Operator]);
        assert_eq!(operator.map(|entry| entry.signature), Some("count"));
        let aggregate = entry("count", &[EntryKind::Function, EntryKind::Aggregate]);
        assert_eq!(
            aggregate.map(|entry| entry.signature),
            Some("count() -> long")
        );
        assert_eq!(entry("strlen", &[EntryKind::Operator]), None);
    }

    #[test]
    fn no_word_is_listed_twice_for_one_place() {
        let all: Vec<Entry> = entries().collect();
        for (position, entry) in all.iter().enumerate() {
            let twice = all
                .iter()
                .skip(position + 1)
                .any(|other| (other.name, other.kind) == (entry.name, entry.kind));
            assert!(!twice, "{}", entry.name);
        }
    }
}
