//! Grants: what an operator opens on one connection beyond what every plugin may ask for. Nothing is granted
//! by default, and a grant of an unknown name is refused, so that a typing error opens nothing in silence.

use crate::check::{Check, nearest, printable};
use crate::yaml::Node;

/// Kubernetes Secrets, metadata included: annotations often hold a copy of the data.
const SECRETS: &str = "secrets";
/// All that can be granted.
const NAMES: &[&str] = &[SECRETS];

/// What is granted on one Kubernetes endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grants {
    /// The resource `secrets` may be read, in any namespace and any representation.
    pub secrets: bool,
}

/// Reads `grants`: one name or a list of names.
pub(crate) fn read(node: &Node, check: &mut Check) -> Grants {
    let mut grants = Grants::default();
    for (at, name) in check.texts(node, "`grants`") {
        if name == SECRETS {
            grants.secrets = true;
            continue;
        }
        let hint =
            nearest(&name, NAMES.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        check.problem_with_hint(
            at,
            format!(
                "`grants`: there is no grant `{}`: expected {}",
                printable(&name),
                NAMES.join(", ")
            ),
            hint,
        );
    }
    grants
}
