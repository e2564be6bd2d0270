//! The file of tokens: who may ask, as what, for what. Owns its form and what is wrong with one; refuses tokens themselves: a file has
//! their SHA-256 alone, and no message quotes one.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use sha2::{Digest, Sha256};
use trawl_exec::Scope;
use trawl_fleet::Impersonation;

use super::Role;
use crate::limits;

/// The SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenHash(pub(super) [u8; 32]);

/// An entry of the file.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose it is, for audit and logs.
    pub name: Arc<str>,
    /// Of the token.
    pub hash: TokenHash,
    /// What it may do.
    pub role: Role,
    /// What exists for it.
    pub scope: Arc<Scope>,
    /// What it may use.
    pub budget: Budget,
    /// Globs of saved queries that exist for it; none: where its scope leaves something out, those alone that come with trawl.
    pub queries: Option<Arc<[String]>>,
}

/// What a caller may use, where it is less than everybody may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Queries at once.
    #[serde(deserialize_with = "at_least_one")]
    pub concurrent: Option<u32>,
    /// Queries that begin within a minute.
    #[serde(deserialize_with = "at_least_one")]
    pub queries_per_minute: Option<u32>,
    /// Rows of an answer.
    pub max_rows: Option<u64>,
    /// Time of a query.
    #[serde(deserialize_with = "time")]
    pub timeout: Option<Duration>,
    /// What all remotes together may charge for a query, in millionths of a US dollar.
    #[serde(rename = "max_cost_usd", deserialize_with = "dollars")]
    pub max_cost: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tokens: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "name")]
    name: String,
    sha256: TokenHash,
    role: Role,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    budget: Budget,
    #[serde(default, deserialize_with = "list")]
    queries: Option<Arc<[String]>>,
    /// Who it is to Kubernetes; a user of the token's name unless it is said.
    #[serde(default)]
    kubernetes: Option<Kubernetes>,
}

/// Who a caller is to clusters that are asked in its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kubernetes {
    user: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
}

impl TokenHash {
    /// Of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sha256)")
    }
}

impl FromStr for TokenHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // What is there instead can be the token itself: it is not quoted.
        let wrong = || {
            "expected the SHA-256 of a token, 64 hexadecimal digits (`trawl token` makes both)"
                .to_owned()
        };
        let digits: Vec<u8> = text
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|it| u8::try_from(it).ok()))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let bytes: Vec<u8> = digits
            .chunks(2)
            .filter_map(|pair| match pair {
                [high, low] => Some(high << 4 | low),
                _ => None,
            })
            .collect();
        if digits.len() != 64 {
            return Err(wrong());
        }
        bytes.try_into().map(Self).map_err(|_| wrong())
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// The entries of a file.
///
/// # Errors
/// What is wrong with it, with line and column where it has a place.
pub fn read(text: &str) -> Result<Vec<Entry>, String> {
    if text.len() > limits::TOKENS_BYTES {
        let limit = limits::TOKENS_BYTES >> 10;
        return Err(format!("it has more than {limit} KiB"));
    }
    let options = serde_saphyr::options! { with_snippet: false };
    let file: File =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())?;
    let (mut names, mut hashes) = (BTreeSet::new(), BTreeSet::new());
    for token in &file.tokens {
        if !names.insert(token.name.as_str()) {
            return Err(format!("two tokens are called `{}`", token.name));
        }
        if !hashes.insert(token.sha256) {
            return Err(format!(
                "the token of `{}` is also another's: give each its own",
                token.name
            ));
        }
    }
    file.tokens.into_iter().map(Written::entry).collect()
}

impl Written {
    fn entry(self) -> Result<Entry, String> {
        let (user, groups) = match self.kubernetes {
            Some(it) => (it.user, it.groups),
            None => (None, Vec::new()),
        };
        let caller = Impersonation::new(user.as_deref().unwrap_or(&self.name), &groups)
            .map_err(|why| format!("`kubernetes` of the token `{}`: {why}", self.name))?;
        Ok(Entry {
            name: self.name.into(),
            hash: self.sha256,
            role: self.role,
            scope: Arc::new(Scope {
                caller: Some(Arc::new(caller)),
                ..self.scope
            }),
            budget: self.budget,
            queries: self.queries,
        })
    }
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    if name.is_empty() || name.len() > limits::CALLER_NAME_BYTES || !name.chars().all(is_usual) {
        return Err(D::Error::custom(format!(
            "expected a name of at most {} letters, digits and `._-@`",
            limits::CALLER_NAME_BYTES
        )));
    }
    Ok(name)
}

/// A list that is written: nothing in its place is no list of everything.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Arc<[String]>>, D::Error> {
    Vec::deserialize(deserializer).map(|list: Vec<String>| Some(list.into()))
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        Some(0) => Err(D::Error::custom(
            "expected at least 1; leave the token out to refuse all",
        )),
        other => Ok(other),
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let nanoseconds = trawl_exec::parse_timespan(&text).and_then(|it| u64::try_from(it).ok());
    match nanoseconds.filter(|it| *it > 0) {
        Some(nanoseconds) => Ok(Some(Duration::from_nanos(nanoseconds))),
        None => Err(D::Error::custom(format!(
            "expected a time such as 30s or 2m, got `{text}`"
        ))),
    }
}

fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(amount) = Option::<f64>::deserialize(deserializer)? else {
        return Ok(None);
    };
    match trawl_exec::micro_usd(&amount.to_string()) {
        Some(micro_usd) => Ok(Some(micro_usd)),
        None => Err(D::Error::custom(format!(
            "expected {}, got {amount}",
            trawl_exec::DOLLARS_FORM
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    #[test]
    fn a_hash_is_that_of_the_token() {
        assert_eq!(TokenHash::of("test").to_string(), HASH);
        assert_eq!(HASH.parse(), Ok(TokenHash::of("test")));
        assert_eq!(HASH.to_uppercase().parse(), Ok(TokenHash::of("test")));
        assert!(!format!("{:?}", TokenHash::of("test")).contains("9f86"));
    }

    #[test]
    fn an_entry_has_role_scope_and_budget() {
        let text = format!(
            "tokens:
- name: grafana
  sha256: {HASH}
  role: reader
  scope: {{clusters: [stag*], namespaces: [payments], raw: true}}
  budget: {{concurrent: 2, queries_per_minute: 60, max_rows: 500, timeout: 10s, max_cost_usd: 0.5}}
- {{name: ops, sha256: {}, role: admin}}
",
            TokenHash::of("other")
        );
        let entries = read(&text).unwrap();
        let [grafana, ops] = entries.as_slice() else {
            unreachable!("two entries");
        };
        assert_eq!((&*grafana.name, grafana.role), ("grafana", Role::Reader));
        assert_eq!(grafana.scope.clusters, Some(vec!["stag*".to_owned()]));
        assert!(grafana.scope.raw && ops.scope.is_everything());
        let budget = Budget {
            concurrent: Some(2),
            queries_per_minute: Some(60),
            max_rows: Some(500),
            timeout: Some(Duration::from_secs(10)),
            max_cost: Some(500_000),
        };
        assert_eq!(grafana.budget, budget);
        assert_eq!(ops.budget, Budget::default());
    }

    #[test]
    fn a_caller_is_to_kubernetes_who_its_entry_says_or_its_name() {
        let text = format!(
            "tokens:
- {{name: grafana, sha256: {HASH}, role: reader}}
- {{name: jane, sha256: {}, role: reader, kubernetes: {{user: 'oidc:jane@acme.example', groups: [dev, ops]}}}}
- {{name: bot, sha256: {}, role: reader, kubernetes: {{groups: [bots]}}}}
",
            TokenHash::of("other"),
            TokenHash::of("third"),
        );
        let entries = read(&text).unwrap();
        let told: Vec<(&str, &[String])> = entries
            .iter()
            .filter_map(|it| it.scope.caller.as_deref())
            .map(|it| (it.user(), it.groups()))
            .collect();
        assert_eq!(
            told,
            [
                ("grafana", &[][..]),
                (
                    "oidc:jane@acme.example",
                    &["dev".to_owned(), "ops".to_owned()]
                ),
                ("bot", &["bots".to_owned()]),
            ]
        );
    }

    #[test]
    fn what_is_wrong_has_its_place_and_quotes_no_token() {
        let entry = |rest: &str| format!("tokens:\n- name: a\n  sha256: {HASH}\n  {rest}\n");
        for (text, parts) in [
            (entry("role: boss"), &["line 4", "boss"][..]),
            (entry("role: reader\n  scop: {}"), &["line 5", "scop"]),
            (
                entry("role: reader\n  scope: {cluster: [a]}"),
                &["line 5", "cluster"],
            ),
            (
                entry("role: reader\n  budget: {concurrent: 0}"),
                &["line 5", "at least 1"],
            ),
            (
                entry("role: reader\n  budget: {timeout: soon}"),
                &["line 5", "30s"],
            ),
            (
                "tokens:\n- {name: a, sha256: my-secret, role: reader}".to_owned(),
                &["line 2", "64 hexadecimal"],
            ),
            (
                entry("role: reader\n  kubernetes: {user: \"a\\nb\"}"),
                &["token `a`", "printable ASCII", "'\\n'"],
            ),
            (
                entry("role: reader\n  kubernetes: {groups: [gr\u{fc}n]}"),
                &["token `a`", "a group", "'\u{fc}'"],
            ),
            (
                entry("role: reader\n  kubernetes: {uid: 7}"),
                &["line 5", "uid"],
            ),
            (
                format!("tokens:\n- {{name: 'a b', sha256: {HASH}, role: reader}}"),
                &["line 2", "letters"],
            ),
            (
                format!(
                    "{0}- {{name: b, sha256: {HASH}, role: reader}}",
                    entry("role: reader")
                ),
                &["`b`", "another's"],
            ),
            (
                format!(
                    "{0}- {{name: a, sha256: {1}, role: reader}}",
                    entry("role: reader"),
                    TokenHash::of("other")
                ),
                &["two tokens are called `a`"],
            ),
            ("{}".to_owned(), &["tokens"]),
        ] {
            let error = read(&text).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{part}: {error}");
            }
            assert!(
                !error.contains("my-secret") && !error.contains(HASH),
                "{error}"
            );
        }
    }
}
