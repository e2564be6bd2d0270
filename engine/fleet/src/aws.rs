//! The host keys of an AWS endpoint: region, who we are there, the role to assume on top. It refuses regions
//! that could be more than a part of a host name, and credentials that stand in the file itself.

use crate::address;
use crate::check::{Check, nearest, printable};
use crate::credential::secret;
use crate::endpoint;
use crate::entry::Scope;
use crate::model::{HeaderValue, Limits, SecretRef, Tls};
use crate::yaml::{Key, Node, Value};

/// The keys of `auth`.
const AUTH_KEYS: &[&str] = &[
    "profile",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "role_arn",
    "external_id",
];
const AUTH_FORMS: &str = "`none`, `{profile: NAME}` or `{access_key_id: …, secret_access_key: {env: NAME}}`, each of the two also with \
     `role_arn: …`; without `auth` the default chain of AWS is used";
/// The longest region has 16 characters (`ap-southeast-1` has 14); a label of a host name may have 63.
const MAX_LABEL_BYTES: usize = 32;

/// An AWS API: one region, one service, one identity.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AwsSpec {
    /// Such as `ap-southeast-1`; none: neither the connection nor its clusters say, and requests are refused.
    pub region: Option<String>,
    /// AWS's name of the service, such as `logs`, which signatures name and the address begins with; none until
    /// [`AwsSpec::of_service`].
    pub service: Option<String>,
    /// Instead of `https://{service}.{region}.amazonaws.com`.
    pub url: Option<String>,
    /// Instead of `https://sts.{region}.amazonaws.com`, where roles are assumed.
    pub sts_url: Option<String>,
    /// Who we are, before a role is assumed.
    pub auth: AwsAuth,
    /// Assumed on top of `auth`.
    pub role: Option<AwsRole>,
    /// Whom we trust there.
    pub tls: Tls,
    /// Sent with each request, not signed.
    pub headers: Vec<(String, HeaderValue)>,
    /// A proxy for this connection, its requests for credentials included; the process's proxy variables are not
    /// looked at.
    pub proxy: Option<String>,
    /// What this connection may use.
    pub limits: Limits,
}

impl AwsSpec {
    /// The same, for one service.
    #[must_use]
    pub fn of_service(mut self, service: &str) -> AwsSpec {
        self.service = Some(service.to_owned());
        self
    }
}

/// Where an AWS credential comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum AwsAuth {
    /// AWS's default chain: environment, profile, web identity, container, instance.
    #[default]
    Chain,
    /// Requests are not signed.
    None,
    /// A profile of AWS's own configuration files, and nothing else of the chain.
    Profile(String),
    /// A key pair.
    Keys {
        /// Not a secret.
        access_key_id: String,
        /// The secret half.
        secret_access_key: SecretRef,
        /// Temporary keys have one.
        session_token: Option<SecretRef>,
    },
}

/// A role that is assumed through AWS's STS.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AwsRole {
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// What the role's owner asks for, if he does.
    pub external_id: Option<String>,
}

/// Whether the text can be a label of an AWS host name, such as a region or a service: lower-case letters,
/// digits and single hyphens. Nothing else may become part of an address.
#[must_use]
pub fn is_aws_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= MAX_LABEL_BYTES
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last() != Some(&b'-')
        && !text.contains("--")
        && bytes
            .iter()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Whether these host keys can only be those of an AWS endpoint.
pub(crate) fn is_meant(pairs: &[(Key, Node)]) -> bool {
    pairs.iter().any(|(key, node)| {
        key.name == "region"
            || (key.name == "auth"
                && matches!(&node.value, Value::Map(entries)
                    if entries.iter().any(|(key, _)| AUTH_KEYS.contains(&key.name.as_str()))))
    })
}

/// Reads the host keys. `base`: the connection's own, where this is one of its `endpoints`, which differ from
/// it in what they say.
pub(crate) fn read(
    what: &str,
    pairs: &[(Key, Node)],
    base: Option<&AwsSpec>,
    scope: &Scope<'_>,
    check: &mut Check,
) -> AwsSpec {
    let mut spec = base.cloned().unwrap_or_default();
    for (key, node) in pairs {
        match key.name.as_str() {
            "region" => spec.region = region(node, check),
            "url" => spec.url = url(node, check),
            "auth" => (spec.auth, spec.role) = auth(node, scope, check),
            "tls" => spec.tls = endpoint::tls(node, scope, check),
            "headers" => spec.headers = endpoint::headers(node, scope, check),
            "proxy" => spec.proxy = address::proxy(node, address::HTTP, check),
            "limits" => spec.limits = endpoint::limits(node, check),
            "grants" | "impersonate" => check.problem(
                key.at,
                format!(
                    "{what}: `{}` is about a Kubernetes API: expected it beside a `context`",
                    key.name
                ),
            ),
            misplaced if AUTH_KEYS.contains(&misplaced) => check.problem_with_hint(
                key.at,
                format!("{what}: expected `{misplaced}` below `auth`"),
                Some(format!("auth: {{{misplaced}: …}}")),
            ),
            _ => {}
        }
    }
    spec
}

