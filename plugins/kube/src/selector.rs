//! Owns the writing of label and field selectors; refuses to decide what may be selected.
//!
//! Grammar: k8s.io/apimachinery/pkg/labels/selector.go and pkg/fields/selector.go.

/// Longest name of a label's key, and longest value.
const MAX_NAME: usize = 63;

/// Longest prefix of a label's key, a DNS subdomain.
const MAX_SUBDOMAIN: usize = 253;

/// Whether a text can be a label's key: `name` or `prefix/name`.
pub(crate) fn is_label_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    prefix.is_none_or(is_dns_subdomain) && !name.is_empty() && is_label_value(name)
}

/// Whether a text can be a label's value; the empty one can.
pub(crate) fn is_label_value(value: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    value.len() <= MAX_NAME
        && value.bytes().all(inner)
        && [value.bytes().next(), value.bytes().next_back()]
            .into_iter()
            .flatten()
            .all(|b| b.is_ascii_alphanumeric())
}

/// Whether a text can be a namespace's name.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty()
        && text.len() <= MAX_NAME
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text can be a pod's name.
pub(crate) fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= MAX_SUBDOMAIN && text.split('.').all(is_dns_label)
}

/// `key=value`, or `key!=value`, of a field selector, with the value escaped.
pub(crate) fn field(key: &str, equal: bool, value: &str) -> String {
    let mut out = format!("{key}{}", if equal { "=" } else { "!=" });
    for c in value.chars() {
        if matches!(c, '\\' | ',' | '=') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// `key=value`, or `key!=value`, of a label selector. Both must be valid.
pub(crate) fn label(key: &str, equal: bool, value: &str) -> String {
    format!("{key}{}{value}", if equal { "=" } else { "!=" })
}

/// `key in (a,b)`, or `key notin (a,b)`. All must be valid.
pub(crate) fn label_set(key: &str, negated: bool, values: &[&str]) -> String {
    let word = if negated { "notin" } else { "in" };
    format!("{key} {word} ({})", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_keys_and_values() {
        for key in ["app", "app.kubernetes.io/name", "a_b.c-D9", "x/y"] {
            assert!(is_label_key(key), "{key}");
        }
        for key in [
            "", "/", "a/", "/a", "a/b/c", "-a", "a-", "A/b", "a b", "a,b", "é",
        ] {
            assert!(!is_label_key(key), "{key}");
        }
        assert!(is_label_value("") && is_label_value("v1.2_x") && is_label_value(&"x".repeat(63)));
        for value in ["a b", "-a", "a.", "a,b", "a)", &"x".repeat(64)] {
            assert!(!is_label_value(value), "{value}");
        }
    }

    #[test]
    fn namespaces() {
        assert!(is_dns_label("kube-system") && is_dns_label("a") && is_dns_label("0"));
        for name in ["", "-a", "a-", "A", "a.b", "a/b", "..", &"x".repeat(64)] {
            assert!(!is_dns_label(name), "{name}");
        }
    }

    #[test]
    fn terms() {
        assert_eq!(
            field("metadata.name", true, "a,b=c\\"),
            r"metadata.name=a\,b\=c\\"
        );
        assert_eq!(field("x", false, ""), "x!=");
        assert_eq!(label("a/b", false, "c"), "a/b!=c");
        assert_eq!(label_set("a", true, &["b", "c"]), "a notin (b,c)");
    }
}
