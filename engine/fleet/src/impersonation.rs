//! `impersonate: caller`: whether a Kubernetes connection asks in the name of whoever queries, and who that is, as plain data. Refuses
//! names that a header cannot hold or that would read as another's.

use crate::check::{Check, nearest, printable};
use crate::model::{Connection, EndpointSpec, Inventory};
use crate::yaml::Node;

/// In whose name a connection may ask.
const CALLER: &str = "caller";

/// Characters of a name of Kubernetes: what the longest names of service accounts have.
const MAX_NAME_BYTES: usize = 256;
/// Groups of a caller: each is a header of each request.
const MAX_GROUPS: usize = 32;

/// Who a request is made as, in Kubernetes' own names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Impersonation {
    user: String,
    groups: Vec<String>,
}

impl Impersonation {
    /// A user with its groups. Without groups Kubernetes gives it `system:authenticated` alone.
    ///
    /// # Errors
    /// What is wrong with a name, or that there are too many groups.
    pub fn new(user: &str, groups: &[String]) -> Result<Self, String> {
        name("the user", user)?;
        for group in groups {
            name("a group", group)?;
        }
        if groups.len() > MAX_GROUPS {
            return Err(format!(
                "expected at most {MAX_GROUPS} groups, found {}",
                groups.len()
            ));
        }
        Ok(Self {
            user: user.to_owned(),
            groups: groups.to_vec(),
        })
    }

    /// The user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The names of its groups.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }
}

/// A name has printable ASCII alone: what else a header can hold, servers and proxies read in different ways, and names that look
/// alike would be different users.
fn name(what: &str, name: &str) -> Result<(), String> {
    let wrong = if name.is_empty() {
        "nothing".to_owned()
    } else if name.len() > MAX_NAME_BYTES {
        format!("{} bytes", name.len())
    } else if let Some(c) = name.chars().find(|c| !c.is_ascii_graphic()) {
        format!("the character {c:?}")
    } else {
        return Ok(());
    };
    Err(format!(
        "expected {what} to be 1 to {MAX_NAME_BYTES} printable ASCII characters without blanks, found {wrong}"
    ))
}

/// Reads `impersonate`: `caller`, and nothing else.
pub(crate) fn read(node: &Node, check: &mut Check) -> bool {
    let Some(text) = check.text(node, "`impersonate`") else {
        return false;
    };
    if text != CALLER {
        let hint =
            nearest(&text, std::iter::once(CALLER)).map(|_| format!("did you mean `{CALLER}`?"));
        check.problem_with_hint(
            node.at,
            format!(
                "`impersonate`: expected `{CALLER}`, found `{}`: a fixed user is the kubeconfig's (`as`)",
                printable(&text)
            ),
            hint,
        );
    }
    text == CALLER
}

impl EndpointSpec {
    /// Whether it is asked in its caller's name.
    pub fn impersonates(&self) -> bool {
        matches!(self, EndpointSpec::Kubernetes(spec) if spec.impersonate)
    }
}

impl Connection {
    /// Whether one of its endpoints is asked in its caller's name.
    pub fn impersonates(&self) -> bool {
        let mut others = self.endpoints.values();
        self.endpoint.impersonates() || others.any(EndpointSpec::impersonates)
    }
}

impl Inventory {
    /// Whether anything is asked in its caller's name.
    pub fn impersonates(&self) -> bool {
        self.connections.iter().any(Connection::impersonates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_a_header_says_in_one_way() {
        for user in [
            "jane",
            "jane@acme.example",
            "system:serviceaccount:monitoring:grafana",
            "https://issuer.example#jane%20doe",
        ] {
            assert!(Impersonation::new(user, &[]).is_ok(), "{user}");
        }
        for (user, part) in [
            ("", "found nothing"),
            ("jane doe", "the character ' '"),
            ("jane\r\nImpersonate-Group: system:masters", "'\\r'"),
            ("jane\u{0}", "'\\0'"),
            ("j\u{430}ne", "'\u{430}'"),
            ("jane\u{7f}", "'\\u{7f}'"),
        ] {
            let error = Impersonation::new(user, &[]).unwrap_err();
            assert!(error.contains(part), "{user:?}: {error}");
            let group = Impersonation::new("jane", &[user.to_owned()]).unwrap_err();
            assert!(group.starts_with("expected a group"), "{group}");
        }
        assert!(Impersonation::new(&"x".repeat(257), &[]).is_err());
        let many = vec!["g".to_owned(); MAX_GROUPS + 1];
        assert!(Impersonation::new("jane", &many).is_err());
    }
}
