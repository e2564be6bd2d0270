//! Credentials in a clusters.yaml: `auth`, and references to secrets. A secret that stands in the file
//! itself is refused without being quoted.

use crate::check::{Check, nearest};
use crate::entry::Scope;
use crate::model::{Auth, SecretRef};
use crate::yaml::{Node, Value};

const AUTH_FORMS: &str =
    "`none`, `{bearer: {env: NAME}}` or `{basic: {username: …, password: {env: NAME}}}`";
const SECRET_FORMS: &str = "a reference, `{env: NAME}` or `{file: PATH}`";

/// Reads `auth`; what is wrong with it leaves no credential.
pub(crate) fn auth(node: &Node, scope: &Scope<'_>, check: &mut Check) -> Auth {
    match &node.value {
        Value::Text(text) if text == "none" => return Auth::None,
        Value::Map(entries) => {
            if let [(key, value)] = entries.as_slice() {
                match key.name.as_str() {
                    "bearer" => {
                        return secret(value, "`bearer`", scope, check)
                            .map_or(Auth::None, Auth::Bearer);
                    }
                    "basic" => return basic(value, scope, check),
                    other => {
                        let hint = nearest(other, ["bearer", "basic", "none"].into_iter())
                            .map(|near| format!("did you mean `{near}`?"));
                        check.problem_with_hint(
                            key.at,
                            format!("`auth`: expected {AUTH_FORMS}"),
                            hint,
                        );
                        return Auth::None;
                    }
                }
            }
        }
        _ => {}
    }
    check.problem(
        node.at,
        format!("`auth`: expected {AUTH_FORMS}, found {}", node.kind()),
    );
    Auth::None
}

fn basic(node: &Node, scope: &Scope<'_>, check: &mut Check) -> Auth {
    let mut username = None;
    let mut password = None;
    for (key, value) in check.map(node, "`basic`") {
        match key.name.as_str() {
            "username" => username = check.text(value, "`username`"),
            "password" => password = secret(value, "`password`", scope, check),
            _ => check.unknown_key(key, "`basic`", &["username", "password"], ""),
        }
    }
    match (username, password) {
        (Some(username), Some(_)) if username.contains(':') => {
            check.problem(
                node.at,
                "`username`: expected text without `:`, which basic authentication cannot carry",
            );
            Auth::None
        }
        (Some(username), Some(password)) => Auth::Basic { username, password },
        _ => {
            check.problem(
                node.at,
                "`basic`: expected `username: …` and `password: {env: NAME}`",
            );
            Auth::None
        }
    }
}

/// Whether a node has the shape `{env: X}` or `{file: P}`.
pub(crate) fn is_secret_reference(node: &Node) -> bool {
    matches!(&node.value, Value::Map(entries)
        if matches!(entries.as_slice(), [(key, value)]
            if matches!(key.name.as_str(), "env" | "file") && matches!(value.value, Value::Text(_))))
}

/// A reference to a secret, the only form a secret may have in the file.
pub(crate) fn secret(
    node: &Node,
    what: &str,
    scope: &Scope<'_>,
    check: &mut Check,
) -> Option<SecretRef> {
    if let Value::Map(entries) = &node.value
        && let [(key, value)] = entries.as_slice()
    {
        match key.name.as_str() {
            "env" => return check.text(value, "`env`").map(SecretRef::Env),
            "file" => {
                return check
                    .text(value, "`file`")
                    .map(|p| SecretRef::File(scope.path(&p)));
            }
            _ => {}
        }
    }
    check.problem_with_hint(
        node.at,
        format!("{what}: expected {SECRET_FORMS}, found {}", node.kind()),
        Some("a secret does not belong into this file".to_owned()),
    );
    None
}
