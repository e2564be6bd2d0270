//! `hash`: a number that stays the same for the same text.

use sha2::{Digest, Sha256};

use super::Call;
use crate::convert::text;
use crate::error::Result;
use crate::eval::Node;
use crate::ty::Ty;
use crate::value::Value;

pub fn hash(call: Call) -> Result<Node> {
    let mut nodes = vec![call.any(0)?];
    if call.len() > 1 {
        nodes.push(call.arg(1, &Ty::Long)?);
    }
    Ok(Node::strict(Ty::Long, nodes, |values| {
        let Some(text) = values.first().and_then(text::of) else {
            return Value::Null;
        };
        let digest = Sha256::digest(text.as_bytes());
        let number = digest
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let Ok(number) = i64::try_from(number & (u64::MAX >> 1)) else {
            return Value::Null;
        };
        match values.get(1) {
            None => Value::Long(number),
            Some(Value::Long(modulus)) if *modulus > 0 => Value::Long(number % modulus),
            Some(_) => Value::Null,
        }
    }))
}
