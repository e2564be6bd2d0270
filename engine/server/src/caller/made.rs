//! Tokens that trawl makes: random ones for people to hand out, and the machine's own in a file that its owner alone can read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::tokens::TokenHash;

/// How one begins, so that scanners for leaked secrets find it.
const PREFIX: &str = "trawl_";
/// Random bytes of one.
const RANDOM_BYTES: usize = 32;

/// A new token.
///
/// # Errors
/// When the system has no randomness.
pub fn new_token() -> Result<String, String> {
    let mut random = [0_u8; RANDOM_BYTES];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut random)
        .map_err(|_| "the system gives no random bytes for a token".to_owned())?;
    Ok(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(random)))
}

/// The token in a file, made when there is none. The file and its folder are their owner's alone.
///
/// # Errors
/// When it cannot be made or read, or somebody else can read it.
pub fn kept_token(path: &Path) -> Result<String, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        let mut made = DirBuilder::new();
        made.recursive(true).mode(0o700);
        made.create(folder).map_err(wrong)?;
    }
    if path.exists() {
        return read(path);
    }
    // Written aside and then given its name, so that who finds it finds all of it.
    let token = new_token()?;
    let aside = path.with_extension(TokenHash::of(&token).to_string());
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&aside)
        .and_then(|mut file| writeln!(file, "{token}").and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::hard_link(&aside, path));
    let _ = std::fs::remove_file(&aside);
    match made {
        Ok(()) => Ok(token),
        // Another server was first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(wrong(error)),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(wrong)?;
    let about = file.metadata().map_err(wrong)?;
    if about.mode() & 0o077 != 0 {
        return Err(format!(
            "{}: others can read it (mode {:o}); `chmod 600` it, or remove it for a new one",
            path.display(),
            about.mode() & 0o777
        ));
    }
    let mut text = String::new();
    file.take(1024).read_to_string(&mut text).map_err(wrong)?;
    let token = text.trim_end();
    if !token.starts_with(PREFIX) || token.len() < PREFIX.len() + RANDOM_BYTES {
        return Err(format!(
            "{}: it holds no token of trawl's; remove it for a new one",
            path.display()
        ));
    }
    Ok(token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_token_is_made_once_and_kept_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/token");
        let token = kept_token(&path).unwrap();
        assert_eq!(token.len(), PREFIX.len() + 43);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(kept_token(&path).unwrap(), token);
        assert_ne!(new_token().unwrap(), token);

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(kept_token(&path).unwrap_err().contains("mode 640"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "hello").unwrap();
        let error = kept_token(&path).unwrap_err();
        assert!(error.contains("no token") && !error.contains("hello"));
    }
}
