//! The functions of the language: one file each under `scalar/` and `aggregate/`, listed here.
//!
//! A function is data (signature, summary, examples) and one `bind` that turns typed arguments into a plan expression. The
//! examples run as tests (engine/exec/tests/functions.rs) and are what the reference is made from.

use std::ops::RangeInclusive;

use datafusion_expr::Expr;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::types::Type;

pub mod aggregate;
pub mod scalar;
mod support;

/// What a function of one row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Nulls and choices.
    Null,
    /// From one type to another.
    Convert,
    /// Times and calendars.
    Time,
    /// Texts.
    String,
    /// Lists, maps and structs.
    Collection,
    /// Numbers.
    Math,
    /// What platforms write: images, selectors, addresses, versions.
    Platform,
}

impl Group {
    /// All groups, in the order of the reference.
    pub const ALL: [Self; 7] = [
        Self::Null,
        Self::Convert,
        Self::Time,
        Self::String,
        Self::Collection,
        Self::Math,
        Self::Platform,
    ];

    /// Its heading in the reference.
    pub fn title(self) -> &'static str {
        match self {
            Self::Null => "Nulls and choices",
            Self::Convert => "Conversion",
            Self::Time => "Time",
            Self::String => "Text",
            Self::Collection => "Lists, maps and structs",
            Self::Math => "Numbers",
            Self::Platform => "Images, labels, addresses and versions",
        }
    }
}

/// A function of one row.
#[derive(Debug)]
pub struct Scalar {
    /// Its name.
    pub name: &'static str,
    /// What it is about; the reference is grouped by it.
    pub group: Group,
    /// Arguments and result as documentation shows them.
    pub signature: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What else there is to know: nulls, limits, what happens at the edges. Markdown, may be empty.
    pub notes: &'static str,
    /// Whether it takes items, `name = value`: `bind` then gets the names as constants, each before its value.
    pub named: bool,
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    /// Expressions and the JSON of their value.
    pub examples: &'static [(&'static str, &'static str)],
    /// Makes the expression.
    pub bind: fn(&mut Binder<'_>, Vec<Bound>, Span) -> Result<Bound>,
}

/// A function of many rows.
#[derive(Debug)]
pub struct Aggregate {
    /// Its name.
    pub name: &'static str,
    /// Arguments and result as documentation shows them.
    pub signature: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What else there is to know: nulls, limits, what happens at the edges. Markdown, may be empty.
    pub notes: &'static str,
    /// How many arguments it takes.
    pub arity: RangeInclusive<usize>,
    /// Expressions over `datatable`-like rows `x = 1, 2, 2, null` and the JSON of their value.
    pub examples: &'static [(&'static str, &'static str)],
    /// Makes the aggregate.
    pub bind: fn(&mut Binder<'_>, Vec<Bound>) -> Result<Aggregated>,
}

/// An aggregate call of a plan.
pub struct Aggregated {
    /// The call.
    pub expr: Expr,
    /// Type of the finished result.
    pub ty: Type,
    /// Whether the result can be null.
    pub nullable: bool,
    /// What becomes of the call's value once the groups are made; none: it is the result.
    pub finish: Option<Finish>,
}

/// An expression over the value of an aggregate call.
pub type Finish = Box<dyn FnOnce(Expr) -> Expr>;

impl Aggregated {
    /// A call whose value is the result.
    pub fn new(expr: Expr, ty: Type, nullable: bool) -> Self {
        Self {
            expr,
            ty,
            nullable,
            finish: None,
        }
    }

    /// The same call, its value finished by an expression, after what finishes it already.
    #[must_use]
    pub fn finished(self, finish: impl FnOnce(Expr) -> Expr + 'static) -> Self {
        let finish: Finish = match self.finish {
            Some(first) => Box::new(|value| finish(first(value))),
            None => Box::new(finish),
        };
        Self {
            finish: Some(finish),
            ..self
        }
    }
}

/// The scalar function of this name.
pub fn scalar_named(name: &str) -> Option<&'static Scalar> {
    scalar::ALL
        .iter()
        .copied()
        .find(|function| function.name == name)
}

/// The aggregate of this name.
pub fn aggregate_named(name: &str) -> Option<&'static Aggregate> {
    aggregate::ALL
        .iter()
        .copied()
        .find(|function| function.name == name)
}

/// The names of all functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    scalar::ALL
        .iter()
        .map(|f| f.name)
        .chain(aggregate::ALL.iter().map(|f| f.name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The functions of the language's design, which is closed: another one needs a decision, not only a file.
    const AGGREGATES: &str = "count countif dcount sum sumif avg min max percentile stdev make_list make_set arg_max arg_min \
                              take_any";
    const SCALARS: [(Group, &str); 7] = [
        (
            Group::Null,
            "iff case coalesce isnull isnotnull isempty isnotempty",
        ),
        (
            Group::Convert,
            "tobool tolong toreal tostring todatetime totimespan quantity parse_json typeof",
        ),
        (
            Group::Time,
            "now ago bin startofday startofweek startofmonth datetime_part format_datetime unixtime",
        ),
        (
            Group::String,
            "strcat strlen substring split trim tolower toupper replace replace_regex extract extract_all indexof iequals \
             base64_decode",
        ),
        (
            Group::Collection,
            "array_length array_concat array_sort array_slice array_sum strcat_array set_union set_intersect set_difference \
             bag_keys pack pick",
        ),
        (Group::Math, "abs ceiling floor round pow log min_of max_of"),
        (
            Group::Platform,
            "parse_image label_match ip_in_cidr parse_version hash",
        ),
    ];

    fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_functions_are_those_of_the_design() {
        assert_eq!(names().count(), 79);
        assert_eq!(
            sorted(aggregate::ALL.iter().map(|function| function.name)),
            sorted(AGGREGATES.split_whitespace())
        );
        for (group, designed) in SCALARS {
            let listed = scalar::ALL.iter().filter(|f| f.group == group);
            assert_eq!(
                sorted(listed.map(|function| function.name)),
                sorted(designed.split_whitespace())
            );
        }
    }

    #[test]
    fn every_signature_says_arguments_and_result() {
        let scalars = scalar::ALL.iter().map(|f| (f.name, f.signature, f.notes));
        let aggregates = aggregate::ALL
            .iter()
            .map(|f| (f.name, f.signature, f.notes));
        for (name, signature, notes) in scalars.chain(aggregates) {
            let (call, result) = signature.rsplit_once(" -> ").unwrap_or_default();
            assert!(call.starts_with(&format!("{name}(")), "{signature}");
            assert!(call.ends_with(')'), "{signature}");
            assert!(!result.is_empty(), "{signature}");
            assert!(
                notes.to_lowercase().contains("null"),
                "{name}: the notes do not say what becomes of null"
            );
        }
    }

    #[test]
    fn optional_arguments_are_those_that_the_arity_leaves_out() {
        let mut wrong = BTreeMap::new();
        for function in scalar::ALL.iter().filter(|function| !function.named) {
            let call = function.signature.rsplit_once(" -> ").unwrap_or_default().0;
            let optional = call.contains(" [, ");
            let repeats = call.contains('…');
            let (least, most) = (*function.arity.start(), *function.arity.end());
            if repeats != (most == usize::MAX) || optional != (least < most && !repeats) {
                wrong.insert(function.name, function.signature);
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
