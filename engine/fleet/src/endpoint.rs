//! The host keys of an endpoint: address, TLS, headers, limits. Credentials are read in
//! [`crate::credential`].

use std::time::Duration;

use crate::check::Check;
use crate::credential::{auth, is_secret_reference, secret};
use crate::entry::Scope;
use crate::model::{
    Auth, EndpointSpec, HeaderValue, HttpSpec, KubernetesSpec, Limits, SecretRef, Tls,
};
use crate::yaml::{Key, Node, Value};

/// The keys that address one endpoint.
pub(crate) const KEYS: &[&str] = &[
    "url",
    "auth",
    "tls",
    "headers",
    "proxy",
    "limits",
    "context",
    "kubeconfig",
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
/// A day: nothing that waits longer is a query.
const MAX_TIMEOUT: Duration = Duration::from_secs(86_400);

/// Reads the host keys among `pairs`. `kubernetes`: the plugin's endpoint is one even where nothing
/// says so (the kubeconfig's current context).
pub(crate) fn read(
    what: &str,
    pairs: &[(Key, Node)],
    kubernetes: bool,
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
    let proxy = find("proxy").and_then(|node| proxy(node, check));
    let addressed = find("context").is_some() || find("kubeconfig").is_some();
    if kubernetes || addressed {
        for name in ["url", "auth", "tls", "headers"] {
            if let Some((key, _)) = pairs.iter().find(|(key, _)| key.name == name) {
                check.problem_with_hint(
                    key.at,
                    format!("{what}: `{name}` does not go with a kubeconfig context, which brings its own"),
                    Some("name the `context`; address, credential and CA come from the kubeconfig".to_owned()),
                );
            }
        }
        let context = find("context").and_then(|node| check.text(node, "`context`"));
        let kubeconfig = match find("kubeconfig") {
            Some(node) => check
                .texts(node, "`kubeconfig`")
                .iter()
                .map(|(_, path)| scope.path(path))
                .collect(),
            None => scope.kubeconfig.to_vec(),
        };
        return EndpointSpec::Kubernetes(KubernetesSpec {
            kubeconfig,
            context,
            proxy,
            limits,
        });
    }
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
    let Some((url, from_url)) = url(node, "`url`", check) else {
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
        limits,
    })
}

/// A URL without its user-info, and the credential that was in it.
fn url(node: &Node, what: &str, check: &mut Check) -> Option<(String, Option<Auth>)> {
    let text = check.text(node, what)?;
    // The text is not quoted: it may hold a password.
    let wrong = |check: &mut Check, found: &str| {
        check.problem_with_hint(
            node.at,
            format!("{what}: expected `http://host[:port][/path]` or `https://…`, found {found}"),
            None,
        );
        None
    };
    let mut url = match url::Url::parse(&text) {
        Ok(url) => url,
        Err(error) => return wrong(check, &format!("something else ({error})")),
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return wrong(check, &format!("the scheme `{}`", url.scheme()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong(check, "a query or a fragment");
    }
    let decode = |part: &str| {
        percent_encoding::percent_decode_str(part)
            .decode_utf8()
            .ok()
            .map(|text| text.into_owned())
    };
    let auth = if url.username().is_empty() && url.password().is_none() {
        None
    } else {
        let (Some(username), Some(password)) = (
            decode(url.username()),
            decode(url.password().unwrap_or_default()),
        ) else {
            return wrong(check, "a user or password that is not UTF-8");
        };
        let cleared = url.set_username("").is_ok() && url.set_password(None).is_ok();
        if !cleared {
            return wrong(check, "a user that cannot be taken out");
        }
        Some(Auth::Basic {
            username,
            password: SecretRef::Inline(password),
        })
    };
    Some((url.to_string(), auth))
}

fn proxy(node: &Node, check: &mut Check) -> Option<String> {
    let (url, auth) = url(node, "`proxy`", check)?;
    if auth.is_some() {
        let message = "`proxy`: expected a URL without a user: proxies that want a password are not supported";
        check.problem(node.at, message);
    }
    Some(url)
}

fn tls(node: &Node, scope: &Scope<'_>, check: &mut Check) -> Tls {
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

fn headers(node: &Node, scope: &Scope<'_>, check: &mut Check) -> Vec<(String, HeaderValue)> {
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

fn limits(node: &Node, check: &mut Check) -> Limits {
    let mut limits = Limits::default();
    for (key, value) in check.map(node, "`limits`") {
        match key.name.as_str() {
            "timeout" => limits.timeout = duration(value, check),
            "max_body_bytes" => limits.max_body_bytes = check.positive(value, "`max_body_bytes`"),
            "requests_in_flight" => {
                limits.requests_in_flight = check
                    .positive(value, "`requests_in_flight`")
                    .map(|number| u32::try_from(number).unwrap_or(u32::MAX));
            }
            _ => check.unknown_key(
                key,
                "`limits`",
                &["timeout", "max_body_bytes", "requests_in_flight"],
                "",
            ),
        }
    }
    limits
}

/// `500ms`, `10s` or `2m`.
fn duration(node: &Node, check: &mut Check) -> Option<Duration> {
    let parsed = match &node.value {
        Value::Text(text) => {
            let split = text
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len());
            let (number, unit) = text.split_at(split);
            let milliseconds = match unit {
                "ms" => Some(1_u64),
                "s" => Some(1_000),
                "m" => Some(60_000),
                _ => None,
            };
            number
                .parse::<u64>()
                .ok()
                .zip(milliseconds)
                .and_then(|(number, unit)| number.checked_mul(unit))
                .map(Duration::from_millis)
                .filter(|d| !d.is_zero() && *d <= MAX_TIMEOUT)
        }
        _ => None,
    };
    if parsed.is_none() {
        check.problem(
            node.at,
            format!("`timeout`: expected a time such as `500ms`, `10s` or `2m`, at most a day, found {}", node.kind()),
        );
    }
    parsed
}
