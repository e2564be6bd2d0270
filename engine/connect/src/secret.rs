//! Reading a secret where a request needs it, never earlier. A secret has no `Debug` and no `Display`;
//! it leaves this crate in a header or a signature only.

use std::path::Path;

use http::header::HeaderValue;
use tokio::io::AsyncReadExt;
use trawl_fleet::SecretRef;

use crate::error::{Error, ErrorKind};
use crate::limits::MAX_SECRET_BYTES;

/// A secret's text.
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The text, for a signature or a library that asks for a secret.
    pub(crate) fn exposed(&self) -> &str {
        &self.0
    }

    /// Without blanks around it, as client-go reads token files.
    pub(crate) fn trimmed(&self) -> Secret {
        Secret(self.0.trim().to_owned())
    }

    /// The value of a header that holds the secret; marked so that no layer below prints it.
    ///
    /// # Errors
    /// The secret holds characters that a header cannot carry.
    pub(crate) fn header(&self, before: &str, what: &str) -> Result<HeaderValue, Error> {
        let value = HeaderValue::from_str(&format!("{before}{}", self.0));
        let mut value = value.map_err(|_| {
            Error::new(
                ErrorKind::InvalidConfig,
                format!("{what} holds a character that a header cannot carry"),
            )
            .hint("look for a line break in the middle or at the start of it")
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// `Basic` authentication with this password.
    pub(crate) fn basic(&self, username: &str) -> Secret {
        use base64::Engine;
        let pair = format!("{username}:{}", self.0);
        Secret(base64::engine::general_purpose::STANDARD.encode(pair))
    }
}

/// Reads what a reference points to.
///
/// # Errors
/// The variable is not set, or the file cannot be read; the message names it.
pub(crate) async fn resolve(reference: &SecretRef) -> Result<Secret, Error> {
    let text = match reference {
        SecretRef::Inline(text) => text.clone(),
        SecretRef::Env(name) => std::env::var(name).map_err(|_| {
            Error::new(
                ErrorKind::Unauthenticated,
                format!("the environment variable {name}, which holds a credential, is not set or not UTF-8"),
            )
            .hint(format!("export {name}, or name another reference in clusters.yaml"))
        })?,
        SecretRef::File(path) => read(path).await?,
    };
    if text.is_empty() && !matches!(reference, SecretRef::Inline(_)) {
        return Err(Error::new(
            ErrorKind::Unauthenticated,
            format!("the credential in {reference:?} is empty"),
        ));
    }
    Ok(Secret(text))
}

/// Whether the secret can be another one at the next look.
pub(crate) fn can_change(reference: &SecretRef) -> bool {
    matches!(reference, SecretRef::File(_))
}

async fn read(path: &Path) -> Result<String, Error> {
    let wrong = |reason: String| {
        Error::new(
            ErrorKind::Unauthenticated,
            format!(
                "{}, which holds a credential, cannot be read: {reason}",
                path.display()
            ),
        )
    };
    let file = tokio::fs::File::open(path)
        .await
        .map_err(|error| wrong(error.to_string()))?;
    let mut bytes = Vec::new();
    let mut limited = file.take(MAX_SECRET_BYTES.saturating_add(1));
    limited
        .read_to_end(&mut bytes)
        .await
        .map_err(|error| wrong(error.to_string()))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_SECRET_BYTES {
        return Err(wrong(format!("more than {MAX_SECRET_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("expected UTF-8 text".to_owned()))?;
    // Editors end a file with a newline, and no secret does.
    let text = text
        .strip_suffix('\n')
        .map_or(text.as_str(), |t| t.strip_suffix('\r').unwrap_or(t));
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_loses_one_newline_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for (written, read) in [("t", "t"), ("t\n", "t"), ("t\r\n", "t"), (" t ", " t ")] {
            std::fs::write(&path, written).unwrap();
            let secret = resolve(&SecretRef::File(path.clone())).await.ok().unwrap();
            assert_eq!(secret.0, read);
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone");
        let error = resolve(&SecretRef::File(path.clone())).await.err().unwrap();
        assert!(error.message.contains("gone"), "{error}");
        let error = resolve(&SecretRef::Env("TRAWL_TEST_NO_SUCH_VARIABLE".into()))
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind, ErrorKind::Unauthenticated);
        assert!(
            error.message.contains("TRAWL_TEST_NO_SUCH_VARIABLE"),
            "{error}"
        );
        std::fs::write(&path, "\n").unwrap();
        assert!(resolve(&SecretRef::File(path.clone())).await.is_err());
        std::fs::write(&path, vec![b'x'; 70_000]).unwrap();
        assert!(resolve(&SecretRef::File(path)).await.is_err());
    }

    #[test]
    fn a_line_break_in_a_secret_is_an_error_that_does_not_quote_it() {
        let error = Secret("hunter2\nx".into())
            .header("Bearer ", "the token")
            .unwrap_err();
        assert!(!error.message.contains("hunter2"));
        assert!(
            Secret("x".into())
                .header("Bearer ", "the token")
                .unwrap()
                .is_sensitive()
        );
    }
}
