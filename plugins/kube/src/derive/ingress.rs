//! Owns what kubectl shows of ingresses and their classes: printIngress and printIngressClass of
//! pkg/printers/internalversion/printers.go, v1.36.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{document, input};
use crate::kinds::Value;

/// What a load balancer gave, of an ingress or a service.
#[derive(Deserialize)]
pub(super) struct LoadBalancer {
    #[serde(default)]
    ip: String,
    #[serde(default)]
    hostname: String,
}

/// Addresses, or names where there is no address, sorted and each once: loadBalancerStatusStringer.
pub(super) fn load_balancer_names(given: Vec<LoadBalancer>) -> Vec<String> {
    let name = |it: LoadBalancer| if it.ip.is_empty() { it.hostname } else { it.ip };
    let names: BTreeSet<String> = given.into_iter().map(name).collect();
    names.into_iter().filter(|name| !name.is_empty()).collect()
}

/// kubectl's ADDRESS. Inputs: what the load balancer gave.
pub(crate) fn load_balancers(inputs: &[Option<&str>]) -> Value {
    document(&load_balancer_names(input(inputs, 0).unwrap_or_default()))
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    host: String,
    http: Option<Http>,
}

#[derive(Deserialize)]
struct Http {
    #[serde(default)]
    paths: Vec<Path>,
}

#[derive(Deserialize)]
struct Path {
    backend: Backend,
}

#[derive(Deserialize)]
struct Backend {
    service: Option<Service>,
}

#[derive(Deserialize)]
struct Service {
    name: String,
}

/// kubectl's HOSTS; empty for `*`. Inputs: the rules.
pub(crate) fn hosts(inputs: &[Option<&str>]) -> Value {
    let rules: Vec<Rule> = input(inputs, 0).unwrap_or_default();
    let hosts = rules.iter().map(|rule| &rule.host);
    document(&hosts.filter(|host| !host.is_empty()).collect::<Vec<_>>())
}

/// The services that it leads to, sorted and each once. Inputs: the rules, and the default backend.
pub(crate) fn backends(inputs: &[Option<&str>]) -> Value {
    let rules: Vec<Rule> = input(inputs, 0).unwrap_or_default();
    let paths = rules.into_iter().filter_map(|rule| rule.http);
    let named = paths.flat_map(|http| http.paths).map(|path| path.backend);
    let services: BTreeSet<String> = named
        .chain(input(inputs, 1))
        .filter_map(|backend| Some(backend.service?.name))
        .collect();
    document(&services)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tls {
    #[serde(default)]
    secret_name: String,
}

/// kubectl's PORTS. Inputs: the TLS settings.
pub(crate) fn ports_of_tls(inputs: &[Option<&str>]) -> Value {
    let settings: Vec<IgnoredAny> = input(inputs, 0).unwrap_or_default();
    Value::Text(if settings.is_empty() { "80" } else { "80, 443" }.to_owned())
}

/// The secrets that hold its certificates. Inputs: the TLS settings.
pub(crate) fn tls_secrets(inputs: &[Option<&str>]) -> Value {
    let settings: Vec<Tls> = input(inputs, 0).unwrap_or_default();
    let names = settings.iter().map(|tls| &tls.secret_name);
    document(&names.filter(|name| !name.is_empty()).collect::<Vec<_>>())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    kind: String,
    name: String,
    api_group: Option<String>,
}

/// kubectl's PARAMETERS of a class: `Kind.group/name`. Inputs: the reference.
pub(crate) fn class_parameters(inputs: &[Option<&str>]) -> Value {
    let Some(parameters) = input::<Parameters>(inputs, 0) else {
        return Value::Null;
    };
    let group = match parameters.api_group {
        Some(group) => format!(".{group}"),
        None => String::new(),
    };
    Value::Text(format!("{}{group}/{}", parameters.kind, parameters.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_certificates() {
        let rules = r#"[{"host":"a.example.com","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}},
            {"pathType":"Prefix","backend":{"resource":{"kind":"Bucket","name":"b"}}}]}},
            {"http":{"paths":[{"pathType":"Prefix","backend":{"service":{"name":"api"}}}]}},{"host":"b.example.com"}]"#;
        let fallback = r#"{"service":{"name":"web"}}"#;
        let tls =
            r#"[{"hosts":["a.example.com"],"secretName":"a-tls"},{"hosts":["b.example.com"]}]"#;
        for (found, expected) in [
            (
                hosts(&[Some(rules)]),
                r#"["a.example.com","b.example.com"]"#,
            ),
            (hosts(&[None]), "[]"),
            (backends(&[Some(rules), Some(fallback)]), r#"["api","web"]"#),
            (backends(&[None, Some(fallback)]), r#"["web"]"#),
            (tls_secrets(&[Some(tls)]), r#"["a-tls"]"#),
            (
                load_balancers(&[Some(r#"[{"ip":"10.0.0.2"},{"hostname":"lb"}]"#)]),
                r#"["10.0.0.2","lb"]"#,
            ),
            (load_balancers(&[None]), "[]"),
        ] {
            assert_eq!(found, Value::Json(expected.into()));
        }
        assert_eq!(ports_of_tls(&[Some(tls)]), Value::Text("80, 443".into()));
        assert_eq!(ports_of_tls(&[Some("[]")]), Value::Text("80".into()));
    }

    #[test]
    fn the_parameters_of_a_class() {
        let parameters = r#"{"apiGroup":"k8s.example.com","kind":"IngressParameters","name":"lb","scope":"Cluster"}"#;
        let expected = Value::Text("IngressParameters.k8s.example.com/lb".into());
        assert_eq!(class_parameters(&[Some(parameters)]), expected);
        let core = r#"{"kind":"ConfigMap","name":"lb"}"#;
        assert_eq!(
            class_parameters(&[Some(core)]),
            Value::Text("ConfigMap/lb".into())
        );
        assert_eq!(class_parameters(&[None]), Value::Null);
    }
}
