//! Owns the texts that conditions on a column leave, so that they can be sent where the API has a word for them and checked again
//! here, exactly, where it has not. Refuses conditions that ignore case, which the APIs do not know.

use std::collections::BTreeSet;

use super::{Predicate, Test};
use crate::filter;
use crate::types::{CompareOp, DataType, TextOp};
use serde::{Deserialize, Serialize};

/// Texts of one condition, at most, and their bytes: they travel in the token, whose size is limited.
const MAX_ITEMS: usize = 200;
const MAX_BYTES: usize = 4 << 10;

/// What is left of all texts, and of null.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Texts {
    any_of: Option<BTreeSet<String>>,
    none_of: BTreeSet<String>,
    prefixes: Vec<String>,
    /// Whether there must be a value, or must be none.
    present: Option<bool>,
    /// There must be a value, and there must be none.
    nothing: bool,
}

impl Texts {
    /// Narrows what is left by a predicate, exactly. Says whether it did.
    pub fn take(&mut self, predicate: &Predicate<'_>) -> bool {
        self.narrow(predicate).is_some()
    }

    fn narrow(&mut self, predicate: &Predicate<'_>) -> Option<()> {
        let of = predicate
            .column
            .output
            .first()
            .map(|field| &field.data_type);
        match &predicate.test {
            Test::IsNull => self.must(false),
            Test::IsNotNull => self.must(true),
            // Compared as another type than text, "7" and "07" may be equal.
            _ if of != Some(&DataType::Utf8) => return None,
            Test::Compare(CompareOp::Eq, literal) => self.include(&[filter::text(literal)?]),
            Test::Compare(CompareOp::Ne, literal) => self.exclude(&[filter::text(literal)?]),
            Test::In { items, negated } => {
                let items = filter::texts(items).filter(|items| is_small(items))?;
                if *negated {
                    self.exclude(&items);
                } else {
                    self.include(&items);
                }
            }
            Test::Text {
                op: TextOp::Prefix,
                pattern,
                ignore_case: false,
                negated: false,
            } => {
                self.must(true);
                self.prefixes.push((*pattern).to_owned());
            }
            _ => return None,
        }
        Some(())
    }

    fn must(&mut self, present: bool) {
        self.nothing |= self.present.is_some_and(|before| before != present);
        self.present = Some(present);
    }

    /// Leaves these texts only. Null is in no set.
    pub fn include(&mut self, items: &[&str]) {
        self.must(true);
        let before = self.any_of.take();
        let both = items
            .iter()
            .filter(|item| before.as_ref().is_none_or(|before| before.contains(**item)))
            .map(|&item| item.to_owned());
        self.any_of = Some(both.collect());
    }

    /// Null differs from everything.
    fn exclude(&mut self, items: &[&str]) {
        self.none_of
            .extend(items.iter().map(|&item| item.to_owned()));
    }

    /// Whether a value is left.
    pub fn matches(&self, value: Option<&str>) -> bool {
        let Some(value) = value else {
            return !self.nothing && self.present != Some(true);
        };
        !self.nothing
            && self.present != Some(false)
            && self.any_of.as_ref().is_none_or(|any| any.contains(value))
            && !self.none_of.contains(value)
            && self
                .prefixes
                .iter()
                .all(|prefix| value.starts_with(prefix.as_str()))
    }

    /// The texts that are left, when they can be counted.
    pub fn listed(&self) -> Option<Vec<&str>> {
        let any = self.any_of.as_ref()?;
        let left = any.iter().map(String::as_str);
        Some(left.filter(|text| self.matches(Some(text))).collect())
    }

    /// The texts that are left, when they can be counted, without those that an API refuses: empty ones and ones of more than
    /// `longest` bytes, which name nothing.
    pub fn names(&self, longest: usize) -> Option<Vec<&str>> {
        let mut listed = self.listed()?;
        listed.retain(|name| (1..=longest).contains(&name.len()));
        Some(listed)
    }

