//! Who may ask: everybody, whoever has the machine's own token, or those of a file. Owns the comparison of tokens and what becomes of a
//! file that changes; refuses to keep a token in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::rate::Rate;
use super::tokens::{self, Budget, Entry, TokenHash};
use super::{Caller, Role};
use crate::limits;

/// How often a file of tokens is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Who may ask. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Callers {
    known: Arc<RwLock<Known>>,
    /// What each has used, also while the file changes.
    rates: Arc<Mutex<HashMap<Arc<str>, Arc<Rate>>>>,
    file: Option<Arc<PathBuf>>,
}

#[derive(Debug)]
enum Known {
    /// Nobody is asked for a token.
    Everybody,
    /// Those of these entries.
    Tokens(Vec<Entry>),
}

impl Default for Callers {
    fn default() -> Self {
        Self::everybody()
    }
}

impl Callers {
    /// Everybody, as [`Caller::local`]: for tests, and for `--no-auth`.
    pub fn everybody() -> Self {
        Self::of(Known::Everybody, None)
    }

    /// Whoever has this token, as [`Caller::local`].
    pub fn local(token: &str) -> Self {
        let local = Caller::local();
        let entry = Entry {
            name: local.name,
            hash: TokenHash::of(token),
            role: local.role,
            scope: local.scope,
            budget: Budget::default(),
            queries: None,
        };
        Self::of(Known::Tokens(vec![entry]), None)
    }

    /// Those of a file's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_text(text: &str) -> Result<Self, String> {
        Ok(Self::of(Known::Tokens(tokens::read(text)?), None))
    }

    /// Those of a file, as it is while [`Callers::follow`] runs.
    ///
    /// # Errors
    /// When it cannot be read, or is wrong.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let entries = read(path)?;
        Ok(Self::of(Known::Tokens(entries), Some(path.to_owned())))
    }

    fn of(known: Known, file: Option<PathBuf>) -> Self {
        Self {
            known: Arc::new(RwLock::new(known)),
            rates: Arc::default(),
            file: file.map(Arc::new),
        }
    }

    /// Looks at the file again and again, until it is dropped. A file that is wrong changes nothing, and `told` why.
    pub async fn follow(self, told: impl Fn(String)) {
        let Some(path) = self.file.clone() else {
            return;
        };
        let mut last = std::fs::read(path.as_path()).ok();
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            let path = Arc::clone(&path);
            let look = tokio::task::spawn_blocking(move || std::fs::read(path.as_path()).ok());
            let Ok(now) = look.await else { continue };
            if now != last {
                last = now;
                told(self.reload());
            }
        }
    }

    /// Takes over the file as it is now. Gives what to say of it.
    pub fn reload(&self) -> String {
        let Some(path) = &self.file else {
            return "there is no file of tokens".to_owned();
        };
        match read(path) {
            Ok(entries) => {
                let said = format!("{}: {} tokens", path.display(), entries.len());
                *self.known.write().unwrap_or_else(PoisonError::into_inner) =
                    Known::Tokens(entries);
                said
            }
            Err(why) => format!("{why}; the tokens that were there go on"),
        }
    }

    /// Who has a token; nobody where it is missing or unknown. All entries are compared, whichever it is.
    pub(crate) fn find(&self, token: Option<&str>) -> Option<Caller> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let entries = match &*known {
            Known::Everybody => return Some(Caller::local()),
            Known::Tokens(entries) => entries,
        };
        let TokenHash(hash) = TokenHash::of(token.unwrap_or_default());
        let mut found = 0_u64;
        let mut is_found = Choice::from(0);
        for (at, entry) in (0_u64..).zip(entries) {
            let same = entry.hash.0.ct_eq(&hash);
            found.conditional_assign(&at, same);
            is_found |= same;
        }
        if token.is_none() || !bool::from(is_found) {
            return None;
        }
        Some(self.caller(entries.get(usize::try_from(found).ok()?)?))
    }

    /// The caller of an entry of the file, for what the server does in its name; nobody where no entry is called so.
    pub(crate) fn named(&self, name: &str) -> Option<Caller> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let Known::Tokens(entries) = &*known else {
            return None;
        };
        let entry = entries.iter().find(|entry| &*entry.name == name)?;
        Some(self.caller(entry))
    }

    fn caller(&self, entry: &Entry) -> Caller {
        Caller {
            name: Arc::clone(&entry.name),
            role: entry.role,
            scope: Arc::clone(&entry.scope),
            budget: entry.budget,
            queries: entry.queries.clone(),
            rate: self.rate(&entry.name),
            audit: None,
        }
    }

    fn rate(&self, name: &Arc<str>) -> Arc<Rate> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        // Names that a file once had; their callers can only be refused less.
        if rates.len() > limits::RATES && !rates.contains_key(name) {
            rates.clear();
        }
        Arc::clone(rates.entry(Arc::clone(name)).or_default())
    }

    /// Whether somebody is asked for a token.
    pub fn asks(&self) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        matches!(&*known, Known::Tokens(_))
    }

    /// The names and roles of those of the file, for a start-up line.
    pub fn names(&self) -> Vec<(String, Role)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Known::Everybody => Vec::new(),
            Known::Tokens(entries) => entries
                .iter()
                .map(|entry| (entry.name.to_string(), entry.role))
                .collect(),
        }
    }
}

fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let length = std::fs::metadata(path).map(|it| it.len());
    let length = length.map_err(|error| format!("{}: {error}", path.display()))?;
    if length > u64::try_from(limits::TOKENS_BYTES).unwrap_or(u64::MAX) {
        let limit = limits::TOKENS_BYTES >> 10;
        return Err(format!("{}: it has more than {limit} KiB", path.display()));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    tokens::read(&text).map_err(|why| format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, token: &str, role: &str) -> String {
        format!(
            "- {{name: {name}, sha256: {}, role: {role}}}\n",
            TokenHash::of(token)
        )
    }

    #[test]
    fn a_token_is_its_entrys() {
        let text = format!(
            "tokens:\n{}{}",
            entry("a", "one", "reader"),
            entry("b", "two", "admin")
        );
        let callers = Callers::of_text(&text).unwrap();
        let found = |token| callers.find(token).map(|it| (it.name.to_string(), it.role));
        assert_eq!(found(Some("one")), Some(("a".to_owned(), Role::Reader)));
        assert_eq!(found(Some("two")), Some(("b".to_owned(), Role::Admin)));
        for nobody in [None, Some(""), Some("three"), Some("one ")] {
            assert_eq!(found(nobody), None, "{nobody:?}");
        }
        assert!(callers.asks() && !Callers::everybody().asks());
        assert!(Callers::everybody().find(None).is_some());
        assert!(Callers::local("own").find(Some("own")).is_some());
        assert!(Callers::local("own").find(None).is_none());
    }

    #[test]
    fn a_wrong_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.yaml");
        std::fs::write(&path, format!("tokens:\n{}", entry("a", "one", "reader"))).unwrap();
        let callers = Callers::of_file(&path).unwrap();
        std::fs::write(&path, "tokens:\n- {name: b}\n").unwrap();
        let said = callers.reload();
        assert!(said.contains("line 2") && said.contains("go on"), "{said}");
        assert!(callers.find(Some("one")).is_some());
        std::fs::write(&path, format!("tokens:\n{}", entry("b", "two", "reader"))).unwrap();
        assert!(callers.reload().ends_with("1 tokens"));
        assert!(callers.find(Some("one")).is_none() && callers.find(Some("two")).is_some());
        std::fs::remove_file(&path).unwrap();
        assert!(callers.reload().contains("go on"));
        assert!(callers.find(Some("two")).is_some());
    }
}
