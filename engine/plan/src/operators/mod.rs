//! The operators of the language, one file each, with what their pages say; what they share is in `bind/`.
//!
//! An operator is data, [`Operator`], and the methods of the `Binder` that turn its parts into plan nodes; `bind/mod.rs` calls
//! these. Sources of a form of their own and statements have entries too, so that all that can be written is listed in [`ALL`].

mod count;
mod datatable;
mod distinct;
mod extend;
mod getschema;
mod join;
mod lookup;
mod make_series;
mod mv_expand;
mod parse;
mod print;
mod project;
mod project_away;
mod project_rename;
mod render;
mod sort;
mod summarize;
mod take;
mod top;
mod union;
mod where_;

pub(crate) use make_series::MakeSeries;
pub(crate) use render::misplaced_render;
pub use render::{Render, RenderKind};

use crate::bind::lets;
use crate::params;

/// An operator, or another word that begins a part of a query.
#[derive(Debug)]
pub struct Operator {
    /// Its name.
    pub name: &'static str,
    /// Other words for the same; `trawl fmt` writes the name.
    pub aliases: &'static [&'static str],
    /// What it is about; the reference is grouped by it, and it says where the word stands.
    pub family: Family,
    /// How it is written: capitals are parts, `[…]` may be left out, `…` repeats.
    pub syntax: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What else there is to know: nulls, edges, limits, what travels to the source, order. Markdown.
    pub notes: &'static str,
    /// Queries over the demo fleet, whose results stand on its page.
    pub examples: &'static [Example],
}

/// A query that shows an operator.
#[derive(Debug)]
pub struct Example {
    /// What it shows, a few words.
    pub title: &'static str,
    /// The query.
    pub query: &'static str,
}

/// What an operator is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Names for what is used in a query.
    Statements,
    /// Rows that stand in the query.
    Sources,
    /// Which rows, and in what order.
    Rows,
    /// Which columns.
    Columns,
    /// Many rows as one, and one as many.
    Groups,
    /// Several tables.
    Tables,
    /// What there is, and how it is shown.
    Result,
}

impl Family {
    /// All families, in the order of the reference.
    pub const ALL: [Self; 7] = [
        Self::Statements,
        Self::Sources,
        Self::Rows,
        Self::Columns,
        Self::Groups,
        Self::Tables,
        Self::Result,
    ];

    /// Its heading in the reference.
    pub fn title(self) -> &'static str {
        match self {
            Self::Statements => "Before the query",
            Self::Sources => "Sources that need no table",
            Self::Rows => "Rows: which, and in what order",
            Self::Columns => "Columns",
            Self::Groups => "Groups and lists",
            Self::Tables => "Several tables",
            Self::Result => "The result",
        }
    }

    /// Where its words stand in a query.
    pub fn role(self) -> Role {
        match self {
            Self::Statements => Role::Statement,
            Self::Sources => Role::Source,
            _ => Role::Operator,
        }
    }
}

/// Where a word stands in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Before the query, with a `;` behind it.
    Statement,
    /// At the beginning of a query.
    Source,
    /// Behind a `|`.
    Operator,
}

/// All of them, in the order of the grammar.
pub const ALL: &[&Operator] = &[
    &params::PARAM,
    &lets::LET,
    &print::OPERATOR,
    &datatable::OPERATOR,
    &where_::OPERATOR,
    &extend::OPERATOR,
    &project::OPERATOR,
    &project_away::OPERATOR,
    &project_rename::OPERATOR,
    &summarize::OPERATOR,
    &make_series::OPERATOR,
    &sort::OPERATOR,
    &take::OPERATOR,
    &top::OPERATOR,
    &distinct::OPERATOR,
    &count::OPERATOR,
    &getschema::OPERATOR,
    &join::OPERATOR,
    &lookup::OPERATOR,
    &union::OPERATOR,
    &mv_expand::OPERATOR,
    &parse::OPERATOR,
    &render::OPERATOR,
];

/// The operator, source or statement of this name, or of which it is another word.
pub fn named(name: &str) -> Option<&'static Operator> {
    ALL.iter()
        .copied()
        .find(|operator| operator.name == name || operator.aliases.contains(&name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use trawl_lang::words;

    use super::*;

    fn names(role: Role) -> BTreeSet<&'static str> {
        ALL.iter()
            .filter(|operator| operator.family.role() == role)
            .flat_map(|operator| operator.aliases.iter().copied().chain([operator.name]))
            .collect()
    }

    #[test]
    fn what_the_parser_reads_is_what_is_listed() {
        let operators: BTreeSet<&str> = words::OPERATORS.iter().copied().collect();
        assert_eq!(names(Role::Operator), operators);
        // `union` begins a query too, and has one page.
        let mut sources = names(Role::Source);
        sources.insert("union");
        assert_eq!(sources, words::SOURCES.iter().copied().collect());
        assert_eq!(names(Role::Statement), BTreeSet::from(["let", "param"]));
    }

    #[test]
    fn operators_stand_in_the_order_of_the_grammar() {
        let listed = ALL
            .iter()
            .filter(|operator| operator.family.role() == Role::Operator);
        let known = words::OPERATORS.iter().filter(|name| {
            let aliases = ALL.iter().flat_map(|operator| operator.aliases);
            !aliases.into_iter().any(|alias| alias == *name)
        });
        assert_eq!(
            listed.map(|operator| operator.name).collect::<Vec<_>>(),
            known.copied().collect::<Vec<_>>()
        );
    }

    #[test]
    fn every_entry_says_all_that_a_page_needs() {
        for operator in ALL {
            let name = operator.name;
            assert!(operator.syntax.contains(name), "{name}");
            assert!(operator.summary.ends_with('.'), "{name}");
            assert!(!operator.notes.is_empty(), "{name}");
            assert!(!operator.examples.is_empty(), "{name}");
            assert!(named(name).is_some_and(|found| found.name == name));
        }
        assert_eq!(named("limit").map(|operator| operator.name), Some("take"));
    }
}
