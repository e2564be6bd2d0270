//! Conditions as the contract means them: two-valued, null equal to nothing. Refuses texts and lists.

use std::cmp::Ordering;

use trawl_sdk::filter::{Predicate, Test, predicates};
use trawl_sdk::types::{CompareOp, Literal, ScanRequest};

use crate::lie::Lie;
use crate::value::{Row, Value};

/// For each root whether it is a condition that is known here.
pub fn known(request: &ScanRequest) -> Vec<bool> {
    predicates(request)
        .iter()
        .map(|predicate| predicate.as_ref().is_some_and(is_known))
        .collect()
}

/// Whether a row meets all conditions that are known here.
pub fn passes(request: &ScanRequest, row: &Row, lie: Option<Lie>) -> bool {
    let predicates = predicates(request);
    let mut known = predicates.iter().flatten().filter(|it| is_known(it));
    known.all(|predicate| holds(predicate, row, lie))
}

fn is_known(predicate: &Predicate<'_>) -> bool {
    match predicate.test {
        Test::Compare(_, literal) => constant(literal).is_some(),
        Test::IsNull | Test::IsNotNull => true,
        Test::In { .. } | Test::Text { .. } => false,
    }
}

fn holds(predicate: &Predicate<'_>, row: &Row, lie: Option<Lie>) -> bool {
    let value = row.get(predicate.column);
    match predicate.test {
        Test::IsNull => value.is_null(),
        Test::IsNotNull => !value.is_null(),
        Test::Compare(op, literal) => match constant(literal) {
            Some(_) if value.is_null() || value.is_nan() => op == CompareOp::Ne,
            Some(constant) => {
                let order = value.order(&constant);
                match op {
                    CompareOp::Eq => order == Ordering::Equal,
                    CompareOp::Ne => order != Ordering::Equal,
                    CompareOp::Lt => order == Ordering::Less,
                    CompareOp::Le if lie == Some(Lie::LessIsLess) => order == Ordering::Less,
                    CompareOp::Le => order != Ordering::Greater,
                    CompareOp::Gt => order == Ordering::Greater,
                    CompareOp::Ge => order != Ordering::Less,
                }
            }
            None => false,
        },
        Test::In { .. } | Test::Text { .. } => true,
    }
}

fn constant(literal: &Literal) -> Option<Value> {
    Some(match literal {
        Literal::Boolean(it) => Value::Bool(*it),
        Literal::Int64(it) => Value::Long(*it),
        Literal::Float64(it) => Value::Real(*it),
        Literal::Utf8(it) => Value::Text(it.clone()),
        Literal::TimestampNs(it) => Value::Time(*it),
        Literal::DurationNs(it) => Value::Span(*it),
        _ => return None,
    })
}
