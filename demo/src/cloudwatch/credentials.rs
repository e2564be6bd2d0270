//! Owns the one pair of AWS credentials that a fleet accepts. It ends with the fleet and is good for nothing else.

use crate::seed::Rng;

/// An access key that never expires.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    /// `AKIA` and 16 characters, as IAM gives to users.
    pub(crate) access_key_id: String,
    /// 40 characters.
    pub(crate) secret_access_key: String,
}

impl Credentials {
    /// The credentials of a fleet with this seed.
    pub(crate) fn of(seed: u64) -> Credentials {
        let mut rng = Rng::keyed(seed, &["aws"]);
        Credentials {
            access_key_id: format!("AKIA{}", rng.hex(16).to_uppercase()),
            secret_access_key: rng.hex(40),
        }
    }
}