    /// The text that is left, when it is one.
    pub fn one(&self) -> Option<&str> {
        match self.listed()?.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Whether there must be a value.
    pub fn required(&self) -> bool {
        self.present == Some(true)
    }

    /// The longest prefix that all texts have which are left.
    pub fn prefix(&self) -> Option<&str> {
        let longest = self.prefixes.iter().max_by_key(|prefix| prefix.len());
        longest
            .map(String::as_str)
            .filter(|prefix| !prefix.is_empty())
    }

    /// Whether surely nothing is left.
    pub fn is_empty(&self) -> bool {
        self.nothing || self.listed().is_some_and(|listed| listed.is_empty())
    }
}

fn is_small(items: &[&str]) -> bool {
    items.len() <= MAX_ITEMS && items.iter().map(|item| item.len()).sum::<usize>() <= MAX_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Type, request_column};
    use crate::types::Literal;

    fn text(t: &str) -> Literal {
        Literal::Utf8(t.to_owned())
    }

    fn prefix(pattern: &str, ignore_case: bool) -> Test<'_> {
        Test::Text {
            op: TextOp::Prefix,
            pattern,
            ignore_case,
            negated: false,
        }
    }

    #[test]
    fn conditions_narrow_it() {
        let (a, b, c) = (text("a"), text("ab"), text("c"));
        let column = &request_column("x", Type::Utf8);
        // Conditions, then what is left of null, "", "a", "ab", "c".
        let cases: [(Vec<Test<'_>>, [bool; 5]); 9] = [
            (vec![], [true; 5]),
            (
                vec![Test::Compare(CompareOp::Eq, &a)],
                [false, false, true, false, false],
            ),
            (
                vec![Test::Compare(CompareOp::Ne, &a)],
                [true, true, false, true, true],
            ),
            (
                vec![Test::In {
                    items: vec![&a, &c],
                    negated: false,
                }],
                [false, false, true, false, true],
            ),
            (
                vec![Test::In {
                    items: vec![&a, &c],
                    negated: true,
                }],
                [true, true, false, true, false],
            ),
            (vec![prefix("a", false)], [false, false, true, true, false]),
            (
                vec![
                    prefix("a", false),
                    Test::In {
                        items: vec![&b, &c],
                        negated: false,
                    },
                ],
                [false, false, false, true, false],
            ),
            (vec![Test::IsNull], [true, false, false, false, false]),
            (vec![Test::IsNotNull, Test::IsNull], [false; 5]),
        ];
        for (tests, expected) in cases {
            let mut texts = Texts::default();
            for test in tests {
                assert!(texts.take(&Predicate { column, test }));
            }
            let left = [None, Some(""), Some("a"), Some("ab"), Some("c")].map(|v| texts.matches(v));
            assert_eq!(left, expected, "{texts:?}");
        }
    }

    #[test]
    fn what_would_not_be_exact_is_left_alone() {
        let column = &request_column("x", Type::Utf8);
        let number = &request_column("x", Type::Int64);
        let a = text("7");
        let mut texts = Texts::default();
        assert!(!texts.take(&Predicate {
            column,
            test: prefix("a", true)
        }));
        assert!(!texts.take(&Predicate {
            column: number,
            test: Test::Compare(CompareOp::Eq, &a)
        }));
        assert!(!texts.take(&Predicate {
            column,
            test: Test::Compare(CompareOp::Lt, &a)
        }));
        let long = text(&"x".repeat(MAX_BYTES + 1));
        assert!(!texts.take(&Predicate {
            column,
            test: Test::In {
                items: vec![&long],
                negated: false
            }
        }));
        let many = vec![&a; MAX_ITEMS + 1];
        assert!(!texts.take(&Predicate {
            column,
            test: Test::In {
                items: many,
                negated: false
            }
        }));
        assert_eq!(texts, Texts::default());
    }

    #[test]
    fn what_is_left_can_be_told() {
        let column = &request_column("x", Type::Utf8);
        let (a, b) = (text("a"), text("b"));
        let mut texts = Texts::default();
        assert_eq!((texts.listed(), texts.required()), (None, false));
        texts.take(&Predicate {
            column,
            test: Test::In {
                items: vec![&a, &b],
                negated: false,
            },
        });
        assert_eq!(texts.listed(), Some(vec!["a", "b"]));
        texts.take(&Predicate {
            column,
            test: Test::Compare(CompareOp::Ne, &b),
        });
        assert_eq!(texts.one(), Some("a"));
        texts.take(&Predicate {
            column,
            test: Test::Compare(CompareOp::Eq, &b),
        });
        assert!(texts.is_empty());
    }
}
