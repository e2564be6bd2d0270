//! A kubeconfig that came over HTTP. Of its context only an address, certificates and a token are read, all of them inline; a field
//! that could do more is refused by its name, and so is one that nobody knows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::check::printable;
use crate::guard::Guard;
use crate::model::{Auth, HttpSpec, InlineTls, SecretRef, Tls};
use crate::untrusted::MAX_KUBECONFIG_BYTES;
use crate::untrusted::refusal::{Refusal, below};
use crate::yaml::{self, Node, Value};

/// Fields of a cluster that mean nothing to us.
const CLUSTER_PASSED: &[&str] = &["extensions", "disable-compression"];
const CLUSTER_REFUSED: &[(&str, &str)] = &[
    (
        "certificate-authority",
        "it names a file of the server: expected `certificate-authority-data`",
    ),
    (
        "insecure-skip-tls-verify",
        "whoever is on the way could read the credential: expected `certificate-authority-data`",
    ),
    ("proxy-url", "requests go to the API server itself"),
    (
        "tls-server-name",
        "it is not supported for registered clusters: expected a `server` that its certificate names",
    ),
];
const USER_REFUSED: &[(&str, &str)] = &[
    (
        "exec",
        "it runs a program on the server: expected `token`, or `client-certificate-data` with `client-key-data`",
    ),
    (
        "auth-provider",
        "it uses an identity of the server: expected `token`, or `client-certificate-data` with `client-key-data`",
    ),
    (
        "tokenFile",
        "it names a file of the server: expected `token`",
    ),
    (
        "client-certificate",
        "it names a file of the server: expected `client-certificate-data`",
    ),
    (
        "client-key",
        "it names a file of the server: expected `client-key-data`",
    ),
    (
        "username",
        "passwords are not taken: expected `token`, or `client-certificate-data` with `client-key-data`",
    ),
    (
        "password",
        "passwords are not taken: expected `token`, or `client-certificate-data` with `client-key-data`",
    ),
    (
        "as",
        "impersonation is not taken over HTTP: expected the user's own credential",
    ),
    (
        "as-uid",
        "impersonation is not taken over HTTP: expected the user's own credential",
    ),
    (
        "as-groups",
        "impersonation is not taken over HTTP: expected the user's own credential",
    ),
    (
        "as-user-extra",
        "impersonation is not taken over HTTP: expected the user's own credential",
    ),
];

/// All that is kept of a kubeconfig.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiServer {
    /// An `https://` address without a user.
    url: String,
    tls: InlineTls,
    token: Option<String>,
}

impl ApiServer {
    /// It as an endpoint that is contacted under a guard.
    pub(crate) fn spec(&self, guard: &Guard) -> HttpSpec {
        HttpSpec {
            url: self.url.clone(),
            auth: match &self.token {
                Some(token) => Auth::Bearer(SecretRef::Inline(token.clone())),
                None => Auth::None,
            },
            tls: Tls {
                inline: Some(self.tls.clone()),
                ..Tls::default()
            },
            guard: Some(guard.clone()),
            ..HttpSpec::default()
        }
    }
}

/// Reads the context of this name, or the current one; gives its name.
///
/// # Errors
/// What is refused of it. Other contexts are not looked at: nothing of them is kept.
pub(crate) fn read(text: &str, context: Option<&str>) -> Result<(String, ApiServer), Vec<Refusal>> {
    let refuse = |field: &str, message: String| vec![Refusal::new(field, message)];
    if text.len() > MAX_KUBECONFIG_BYTES {
        let message = format!(
            "expected at most {MAX_KUBECONFIG_BYTES} bytes, got {}: `kubectl config view --minify --flatten --raw` has the current context alone",
            text.len()
        );
        return Err(refuse("kubeconfig", message));
    }
    let tree = yaml::parse(text).map_err(|problem| {
        // The parser's words may quote the text.
        let at = problem.at;
        let message = format!("no valid YAML (line {}, column {})", at.line, at.column);
        refuse("kubeconfig", message)
    })?;
    let name = match context.or_else(|| get(&tree, "current-context").and_then(filled)) {
        Some(name) => name.to_owned(),
        None => {
            let message = "it has no `current-context`: expected one, or the `context` to take";
            return Err(refuse("context", message.to_owned()));
        }
    };
    let chosen = named(&tree, "contexts", &name).and_then(|it| get(it, "context"));
    let Some(chosen) = chosen else {
        let message = format!("the kubeconfig has no context `{}`", printable(&name));
        return Err(refuse("context", message));
    };
    let of = |key: &str| get(chosen, key).and_then(filled).unwrap_or_default();
    let (cluster, user) = (of("cluster"), of("user"));
    let at = format!("kubeconfig.contexts[{}]", printable(&name));
    let Some(server) = named(&tree, "clusters", cluster).and_then(|it| get(it, "cluster")) else {
        let message = format!(
            "its cluster `{}` is not in the kubeconfig",
            printable(cluster)
        );
        return Err(refuse(&below(&at, "cluster"), message));
    };
    let Some(person) = named(&tree, "users", user).and_then(|it| get(it, "user")) else {
        let message = format!("its user `{}` is not in the kubeconfig", printable(user));
        return Err(refuse(&below(&at, "user"), message));
    };
    let mut refused = Vec::new();
    let at = format!("kubeconfig.clusters[{}]", printable(cluster));
    let (url, ca) = address(server, &at, &mut refused);
    let at = format!("kubeconfig.users[{}]", printable(user));
    let (token, identity) = credential(person, &at, &mut refused);
    match url {
        Some(url) if refused.is_empty() => {
            let tls = InlineTls { ca, identity };
            Ok((name, ApiServer { url, tls, token }))
        }
        _ => Err(refused),
    }
}

