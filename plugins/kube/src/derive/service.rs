//! Owns what kubectl shows of a service: getServiceExternalIP and makePortString of pkg/printers/internalversion/printers.go,
//! v1.36.

use serde::Deserialize;

use super::ingress::{LoadBalancer, load_balancer_names};
use super::{document, input, joined};
use crate::kinds::Value;

/// kubectl's EXTERNAL-IP, as a list; empty for `<none>` and `<pending>`.
///
/// Inputs: the type, the external addresses, the external name, and what the load balancer gave.
pub(crate) fn service_addresses(inputs: &[Option<&str>]) -> Value {
    let of: String = input(inputs, 0).unwrap_or_default();
    let fixed: Vec<String> = input(inputs, 1).unwrap_or_default();
    let found = match of.as_str() {
        "ExternalName" => input::<String>(inputs, 2).into_iter().collect(),
        "LoadBalancer" => {
            let given: Vec<LoadBalancer> = input(inputs, 3).unwrap_or_default();
            load_balancer_names(given)
                .into_iter()
                .chain(fixed)
                .collect()
        }
        _ => fixed,
    };
    document(&found)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    port: i64,
    #[serde(default)]
    protocol: String,
    #[serde(default)]
    node_port: i64,
}

/// kubectl's PORT(S): `80:30080/TCP,443/TCP`. Inputs: the ports.
pub(crate) fn service_ports(inputs: &[Option<&str>]) -> Value {
    let ports: Vec<Port> = input(inputs, 0).unwrap_or_default();
    let texts: Vec<String> = ports
        .iter()
        .map(|port| match port.node_port {
            1.. => format!("{}:{}/{}", port.port, port.node_port, port.protocol),
            _ => format!("{}/{}", port.port, port.protocol),
        })
        .collect();
    joined(&texts, ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_by_type() {
        let fixed = Some(r#"["1.2.3.4"]"#);
        let given = Some(
            r#"[{"hostname":"lb.example.com"},{"ip":"10.1.1.1","hostname":"x"},{"ip":"10.1.1.1"},{}]"#,
        );
        let name = Some("\"db.example.com\"");
        for (of, fixed, name, given, expected) in [
            ("ClusterIP", None, None, None, "[]"),
            ("ClusterIP", fixed, None, given, r#"["1.2.3.4"]"#),
            ("NodePort", fixed, None, None, r#"["1.2.3.4"]"#),
            ("LoadBalancer", None, None, None, "[]"),
            (
                "LoadBalancer",
                None,
                None,
                given,
                r#"["10.1.1.1","lb.example.com"]"#,
            ),
            (
                "LoadBalancer",
                fixed,
                None,
                given,
                r#"["10.1.1.1","lb.example.com","1.2.3.4"]"#,
            ),
            ("ExternalName", fixed, name, None, r#"["db.example.com"]"#),
        ] {
            let of = format!("\"{of}\"");
            let found = service_addresses(&[Some(&of), fixed, name, given]);
            assert_eq!(found, Value::Json(expected.into()), "{of}");
        }
    }

    #[test]
    fn ports() {
        let ports = r#"[{"port":80,"protocol":"TCP","nodePort":30080,"targetPort":"http"},{"port":53,"protocol":"UDP"}]"#;
        assert_eq!(
            service_ports(&[Some(ports)]),
            Value::Text("80:30080/TCP,53/UDP".into())
        );
        assert_eq!(service_ports(&[None]), Value::Null);
    }
}
