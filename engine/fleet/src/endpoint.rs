//! The host keys of an endpoint: where it is, TLS, headers, limits. URLs are read in [`crate::address`],
//! credentials in [`crate::credential`], what only AWS has in [`crate::aws`].

use crate::address;
use crate::aws::{self, AwsSpec};
use crate::check::Check;
use crate::credential::{auth, is_secret_reference, secret};
use crate::dollars::{DOLLARS_FORM, micro_usd};
use crate::entry::Scope;
use crate::model::{Auth, EndpointSpec, HeaderValue, HttpSpec, KubernetesSpec, Limits, Tls};
use crate::quantity::duration;
use crate::yaml::{Key, Node, Value};
use crate::{grants, impersonation, in_cluster};

/// The keys that address one endpoint.
pub(crate) const KEYS: &[&str] = &[
    "url",
    "auth",
    "tls",
    "headers",
    "proxy",
    "limits",
    "region",
    "context",
    "kubeconfig",
    "in_cluster",
    "grants",
    "impersonate",
];
/// The headers that belong to the connection or to `auth`.
const RESERVED_HEADERS: &[&str] = &[
    "host",
    "connection",
    "upgrade",
    "transfer-encoding",
    "content-length",
    "accept-encoding",
    "te",
    "trailer",
    "keep-alive",
    "proxy-authorization",
];
/// One header more costs every request.
const MAX_HEADERS: usize = 32;

/// What an entry's endpoint is where its keys alone do not say so.
#[derive(Clone, Copy)]
pub(crate) enum Nature<'a> {
    /// A Kubernetes API: by the kubeconfig's current context, where nothing else is said.
    Kubernetes,
    /// An AWS API; one of several of a connection has what that says.
    Aws(Option<&'a AwsSpec>),
    /// Its keys tell.
    Open,
}

impl Nature<'_> {
    /// Of the plugins that the format itself has short names for (`kube_context`, `cloudwatch_group`). Any other's
    /// keys tell.
    pub(crate) fn of_plugin(plugin: &str) -> Nature<'static> {
        match plugin {
            "kube" => Nature::Kubernetes,
            "cloudwatch" => Nature::Aws(None),
            _ => Nature::Open,
        }
    }
}

/// Reads the host keys among `pairs`.
pub(crate) fn read(
    what: &str,
    pairs: &[(Key, Node)],
    nature: Nature<'_>,
    scope: &Scope<'_>,
    check: &mut Check,
) -> EndpointSpec {
    let find = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(_, node)| node)
    };
    let limits = find("limits")
        .map(|node| limits(node, check))
        .unwrap_or_default();
    let addressed = ["context", "kubeconfig", "in_cluster"]
        .iter()
        .any(|name| find(name).is_some());
    if matches!(nature, Nature::Kubernetes) || addressed {
        let proxy =
            find("proxy").and_then(|node| address::proxy(node, address::KUBERNETES_PROXIES, check));
        let spec = kubernetes_spec(what, pairs, scope, check);
        return EndpointSpec::Kubernetes(KubernetesSpec {
            proxy,
            limits,
            ..spec
        });
    }
    if let Nature::Aws(base) = nature {
        return EndpointSpec::Aws(aws::read(what, pairs, base, scope, check));
    }
    if aws::is_meant(pairs) {
        return EndpointSpec::Aws(aws::read(what, pairs, None, scope, check));
    }
    for name in ["grants", "impersonate"] {
        if let Some((key, _)) = pairs.iter().find(|(key, _)| key.name == name) {
            check.problem(
                key.at,
                format!(
                    "{what}: `{name}` is about a Kubernetes API: expected it beside a `context`"
                ),
            );
        }
    }
    let proxy = find("proxy").and_then(|node| address::proxy(node, address::HTTP, check));
    let Some(node) = find("url") else {
        for name in ["auth", "tls", "headers", "proxy"] {
            if find("endpoints").is_none()
                && let Some((key, _)) = pairs.iter().find(|(key, _)| key.name == name)
            {
                check.problem(
                    key.at,
                    format!("{what}: `{name}` without `url`: expected the `url` it belongs to"),
                );
            }
        }
        return EndpointSpec::Unaddressed;
    };
    let Some((url, from_url)) = address::url(node, "`url`", check) else {
        return EndpointSpec::Http(HttpSpec::default());
    };
    let auth = match (find("auth"), from_url) {
        (Some(node), None) => auth(node, scope, check),
        (None, Some(auth)) => auth,
        (None, None) => Auth::None,
        (Some(node), Some(_)) => {
            check.problem(
                node.at,
                format!("{what}: `auth` and a user in `url`: expected one of them"),
            );
            Auth::None
        }
    };
    EndpointSpec::Http(HttpSpec {
        url,
        auth,
        tls: find("tls")
            .map(|node| tls(node, scope, check))
            .unwrap_or_default(),
        headers: find("headers")
            .map(|node| headers(node, scope, check))
            .unwrap_or_default(),
        proxy,
        guard: None,
        limits,
    })
}

