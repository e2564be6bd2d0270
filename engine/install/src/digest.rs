//! A digest: the only name of a component that cannot lie.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256, written `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

const ALGORITHM: &str = "sha256:";
const HEX_DIGITS: usize = 64;

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hex = String::with_capacity(HEX_DIGITS);
        for byte in Sha256::digest(bytes) {
            hex.push_str(&format!("{byte:02x}"));
        }
        Self(hex)
    }

    /// The name of the file that holds the component.
    pub fn file_name(&self) -> String {
        format!("sha256-{}.wasm", self.0)
    }

    /// Its first digits, for tables.
    pub fn short(&self) -> String {
        self.to_string()
            .chars()
            .take(ALGORITHM.len() + 12)
            .collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", self.0)
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hex = text.strip_prefix(ALGORITHM).filter(|hex| {
            hex.len() == HEX_DIGITS
                && hex
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        });
        match hex {
            Some(hex) => Ok(Self(hex.to_owned())),
            None => Err(format!(
                "expected a digest: `sha256:` and {HEX_DIGITS} lower-case hexadecimal digits, got `{}`",
                text.chars().take(100).collect::<String>()
            )),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_it_is_read() {
        // Of the empty text, as FIPS 180-4's examples have it.
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), empty);
        assert_eq!(empty.parse(), Ok(Digest::of(b"")));
        assert_eq!(Digest::of(b"").short(), "sha256:e3b0c44298fc");
        for wrong in [
            "",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
            "sha256:e3b0",
            "sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "sha256:../../../../../../../../../../../../../../../../../../../../../etc",
        ] {
            let error = wrong.parse::<Digest>().unwrap_err();
            assert!(error.starts_with("expected a digest"), "{error}");
        }
    }
}
