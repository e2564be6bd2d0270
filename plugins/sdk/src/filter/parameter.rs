//! Owns how conditions on a column become parameters of a request; refuses conditions for which the remote's answer would lack rows.

use super::{Predicate, Pushdown, Test, TimeRange, text, texts};
use crate::Timestamp;
use crate::types::{CompareOp, DataType, Literal, Pushed, TextOp};

/// Texts in one parameter or as so many parameters, at most: longer addresses are cut or refused on their way.
const MAX_ITEMS: usize = 100;

/// Says which conditions on a column a parameter of the remote's API stands for.
///
/// | | takes exactly | takes inexactly |
/// |---|---|---|
/// | [`equal`](Self::equal) | `==` | |
/// | [`any_of`](Self::any_of) | `==`, `in` | |
/// | [`prefix`](Self::prefix) | `startswith_cs` | `==` |
/// | [`contains`](Self::contains) | `contains_cs` | `==`, `startswith_cs`, `endswith_cs` |
/// | [`regex`](Self::regex) | `matches regex` | |
/// | [`from`](Self::from), [`until`](Self::until) | comparisons with times on a whole unit | with others |
///
/// One parameter takes one condition, `from` and `until` as many as there are; [`inexact`](Self::inexact) says that the remote
/// gives more rows than were asked for, so that the host checks them again.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    column: &'static str,
    name: &'static str,
    how: How,
    exact: bool,
    exclusive: bool,
    values: &'static [(&'static str, &'static str)],
    joined: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Equal,
    AnyOf,
    Text(TextOp),
    From(Unit),
    Until(Unit),
}

/// How a remote writes times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Whole seconds since the epoch.
    Seconds,
    /// Whole milliseconds since the epoch.
    Milliseconds,
    /// Nanoseconds since the epoch.
    Nanoseconds,
    /// RFC 3339, with as much of a fraction as there is.
    Rfc3339,
}

impl Parameter {
    const fn new(column: &'static str, name: &'static str, how: How) -> Self {
        Self {
            column,
            name,
            how,
            exact: true,
            exclusive: false,
            values: &[],
            joined: None,
        }
    }

    /// `column == "x"` is `name=x`.
    pub const fn equal(column: &'static str, name: &'static str) -> Self {
        Self::new(column, name, How::Equal)
    }

    /// `column in ("x", "y")` is `name=x&name=y`, or in one parameter where [`joined`](Self::joined) says with what between.
    pub const fn any_of(column: &'static str, name: &'static str) -> Self {
        Self::new(column, name, How::AnyOf)
    }

    /// `column startswith_cs "x"` is `name=x`.
    pub const fn prefix(column: &'static str, name: &'static str) -> Self {
        Self::new(column, name, How::Text(TextOp::Prefix))
    }

    /// `column contains_cs "x"` is `name=x`.
    pub const fn contains(column: &'static str, name: &'static str) -> Self {
        Self::new(column, name, How::Text(TextOp::Contains))
    }

    /// `column matches regex "x"` is `name=x`, where the remote speaks RE2 and does not anchor.
    pub const fn regex(column: &'static str, name: &'static str) -> Self {
        Self::new(column, name, How::Text(TextOp::Regex))
    }

    /// The earliest time that is wanted, itself included.
    pub const fn from(column: &'static str, name: &'static str, unit: Unit) -> Self {
        Self::new(column, name, How::From(unit))
    }

    /// The latest time that is wanted, itself included unless the parameter is [`exclusive`](Self::exclusive).
    pub const fn until(column: &'static str, name: &'static str, unit: Unit) -> Self {
        Self::new(column, name, How::Until(unit))
    }

    /// The remote gives at least the rows that are asked for, and others.
    #[must_use]
    pub const fn inexact(mut self) -> Self {
        self.exact = false;
        self
    }

    /// The remote leaves out the time itself.
    #[must_use]
    pub const fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// The values that it can have: ours, and the remote's word for each. Conditions on others stay with the host.
    #[must_use]
    pub const fn values(mut self, values: &'static [(&'static str, &'static str)]) -> Self {
        self.values = values;
        self
    }

    /// Several values go into one parameter, with this between them; a value in which it occurs stays with the host.
    #[must_use]
    pub const fn joined(mut self, between: &'static str) -> Self {
        self.joined = Some(between);
        self
    }

    fn taken(&self, exactly: bool) -> Pushed {
        if exactly && self.exact {
            Pushed::Exact
        } else {
            Pushed::Inexact
        }
    }

    /// The remote's word for a value. An empty one is no value to most remotes.
    fn word(&self, value: &str) -> Option<String> {
        if self.values.is_empty() {
            return (!value.is_empty()).then(|| value.to_owned());
        }
        let known = self.values.iter().find(|(ours, _)| *ours == value)?;
        Some(known.1.to_owned())
    }

