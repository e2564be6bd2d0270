//! What the language promises of a result, and whether rows keep it: multisets, orders up to ties, choices up to their number.

use crate::table::{Relation, Row};
use crate::value::{Value, same};

/// Reals that differ by less than this part of themselves are the same.
const TOLERANCE: f64 = 1e-9;

/// Why rows are not a result that the language allows; `None` when they are.
pub fn difference(expected: &Relation, found: &[Row]) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!(
            "{} rows expected, {} found",
            expected.len(),
            found.len()
        ));
    }
    // Rows that tie stand in any order among each other; without an order all of them do.
    let mut rest = found;
    for group in groups(expected) {
        let taken = group.len().min(rest.len());
        let (given, after) = rest.split_at_checked(taken)?;
        if let Some(row) = given.iter().find(|_| taken > group.len()) {
            return Some(format!("a row too many: {row:?}"));
        }
        if let Some(row) = unmatched(given, &group) {
            return Some(format!("not expected here: {row:?}"));
        }
        rest = after;
    }
    rest.first().map(|row| format!("a row too many: {row:?}"))
}

/// The rows by rank, in order.
fn groups(relation: &Relation) -> Vec<Vec<&Row>> {
    let Some(ranks) = &relation.ranks else {
        return vec![relation.rows.iter().collect()];
    };
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    let mut last = None;
    for (row, rank) in relation.rows.iter().zip(ranks) {
        if last != Some(*rank) {
            groups.push(Vec::new());
            last = Some(*rank);
        }
        if let Some(group) = groups.last_mut() {
            group.push(row);
        }
    }
    groups
}

/// A row of these that has no partner of its own among those.
fn unmatched<'r>(found: &'r [Row], expected: &[&Row]) -> Option<&'r Row> {
    let mut free: Vec<&Row> = expected.to_vec();
    // Rows with one right form are matched first, so that they are not taken by those that accept several.
    let mut left: Vec<&Row> = Vec::new();
    for row in found {
        let exact = free
            .iter()
            .position(|wanted| !is_open(wanted) && fits_all(wanted, row));
        match exact {
            Some(at) => {
                free.remove(at);
            }
            None => left.push(row),
        }
    }
    for row in left {
        match free.iter().position(|wanted| fits_all(wanted, row)) {
            Some(at) => {
                free.remove(at);
            }
            None => return Some(row),
        }
    }
    None
}

fn is_open(row: &Row) -> bool {
    row.iter().any(|value| matches!(value, Value::AnyOf(_)))
}

fn fits_all(expected: &Row, found: &Row) -> bool {
    expected.len() == found.len() && expected.iter().zip(found).all(|(e, f)| fits(e, f))
}

/// Whether a value is the expected one, or one of them.
pub fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::AnyOf(values), found) => values.iter().any(|value| fits(value, found)),
        (Value::Real(a), Value::Real(b)) => {
            a == b
                || a.is_nan() && b.is_nan()
                || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0)
                    && a.is_finite()
                    && b.is_finite()
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| fits(a, b))
        }
        (Value::Bag(a), Value::List(b)) => {
            let mut free: Vec<&Value> = a.iter().collect();
            a.len() == b.len()
                && b.iter().all(|found| {
                    let at = free.iter().position(|wanted| fits(wanted, found));
                    at.map(|at| free.remove(at)).is_some()
                })
        }
        (Value::Struct(a), Value::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && fits(&a.1, &b.1))
        }
        (a, b) => same(a, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Column;
    use crate::ty::Ty;

    fn relation(values: &[i64], ranks: Option<Vec<usize>>, taken: Option<usize>) -> Relation {
        let rows = values.iter().map(|value| vec![Value::Long(*value)]);
        Relation {
            ranks,
            taken,
            ..Relation::new(vec![Column::new("x", Ty::Long)], rows.collect())
        }
    }

    fn agrees(expected: &Relation, found: &[i64]) -> bool {
        let rows: Vec<Row> = found
            .iter()
            .map(|value| vec![Value::Long(*value)])
            .collect();
        difference(expected, &rows).is_none()
    }

    #[test]
    fn rows_are_multisets() {
        let expected = relation(&[1, 2, 2], None, None);
        assert!(agrees(&expected, &[2, 1, 2]));
        assert!(!agrees(&expected, &[2, 1, 1]));
        assert!(!agrees(&expected, &[2, 1]));
    }

    #[test]
    fn ties_stand_in_any_order_and_ranks_do_not() {
        let expected = relation(&[1, 2, 3], Some(vec![0, 1, 1]), None);
        assert!(agrees(&expected, &[1, 3, 2]));
        assert!(!agrees(&expected, &[2, 1, 3]));
    }

    #[test]
    fn a_choice_is_of_the_last_ties() {
        let expected = relation(&[1, 2, 3], Some(vec![0, 1, 1]), Some(2));
        assert!(agrees(&expected, &[1, 3]));
        assert!(!agrees(&expected, &[2, 3]));
        assert!(!agrees(&expected, &[1, 2, 3]));
        assert!(agrees(&relation(&[1, 2, 3], None, Some(1)), &[2]));
        assert!(!agrees(&relation(&[1, 2, 3], None, Some(1)), &[4]));
    }

    #[test]
    fn what_is_left_open_accepts_each() {
        let any = Value::AnyOf(vec![Value::Long(1), Value::Null]);
        assert!(fits(&any, &Value::Null));
        assert!(!fits(&any, &Value::Long(2)));
        let bag = Value::Bag(vec![Value::Long(1), Value::Long(2)]);
        assert!(fits(
            &bag,
            &Value::List(vec![Value::Long(2), Value::Long(1)])
        ));
        assert!(!fits(
            &bag,
            &Value::List(vec![Value::Long(2), Value::Long(2)])
        ));
        assert!(fits(&Value::Real(1.0), &Value::Real(1.0 + 1e-12)));
        assert!(!fits(&Value::Real(1.0), &Value::Real(1.0 + 1e-6)));
    }
}