fn region(node: &Node, check: &mut Check) -> Option<String> {
    let text = check.text(node, "`region`")?;
    if is_aws_label(&text) {
        return Some(text);
    }
    check.problem(
        node.at,
        format!(
            "`region`: expected a region of AWS such as `ap-southeast-1`, found `{}`",
            printable(&text)
        ),
    );
    None
}

fn url(node: &Node, check: &mut Check) -> Option<String> {
    let (url, user) = address::url(node, "`url`", check)?;
    if user.is_some() {
        check.problem(
            node.at,
            "`url`: expected no user in it: requests to AWS are signed",
        );
    }
    Some(url)
}

fn auth(node: &Node, scope: &Scope<'_>, check: &mut Check) -> (AwsAuth, Option<AwsRole>) {
    let entries = match &node.value {
        Value::Text(text) if text == "none" => return (AwsAuth::None, None),
        Value::Map(entries) if !entries.is_empty() => entries,
        _ => {
            check.problem(
                node.at,
                format!("`auth`: expected {AUTH_FORMS}, found {}", node.kind()),
            );
            return (AwsAuth::Chain, None);
        }
    };
    let text = |name: &str, check: &mut Check| {
        let (_, node) = entries.iter().find(|(key, _)| key.name == name)?;
        check.text(node, &format!("`{name}`"))
    };
    let profile = text("profile", check);
    let access_key_id = text("access_key_id", check);
    let role_arn = text("role_arn", check);
    let external_id = text("external_id", check);
    let mut reference = |name: &str| {
        let (_, node) = entries.iter().find(|(key, _)| key.name == name)?;
        secret(node, &format!("`{name}`"), scope, check)
    };
    let secret_access_key = reference("secret_access_key");
    let session_token = reference("session_token");
    for (key, _) in entries {
        if !AUTH_KEYS.contains(&key.name.as_str()) {
            let hint = nearest(&key.name, AUTH_KEYS.iter().copied())
                .map(|near| format!("did you mean `{near}`?"));
            let message = format!(
                "unknown key `{}` in `auth` of an AWS connection: expected {AUTH_FORMS}",
                printable(&key.name)
            );
            check.problem_with_hint(key.at, message, hint);
        }
    }
    let given = |name: &str| entries.iter().any(|(key, _)| key.name == name);
    let keys = ["access_key_id", "secret_access_key", "session_token"];
    if given("profile") && keys.iter().any(|key| given(key)) {
        check.problem(
            node.at,
            "`auth`: expected `profile` or a key pair, found both",
        );
    } else if keys.iter().any(|key| given(key))
        && !(given("access_key_id") && given("secret_access_key"))
    {
        check.problem(
            node.at,
            "`auth`: expected `access_key_id` and `secret_access_key` together",
        );
    }
    if given("external_id") && !given("role_arn") {
        check.problem(
            node.at,
            "`external_id` belongs to a role: expected `role_arn` beside it",
        );
    }
    let arn_at = entries
        .iter()
        .find(|(key, _)| key.name == "role_arn")
        .map_or(node.at, |(_, node)| node.at);
    let role = role_arn.and_then(|arn| {
        if arn.starts_with("arn:") && arn.contains(":role/") {
            return Some(AwsRole { arn, external_id });
        }
        check.problem(
            arn_at,
            format!(
                "`role_arn`: expected `arn:aws:iam::ACCOUNT:role/NAME`, found `{}`",
                printable(&arn)
            ),
        );
        None
    });
    let auth = match (profile, access_key_id, secret_access_key) {
        (Some(profile), _, _) => AwsAuth::Profile(profile),
        (None, Some(access_key_id), Some(secret_access_key)) => AwsAuth::Keys {
            access_key_id,
            secret_access_key,
            session_token,
        },
        _ => AwsAuth::Chain,
    };
    (auth, role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_a_label_and_nothing_more() {
        for (text, valid) in [
            ("ap-southeast-1", true),
            ("us-gov-west-1", true),
            ("cn-north-1", true),
            ("monitoring", true),
            ("", false),
            ("us-east-1.evil.example", false),
            ("us-east-1/", false),
            ("user@host", false),
            ("US-EAST-1", false),
            ("us--east", false),
            ("-us", false),
            ("us-", false),
            ("1us", false),
            ("us east", false),
            ("a234567890123456789012345678901234", false),
        ] {
            assert_eq!(is_aws_label(text), valid, "{text:?}");
        }
    }
}
