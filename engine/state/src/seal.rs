//! Sealing a text with a key, so that the database shows nothing of it and a row cannot be given another's: XChaCha20-Poly1305,
//! with a random nonce of 24 bytes in front, as base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// A key, with the name that is stored beside what it sealed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) id: String,
    bytes: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Key({})", self.id)
    }
}

impl Key {
    /// A new one.
    pub(crate) fn generate() -> Key {
        Key::of(CipherKey::generate().into())
    }

    /// The key of these bytes. Its name is made of them by a digest, so that two files agree on it.
    pub(crate) fn of(bytes: [u8; KEY_BYTES]) -> Key {
        let digest = Sha256::new()
            .chain_update(b"trawl state key name\0")
            .chain_update(bytes)
            .finalize();
        let id = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Key { id, bytes }
    }

    /// As it stands in a key file.
    pub(crate) fn line(&self) -> String {
        format!("{} {}\n", self.id, STANDARD.encode(self.bytes))
    }

    /// Seals a text that belongs to `whose`.
    ///
    /// # Errors
    /// The text is too large for the cipher, which none of ours is.
    pub(crate) fn seal(&self, whose: &str, text: &str) -> Result<String, Unopenable> {
        let nonce = XNonce::generate();
        let aad = aad(whose);
        let payload = Payload {
            msg: text.as_bytes(),
            aad: &aad,
        };
        let sealed = self
            .cipher()
            .encrypt(&nonce, payload)
            .map_err(|_| Unopenable)?;
        let mut all = nonce.to_vec();
        all.extend(sealed);
        Ok(STANDARD.encode(all))
    }

    /// Opens what [`Key::seal`] made for `whose`.
    ///
    /// # Errors
    /// It was sealed with another key or for another, or was changed since.
    pub(crate) fn open(&self, whose: &str, sealed: &str) -> Result<String, Unopenable> {
        let all = STANDARD.decode(sealed).map_err(|_| Unopenable)?;
        let (nonce, sealed) = all.split_at_checked(NONCE_BYTES).ok_or(Unopenable)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| Unopenable)?;
        let aad = aad(whose);
        let payload = Payload {
            msg: sealed,
            aad: &aad,
        };
        let text = self
            .cipher()
            .decrypt(&nonce, payload)
            .map_err(|_| Unopenable)?;
        String::from_utf8(text).map_err(|_| Unopenable)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.bytes.into())
    }
}

fn aad(whose: &str) -> Vec<u8> {
    [b"trawl registered cluster 1\0".as_slice(), whose.as_bytes()].concat()
}

/// A sealed text that cannot be opened with this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unopenable;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_by_its_key_for_its_owner_alone() {
        let key = Key::generate();
        let sealed = key.seal("a", "hunter2").unwrap();
        assert_eq!(key.open("a", &sealed).as_deref(), Ok("hunter2"));
        assert_eq!(key.open("b", &sealed), Err(Unopenable));
        assert_eq!(Key::generate().open("a", &sealed), Err(Unopenable));
        let other = key.seal("a", "hunter2").unwrap();
        assert_ne!(sealed, other, "each has a nonce of its own");
        let mut bytes = STANDARD.decode(&sealed).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_eq!(key.open("a", &STANDARD.encode(&bytes)), Err(Unopenable));
            bytes[at] ^= 1;
        }
        for wrong in ["", "AAAA", "no base64"] {
            assert_eq!(key.open("a", wrong), Err(Unopenable));
        }
    }
}