/// Where a Kubernetes API server is, and what is granted there.
fn kubernetes_spec(
    what: &str,
    pairs: &[(Key, Node)],
    scope: &Scope<'_>,
    check: &mut Check,
) -> KubernetesSpec {
    let find = |name: &str| pairs.iter().find(|(key, _)| key.name == name);
    for name in ["url", "auth", "tls", "headers", "region"] {
        if let Some((key, _)) = find(name) {
            check.problem_with_hint(
                key.at,
                format!(
                    "{what}: `{name}` does not go with a kubeconfig context, which brings its own"
                ),
                Some(
                    "name the `context`; address, credential and CA come from the kubeconfig"
                        .to_owned(),
                ),
            );
        }
    }
    let in_cluster = find("in_cluster")
        .and_then(|(key, node)| in_cluster::read(key.at, node, scope.account, check));
    if in_cluster.is_some() {
        for name in ["context", "kubeconfig"] {
            if let Some((key, _)) = find(name) {
                check.problem(
                    key.at,
                    format!(
                        "{what}: `{name}` does not go with `in_cluster`, which needs no kubeconfig"
                    ),
                );
            }
        }
    }
    let kubeconfig = match find("kubeconfig") {
        Some((_, node)) => check
            .texts(node, "`kubeconfig`")
            .iter()
            .map(|(_, path)| scope.path(path))
            .collect(),
        None if in_cluster.is_some() => Vec::new(),
        None => scope.kubeconfig.to_vec(),
    };
    KubernetesSpec {
        kubeconfig,
        context: find("context").and_then(|(_, node)| check.text(node, "`context`")),
        in_cluster,
        grants: find("grants")
            .map(|(_, node)| grants::read(node, check))
            .unwrap_or_default(),
        impersonate: find("impersonate").is_some_and(|(_, node)| impersonation::read(node, check)),
        ..KubernetesSpec::default()
    }
}

pub(crate) fn tls(node: &Node, scope: &Scope<'_>, check: &mut Check) -> Tls {
    let mut tls = Tls::default();
    for (key, value) in check.map(node, "`tls`") {
        let what = format!("`{}`", key.name);
        match key.name.as_str() {
            "ca_file" => tls.ca_file = check.text(value, &what).map(|p| scope.path(&p)),
            "cert_file" => tls.cert_file = check.text(value, &what).map(|p| scope.path(&p)),
            "key_file" => tls.key_file = check.text(value, &what).map(|p| scope.path(&p)),
            _ => check.unknown_key(key, "`tls`", &["ca_file", "cert_file", "key_file"], ""),
        }
    }
    if tls.cert_file.is_some() != tls.key_file.is_some() {
        check.problem(
            node.at,
            "`tls`: expected `cert_file` and `key_file` together",
        );
    }
    tls
}

pub(crate) fn headers(
    node: &Node,
    scope: &Scope<'_>,
    check: &mut Check,
) -> Vec<(String, HeaderValue)> {
    let mut headers = Vec::new();
    for (key, value) in check.map(node, "`headers`") {
        let name = key.name.to_ascii_lowercase();
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token) || RESERVED_HEADERS.contains(&name.as_str())
        {
            check.problem(
                key.at,
                format!("`headers`: expected the name of a header that is not the connection's own ({})", RESERVED_HEADERS.join(", ")),
            );
        } else if headers.len() >= MAX_HEADERS {
            check.problem(
                key.at,
                format!("`headers`: expected at most {MAX_HEADERS}, found more"),
            );
            break;
        } else if is_secret_reference(value) {
            headers.extend(
                secret(value, "a header", scope, check).map(|s| (name, HeaderValue::Secret(s))),
            );
        } else if let Some(text) = check.text(value, "the value of a header") {
            headers.push((name, HeaderValue::Plain(text)));
        }
    }
    headers
}

pub(crate) fn limits(node: &Node, check: &mut Check) -> Limits {
    let mut limits = Limits::default();
    for (key, value) in check.map(node, "`limits`") {
        match key.name.as_str() {
            "timeout" => limits.timeout = duration(value, "`timeout`", check),
            "max_body_bytes" => limits.max_body_bytes = check.positive(value, "`max_body_bytes`"),
            "requests_in_flight" => {
                limits.requests_in_flight = check
                    .positive(value, "`requests_in_flight`")
                    .map(|number| u32::try_from(number).unwrap_or(u32::MAX));
            }
            "max_cost_usd" => limits.max_cost_micro_usd = dollars(value, check),
            _ => check.unknown_key(
                key,
                "`limits`",
                &[
                    "timeout",
                    "max_body_bytes",
                    "requests_in_flight",
                    "max_cost_usd",
                ],
                "",
            ),
        }
    }
    limits
}

/// `0.50`: US dollars, in millionths. Zero allows what costs nothing alone.
fn dollars(node: &Node, check: &mut Check) -> Option<u64> {
    let written = match (&node.value, &node.written) {
        (Value::Number(_), Some(written)) => written.as_str(),
        (Value::Text(text), _) => text.as_str(),
        _ => "",
    };
    let amount = micro_usd(written);
    if amount.is_none() {
        check.problem(
            node.at,
            format!(
                "`max_cost_usd`: expected {DOLLARS_FORM}, found {}",
                node.kind()
            ),
        );
    }
    amount
}
