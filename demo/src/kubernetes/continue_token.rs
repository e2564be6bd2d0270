//! Owns continue tokens, in the encoding of apimachinery (`storage.EncodeContinue`): unpadded URL-safe base64 of
//! `{"v":"meta.k8s.io/v1","rv":…,"start":"…\u0000"}`. The start is the last key given, made larger by a NUL.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value, json};

/// Go's decoder of these tokens ignores the bits that an odd length leaves over.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);
/// The resource version of a token that goes on at the latest snapshot, whichever that is.
pub(crate) const INCONSISTENT: i64 = -1;

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContinueToken {
    /// The snapshot's resource version, or [`INCONSISTENT`].
    pub(crate) resource_version: i64,
    /// The first key that may come next, relative to the list's namespace if it has one.
    pub(crate) start: String,
}

impl ContinueToken {
    /// The token of a list that goes on after `key`.
    pub(crate) fn after(resource_version: i64, key: &str) -> ContinueToken {
        ContinueToken {
            resource_version,
            start: format!("{key}\0"),
        }
    }

    /// The text a client sends back.
    pub(crate) fn encode(&self) -> String {
        let token = json!({"v": "meta.k8s.io/v1", "rv": self.resource_version, "start": format!("/{}", self.start)});
        ENGINE.encode(token.to_string())
    }

    /// Reads a token, or says what is wrong with it in kube-apiserver's words.
    pub(crate) fn decode(text: &str) -> Result<ContinueToken, String> {
        let invalid =
            |why: &str| format!("invalid continue token: continue key is not valid: {why}");
        let bytes = ENGINE.decode(text).map_err(|error| {
            let at = match error {
                base64::DecodeError::InvalidByte(at, _)
                | base64::DecodeError::InvalidLastSymbol(at, _) => at,
                _ => text.len(),
            };
            invalid(&format!("illegal base64 data at input byte {at}"))
        })?;
        let value: Value =
            serde_json::from_slice(&bytes).map_err(|_| invalid(&go_syntax_error(&bytes)))?;
        if value["v"] != "meta.k8s.io/v1" {
            return Err(invalid(&format!(
                "server does not recognize this encoded version {}",
                value["v"]
            )));
        }
        let resource_version = value["rv"].as_i64().unwrap_or(0);
        if resource_version == 0 {
            return Err(invalid(
                "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
            ));
        }
        let start = value["start"].as_str().unwrap_or_default();
        if start.is_empty() {
            return Err(invalid("encoded start key empty (version meta.k8s.io/v1)"));
        }
        // Tokens of the watch cache begin with a slash, those of etcd do not; both are taken [recorded].
        let start = start.strip_prefix('/').unwrap_or(start).to_owned();
        Ok(ContinueToken {
            resource_version,
            start,
        })
    }
}

/// What Go's JSON decoder says of bytes that are no JSON value; tokens fail on their first character.
fn go_syntax_error(bytes: &[u8]) -> String {
    match bytes.first() {
        None => "unexpected end of JSON input".to_owned(),
        Some(b'{') => "invalid character in continue token".to_owned(),
        Some(byte) if byte.is_ascii_graphic() => {
            format!(
                "invalid character '{}' looking for beginning of value",
                char::from(*byte)
            )
        }
        Some(byte) => format!("invalid character '\\x{byte:02x}' looking for beginning of value"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_tokens_are_read_and_written_back() {
        for file in ["pods-page-1.json", "nodes.json", "services.json"] {
            let path = format!("{}/../tests/recordings/{file}", env!("CARGO_MANIFEST_DIR"));
            let list: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let text = list["metadata"]["continue"].as_str().unwrap();
            let token = ContinueToken::decode(text).unwrap();
            assert_eq!(token.resource_version, 19_041);
            assert!(token.start.ends_with('\0') && !token.start.starts_with('/'));
            assert_eq!(token.encode(), text, "{file}");
        }
    }

    #[test]
    fn broken_tokens_are_refused_in_the_recorded_words() {
        for (text, message) in [
            (
                "garbage",
                "invalid continue token: continue key is not valid: invalid character '\\x81' looking for beginning of value",
            ),
            (
                "abc",
                "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
            ),
            (
                "a b",
                "invalid continue token: continue key is not valid: illegal base64 data at input byte 1",
            ),
        ] {
            assert_eq!(ContinueToken::decode(text).unwrap_err(), message);
        }
        for json in [
            "{}",
            r#"{"v":"meta.k8s.io/v1","rv":0,"start":"x"}"#,
            r#"{"v":"meta.k8s.io/v1","rv":5,"start":""}"#,
        ] {
            assert!(
                ContinueToken::decode(&ENGINE.encode(json)).is_err(),
                "{json}"
            );
        }
    }
}
