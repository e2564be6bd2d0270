//! Owns what a log group is called, and whether two of its names mean the same one; refuses to know whose it is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// As it was given: its name, or its ARN when another account shares it.
    pub(crate) id: String,
    /// The cluster that names it as its log group.
    pub(crate) cluster: Option<String>,
    /// Whether that is a cluster whose rows are not wanted.
    pub(crate) unwanted: bool,
}

impl Group {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        name_of(&self.id)
    }

    /// What means it in a list of `logGroupIdentifiers`, which can be its name as well as its ARN.
    pub(crate) fn identifier(&self) -> &str {
        bare(&self.id)
    }

    /// Whether it is given by its ARN.
    pub(crate) fn is_arn(&self) -> bool {
        is_arn(&self.id)
    }

    /// The member of a request about one log group that means it.
    pub(crate) fn member(&self) -> Map<String, Value> {
        let key = if self.is_arn() {
            "logGroupIdentifier"
        } else {
            "logGroupName"
        };
        Map::from_iter([(key.to_owned(), Value::from(self.identifier()))])
    }

    /// Whether a row says of this group that it is its own: `@log` is `account:name`, and a name alone is of the connection's
    /// account, which is not known here.
    pub(crate) fn is_log(&self, log: &str) -> bool {
        let (account, name) = match log.split_once(':') {
            Some((account, name)) => (Some(account), name),
            None => (None, log),
        };
        name == self.name()
            && account_of(&self.id)
                .zip(account)
                .is_none_or(|(own, account)| own == account)
    }
}

/// How every ARN begins.
const ARN: &str = "arn:";

/// Where the account stands in `arn:aws:logs:region:account:log-group:NAME`.
const ACCOUNT: usize = 4;

fn is_arn(id: &str) -> bool {
    id.starts_with(ARN)
}

/// Without the `:*` at the end of an ARN: it means the group's streams, and is refused where a group is asked for.
fn bare(id: &str) -> &str {
    id.strip_suffix(":*").filter(|_| is_arn(id)).unwrap_or(id)
}

/// `arn:aws:logs:region:account:log-group:NAME:*` is `NAME`, and a name is itself.
pub(crate) fn name_of(id: &str) -> &str {
    match bare(id).split_once(":log-group:") {
        Some((_, name)) if is_arn(id) => name,
        _ => id,
    }
}

/// The account in an ARN.
fn account_of(id: &str) -> Option<&str> {
    let account = id.split(':').nth(ACCOUNT).filter(|_| is_arn(id));
    account.filter(|account| !account.is_empty())
}

/// Whether two names of log groups mean the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Same {
    Yes,
    No,
    /// One is a name, which is of the connection's account, and the other one an ARN, which may be of any.
    Unknown,
}

/// Whether two names of log groups mean the same one.
pub(crate) fn same(one: &str, other: &str) -> Same {
    if name_of(one) != name_of(other) {
        Same::No
    } else if is_arn(one) != is_arn(other) {
        Same::Unknown
    } else if bare(one) == bare(other) {
        Same::Yes
    } else {
        Same::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "arn:aws:logs:us-east-1:111111111111:log-group:/g";
    const STREAMS: &str = "arn:aws:logs:us-east-1:111111111111:log-group:/g:*";
    const THEIRS: &str = "arn:aws:logs:us-east-1:222222222222:log-group:/g";

    #[test]
    fn names_mean_the_same_group_or_not() {
        for (one, other, expected) in [
            ("/g", "/g", Same::Yes),
            ("/g", "/h", Same::No),
            (OURS, STREAMS, Same::Yes),
            (OURS, THEIRS, Same::No),
            ("/g", OURS, Same::Unknown),
            ("/h", OURS, Same::No),
        ] {
            assert_eq!(same(one, other), expected, "{one} {other}");
            assert_eq!(same(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn a_row_is_of_the_group_whose_account_it_says() {
        let of = |id: &str| Group {
            id: id.to_owned(),
            cluster: None,
            unwanted: false,
        };
        for (id, log, expected) in [
            ("/g", "111111111111:/g", true),
            ("/g", "/g", true),
            ("/g", "111111111111:/h", false),
            (OURS, "111111111111:/g", true),
            (STREAMS, "111111111111:/g", true),
            (THEIRS, "111111111111:/g", false),
        ] {
            assert_eq!(of(id).is_log(log), expected, "{id} {log}");
        }
    }
}