    pub(super) fn apply(&self, filters: &mut Pushdown<'_>) -> Vec<(String, String)> {
        let words = match self.how {
            How::From(unit) | How::Until(unit) => self.bound(unit, filters),
            _ => self.words(filters),
        };
        let name = self.name.to_owned();
        match self.joined {
            Some(between) if !words.is_empty() => vec![(name, words.join(between))],
            _ => words.into_iter().map(|word| (name.clone(), word)).collect(),
        }
    }

    fn words(&self, filters: &mut Pushdown<'_>) -> Vec<String> {
        let mut words = Vec::new();
        // Of an exact and an inexact condition the exact one is sent.
        for exactly in [true, false] {
            filters.take_of(self.column, |predicate| {
                if !words.is_empty() {
                    return None;
                }
                let (found, exact) = self.of(predicate)?;
                if exact != exactly {
                    return None;
                }
                words = found;
                Some(self.taken(exact))
            });
        }
        words
    }

    /// The words of a condition, and whether it means the same as the parameter.
    fn of(&self, predicate: &Predicate<'_>) -> Option<(Vec<String>, bool)> {
        let of = predicate
            .column
            .output
            .first()
            .map(|field| &field.data_type);
        if of != Some(&DataType::Utf8) {
            // Compared as another type than text, "7" and "07" may be equal.
            return None;
        }
        let one = |text: &str, exact: bool| Some((vec![self.word(text)?], exact));
        match (&predicate.test, self.how) {
            (Test::Compare(CompareOp::Eq, literal), How::Equal | How::AnyOf) => {
                let text = text(literal)?;
                let splits = self.joined.is_some_and(|between| text.contains(between));
                one(text, true).filter(|_| !splits)
            }
            (
                Test::Compare(CompareOp::Eq, literal),
                How::Text(TextOp::Prefix | TextOp::Contains),
            ) => one(text(literal)?, false),
            (
                Test::In {
                    items,
                    negated: false,
                },
                How::AnyOf,
            ) => {
                let items = texts(items).filter(|items| (1..=MAX_ITEMS).contains(&items.len()))?;
                let splits = |text: &str| self.joined.is_some_and(|it| text.contains(it));
                if items.iter().any(|text| splits(text)) {
                    return None;
                }
                let words: Option<Vec<_>> = items.iter().map(|text| self.word(text)).collect();
                Some((words?, true))
            }
            (
                Test::Text {
                    op,
                    pattern,
                    ignore_case: false,
                    negated: false,
                },
                How::Text(how),
            ) => {
                let wider =
                    how == TextOp::Contains && matches!(op, TextOp::Prefix | TextOp::Suffix);
                (*op == how || wider)
                    .then(|| one(pattern, *op == how))
                    .flatten()
            }
            _ => None,
        }
    }

    /// The bound that the conditions on a time leave on this side.
    fn bound(&self, unit: Unit, filters: &mut Pushdown<'_>) -> Vec<String> {
        let lower = matches!(self.how, How::From(_));
        let side = |op: &CompareOp| match op {
            CompareOp::Gt | CompareOp::Ge => lower,
            CompareOp::Lt | CompareOp::Le => !lower,
            CompareOp::Eq | CompareOp::Ne => false,
        };
        // What narrows this side alone is taken exactly where the unit can say it; an equality narrows both, so that neither
        // parameter says all of it.
        let mut range = TimeRange::default();
        for exactly in [true, false] {
            filters.take_of(self.column, |predicate| {
                let Test::Compare(op, Literal::TimestampNs(_)) = &predicate.test else {
                    return None;
                };
                let alone = side(op);
                if alone != exactly || !(alone || *op == CompareOp::Eq) {
                    return None;
                }
                let mut mine = TimeRange::default();
                if !mine.take(predicate) || mine.is_empty() {
                    return None;
                }
                let ns = if lower { mine.from? } else { mine.to? };
                let (_, whole) = self.sent(ns, unit)?;
                range.take(predicate);
                Some(self.taken(whole && alone))
            });
        }
        let ns = if lower { range.from } else { range.to };
        let sent = ns.and_then(|ns| self.sent(ns, unit));
        sent.map(|(text, _)| text).into_iter().collect()
    }

    /// A bound, itself wanted, as the remote has it, and whether that says exactly it.
    fn sent(&self, ns: i64, unit: Unit) -> Option<(String, bool)> {
        let lower = matches!(self.how, How::From(_));
        let ns = match (self.exclusive, lower) {
            (false, _) => ns,
            (true, true) => ns.checked_sub(1)?,
            (true, false) => ns.checked_add(1)?,
        };
        let tick = match unit {
            Unit::Seconds => 1_000_000_000,
            Unit::Milliseconds => 1_000_000,
            Unit::Nanoseconds => 1,
            Unit::Rfc3339 => return Some((Timestamp::from_ns(ns).to_string(), true)),
        };
        let whole = ns.rem_euclid(tick) == 0;
        let down = ns.div_euclid(tick);
        let at = if lower || whole {
            down
        } else {
            down.checked_add(1)?
        };
        Some((at.to_string(), whole))
    }
}

#[cfg(test)]
mod tests;
