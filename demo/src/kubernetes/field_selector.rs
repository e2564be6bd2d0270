//! Owns field selectors: `field=value`, `==`, `!=`, joined by commas (apimachinery `fields.ParseSelector`). Which
//! fields a kind has is in `resources`; any other is refused with 400, as recorded.

use super::resources::Resource;
use crate::objects::Object;

/// A selector: all terms must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    field: String,
    value: String,
    equal: bool,
}

impl FieldSelector {
    /// Reads a selector of a resource; the error is the message of kube-apiserver's 400.
    pub(crate) fn parse(text: &str, resource: &Resource) -> Result<FieldSelector, String> {
        let mut terms = Vec::new();
        for part in split(text).into_iter().filter(|part| !part.is_empty()) {
            let (field, equal, value) = operator(&part)
                .ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{part}'"))?;
            if !resource.has_field(field) {
                return Err(format!("field label not supported: {field}"));
            }
            terms.push(Term {
                field: field.to_owned(),
                value: unescape(value),
                equal,
            });
        }
        Ok(FieldSelector { terms })
    }

    /// Whether everything matches.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether the object is selected.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        self.terms
            .iter()
            .all(|term| (object.field(&term.field) == term.value) == term.equal)
    }
}

/// The terms between commas that no backslash escapes.
fn split(text: &str) -> Vec<String> {
    let (mut terms, mut term, mut escaped) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            ',' if !escaped => terms.push(std::mem::take(&mut term)),
            _ => term.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    terms.push(term);
    terms
}

/// The term's field, whether it must be equal, and its value. The first operator counts.
fn operator(term: &str) -> Option<(&str, bool, &str)> {
    let at = term.find(['=', '!'])?;
    let (field, rest) = term.split_at(at);
    [("!=", false), ("==", true), ("=", true)]
        .into_iter()
        .find_map(|(sign, equal)| Some((field.trim(), equal, rest.strip_prefix(sign)?)))
}

fn unescape(value: &str) -> String {
    let (mut text, mut escaped) = (String::new(), false);
    for c in value.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            text.push(c);
            escaped = false;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::resources::Served;
    use crate::options::ClusterProfile;

    fn core(plural: &str) -> &'static Resource {
        let served = Served::by(&ClusterProfile::nth(0));
        served.find("", "v1", plural).unwrap()
    }

    #[test]
    fn terms_are_read_with_their_escapes() {
        let pods = core("pods");
        let selector = FieldSelector::parse(
            r"status.phase!=Running,spec.nodeName==a\,b,metadata.name=x",
            pods,
        )
        .unwrap();
        let terms: Vec<_> = selector
            .terms
            .iter()
            .map(|term| (term.field.as_str(), term.equal, term.value.as_str()))
            .collect();
        assert_eq!(
            terms,
            [
                ("status.phase", false, "Running"),
                ("spec.nodeName", true, "a,b"),
                ("metadata.name", true, "x")
            ]
        );
        assert!(FieldSelector::parse("", pods).unwrap().is_empty());
    }

    #[test]
    fn unknown_fields_and_unknown_operators_are_refused() {
        let pods = core("pods");
        for (text, message) in [
            ("spec.nope=x", "field label not supported: spec.nope"),
            (
                "status.phase",
                "invalid selector: 'status.phase'; can't understand 'status.phase'",
            ),
            (
                "status.phase!Running",
                "invalid selector: 'status.phase!Running'; can't understand 'status.phase!Running'",
            ),
        ] {
            assert_eq!(FieldSelector::parse(text, pods).unwrap_err(), message);
        }
        assert!(FieldSelector::parse("status.phase=x", core("nodes")).is_err());
    }
}