/// Address and CA.
fn address(node: &Node, at: &str, refused: &mut Vec<Refusal>) -> (Option<String>, Option<String>) {
    let (mut url, mut ca) = (None, None);
    for (key, value) in pairs(node, at, refused) {
        let field = below(at, key);
        match key {
            "server" => url = server(value, &field, refused),
            "certificate-authority-data" => ca = pem(value, &field, "CERTIFICATE", refused),
            _ => refuse_unless_empty(key, value, &field, CLUSTER_REFUSED, CLUSTER_PASSED, refused),
        }
    }
    if get(node, "server").is_none() {
        refused.push(Refusal::new(
            below(at, "server"),
            "expected the address of the API server, got nothing",
        ));
    }
    (url, ca)
}

/// Token, and certificate with its key.
fn credential(
    node: &Node,
    at: &str,
    refused: &mut Vec<Refusal>,
) -> (Option<String>, Option<(String, String)>) {
    let (mut token, mut certificate, mut private_key) = (None, None, None);
    for (key, value) in pairs(node, at, refused) {
        let field = below(at, key);
        match key {
            "token" => token = text(value, &field, refused),
            "client-certificate-data" => {
                certificate = pem(value, &field, "CERTIFICATE", refused);
            }
            "client-key-data" => private_key = pem(value, &field, "PRIVATE KEY", refused),
            _ => refuse_unless_empty(key, value, &field, USER_REFUSED, &["extensions"], refused),
        }
    }
    if certificate.is_some() != private_key.is_some() {
        refused.push(Refusal::new(
            at,
            "expected `client-certificate-data` and `client-key-data` together",
        ));
    }
    if token
        .as_deref()
        .is_some_and(|it| !it.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        refused.push(Refusal::new(
            below(at, "token"),
            "it holds a character that no bearer token has",
        ));
    }
    (token, certificate.zip(private_key))
}

/// An address of an API server.
fn server(node: &Node, field: &str, refused: &mut Vec<Refusal>) -> Option<String> {
    let text = text(node, field, refused)?;
    let url = url::Url::parse(&text).ok();
    let is_right = |url: &url::Url| {
        url.scheme() == "https"
            && url.host_str().is_some_and(|host| !host.is_empty())
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    let url = url.filter(is_right);
    if url.is_none() {
        refused.push(Refusal::new(
            field,
            "expected `https://HOST[:PORT][/PATH]`, got something else",
        ));
    }
    url.map(String::from)
}

/// Base64 of PEM with a section of this kind.
fn pem(node: &Node, field: &str, kind: &str, refused: &mut Vec<Refusal>) -> Option<String> {
    let text = text(node, field, refused)?;
    let joined: String = text.split_ascii_whitespace().collect();
    let decoded = STANDARD.decode(joined).ok();
    let pem = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let pem =
        pem.filter(|pem| pem.contains("-----BEGIN ") && pem.contains(&format!("{kind}-----")));
    if pem.is_none() {
        refused.push(Refusal::new(
            field,
            format!("expected base64 of PEM with a {kind}, got something else"),
        ));
    }
    pem
}

/// A field that is refused or unknown. One that is empty says nothing, as kubectl has it.
fn refuse_unless_empty(
    key: &str,
    value: &Node,
    field: &str,
    known: &[(&str, &str)],
    passed: &[&str],
    refused: &mut Vec<Refusal>,
) {
    let says_nothing = match &value.value {
        Value::Null | Value::Bool(false) => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    };
    if passed.contains(&key) || says_nothing {
        return;
    }
    let why = known.iter().find(|(name, _)| *name == key);
    let why = why.map_or(
        "it is not known, and could do anything: leave it out",
        |(_, why)| why,
    );
    refused.push(Refusal::new(field, why));
}

/// A text; an empty one counts as none.
fn text(node: &Node, field: &str, refused: &mut Vec<Refusal>) -> Option<String> {
    match &node.value {
        Value::Null => None,
        Value::Text(text) => Some(text.clone()).filter(|it| !it.is_empty()),
        // A token of digits.
        Value::Number(_) => node.written.clone(),
        _ => {
            refused.push(Refusal::new(
                field,
                format!("expected text, got {}", node.kind()),
            ));
            None
        }
    }
}

fn pairs<'a>(
    node: &'a Node,
    field: &str,
    refused: &mut Vec<Refusal>,
) -> impl Iterator<Item = (&'a str, &'a Node)> + use<'a> {
    let entries: &[_] = match &node.value {
        Value::Map(entries) => entries,
        Value::Null => &[],
        _ => {
            refused.push(Refusal::new(
                field,
                format!("expected a mapping, got {}", node.kind()),
            ));
            &[]
        }
    };
    entries
        .iter()
        .map(|(key, value)| (key.name.as_str(), value))
}

fn get<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    let Value::Map(entries) = &node.value else {
        return None;
    };
    entries
        .iter()
        .find(|(it, _)| it.name == key)
        .map(|(_, value)| value)
}

/// The item of a list that has this name.
fn named<'a>(node: &'a Node, list: &str, name: &str) -> Option<&'a Node> {
    let Value::List(items) = &get(node, list)?.value else {
        return None;
    };
    items
        .iter()
        .find(|item| get(item, "name").and_then(filled) == Some(name))
}

/// The text of a scalar, unless it is empty.
fn filled(node: &Node) -> Option<&str> {
    let text = match &node.value {
        Value::Text(text) => Some(text.as_str()),
        Value::Number(_) | Value::Bool(_) => node.written.as_deref(),
        _ => None,
    };
    text.filter(|it| !it.is_empty())
}
