//! Owns label selectors as kubectl writes them: FormatLabelSelector of k8s.io/apimachinery/pkg/apis/meta/v1.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{input, joined};
use crate::kinds::Value;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Selector {
    match_labels: BTreeMap<String, String>,
    match_expressions: Vec<Requirement>,
}

#[derive(Deserialize)]
struct Requirement {
    key: String,
    operator: String,
    #[serde(default)]
    values: Vec<String>,
}

/// A selector as text: `app=web,tier in (back,front)`; null when it selects everything or is missing. Inputs: the selector.
pub(crate) fn label_selector(inputs: &[Option<&str>]) -> Value {
    let selector: Selector = input(inputs, 0).unwrap_or_default();
    let labels = selector.match_labels.into_iter();
    let mut terms: Vec<(String, String)> = labels
        .map(|(key, value)| (key.clone(), format!("{key}={value}")))
        .chain(selector.match_expressions.into_iter().map(term))
        .collect();
    // Requirements are sorted by key, and those of one key stay in their order.
    terms.sort_by(|(a, _), (b, _)| a.cmp(b));
    let texts: Vec<String> = terms.into_iter().map(|(_, text)| text).collect();
    joined(&texts, ",")
}

/// A requirement with its key: Requirement.String of k8s.io/apimachinery/pkg/labels.
fn term(of: Requirement) -> (String, String) {
    let Requirement {
        key,
        operator,
        mut values,
    } = of;
    values.sort();
    let text = match operator.as_str() {
        "In" => format!("{key} in ({})", values.join(",")),
        "NotIn" => format!("{key} notin ({})", values.join(",")),
        "DoesNotExist" => format!("!{key}"),
        _ => key.clone(),
    };
    (key, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_as_kubectl_writes_them() {
        for (selector, expected) in [
            (r#"{"matchLabels":{"b":"2","a":"1"}}"#, "a=1,b=2"),
            (
                r#"{"matchLabels":{"m":"x"},"matchExpressions":[{"key":"z","operator":"Exists"},{"key":"a","operator":"DoesNotExist"},
                    {"key":"n","operator":"NotIn","values":["q","p"]},{"key":"i","operator":"In","values":["2","1"]}]}"#,
                "!a,i in (1,2),m=x,n notin (p,q),z",
            ),
        ] {
            assert_eq!(
                label_selector(&[Some(selector)]),
                Value::Text(expected.into())
            );
        }
        for everything in [None, Some("{}"), Some("[]")] {
            assert_eq!(label_selector(&[everything]), Value::Null);
        }
    }
}
