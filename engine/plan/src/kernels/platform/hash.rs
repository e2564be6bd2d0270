//! `hash(x)`: a number that depends on a value's text alone, the same in every version and on every machine.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use sha2::{Digest, Sha256};

use crate::kernels::Kernel;
use crate::kernels::rows::{longs, texts};

/// `hash(text)` and, with a second column, its remainder by a modulus.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HashOf;

impl Kernel for HashOf {
    fn name(&self) -> &str {
        "hash"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let hashes = texts(arguments, 0)?.iter().map(|text| Some(hash(text?)));
        if arguments.len() < 2 {
            return Ok(Arc::new(hashes.collect::<Int64Array>()));
        }
        let rest = hashes.zip(longs(arguments, 1)?).map(|(hash, modulus)| {
            let modulus = modulus.filter(|modulus| *modulus > 0)?;
            hash?.checked_rem(modulus)
        });
        Ok(Arc::new(rest.collect::<Int64Array>()))
    }
}

/// The first eight bytes of SHA-256, the most significant first, without the sign bit.
fn hash(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    let first = digest.iter().take(size_of::<i64>());
    first.fold(0_i64, |hash, byte| (hash << 8) | i64::from(*byte)) & i64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_known_one() {
        // SHA-256("abc") begins with ba7816bf8f01cfea.
        assert_eq!(hash("abc"), 0x3a78_16bf_8f01_cfea);
        assert!(hash("") >= 0);
    }
}
