//! Addresses in a clusters.yaml: `url` and `proxy`. A credential in one is taken out, and none is ever quoted.

use crate::check::Check;
use crate::model::{Auth, SecretRef};
use crate::yaml::Node;

/// What an HTTP endpoint, and the proxy to one, may speak.
pub(crate) const HTTP: &[&str] = &["http", "https"];
/// What the proxy to a Kubernetes API server may speak: client-go knows the same, by the same names.
pub(crate) const KUBERNETES_PROXIES: &[&str] = &["http", "https", "socks5", "socks5h"];

/// An address without its user-info, and the credential that was in it.
pub(crate) fn url(node: &Node, what: &str, check: &mut Check) -> Option<(String, Option<Auth>)> {
    address(node, what, HTTP, check)
}

/// The address of a proxy, which may have no password.
pub(crate) fn proxy(node: &Node, schemes: &[&str], check: &mut Check) -> Option<String> {
    let (url, auth) = address(node, "`proxy`", schemes, check)?;
    if auth.is_some() {
        let message = "`proxy`: expected a URL without a user: proxies that want a password are not supported";
        check.problem(node.at, message);
    }
    Some(url)
}

fn address(
    node: &Node,
    what: &str,
    schemes: &[&str],
    check: &mut Check,
) -> Option<(String, Option<Auth>)> {
    let text = check.text(node, what)?;
    // The text is not quoted: it may hold a password.
    let wrong = |check: &mut Check, found: &str| {
        let others: String = schemes
            .iter()
            .skip(1)
            .map(|scheme| format!(" or `{scheme}://…`"))
            .collect();
        check.problem(
            node.at,
            format!("{what}: expected `http://host[:port][/path]`{others}, found {found}"),
        );
        None
    };
    let mut url = match url::Url::parse(&text) {
        Ok(url) => url,
        Err(error) => return wrong(check, &format!("something else ({error})")),
    };
    if !schemes.contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
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
