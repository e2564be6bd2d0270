//! Owns the invented company's programs and the namespaces they run in: the same in every cluster.

/// A program of the invented company: (namespace, name, component, team, image, has a sidecar).
pub(crate) type Program = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
);

/// The programs, in the order clusters get them.
pub(crate) const CATALOG: [Program; 16] = [
    (
        "payments",
        "payments-api",
        "api",
        "payments",
        "ghcr.io/acme/payments-api",
        true,
    ),
    (
        "checkout",
        "checkout-api",
        "api",
        "checkout",
        "ghcr.io/acme/checkout-api",
        true,
    ),
    (
        "search",
        "search-api",
        "api",
        "search",
        "ghcr.io/acme/search-api",
        true,
    ),
    (
        "kube-system",
        "coredns",
        "dns",
        "platform",
        "registry.example.com/eks/coredns",
        false,
    ),
    (
        "monitoring",
        "prometheus",
        "server",
        "platform",
        "quay.io/prometheus/prometheus",
        false,
    ),
    (
        "payments",
        "ledger",
        "worker",
        "payments",
        "ghcr.io/acme/ledger",
        true,
    ),
    (
        "checkout",
        "cart",
        "api",
        "checkout",
        "ghcr.io/acme/cart",
        true,
    ),
    (
        "search",
        "indexer",
        "worker",
        "search",
        "ghcr.io/acme/indexer",
        false,
    ),
    (
        "payments",
        "fraud-scorer",
        "worker",
        "payments",
        "ghcr.io/acme/fraud-scorer",
        true,
    ),
    (
        "checkout",
        "checkout-web",
        "web",
        "checkout",
        "ghcr.io/acme/checkout-web",
        true,
    ),
    (
        "monitoring",
        "grafana",
        "web",
        "platform",
        "registry.example.com/grafana/grafana",
        false,
    ),
    (
        "kube-system",
        "metrics-server",
        "metrics",
        "platform",
        "registry.example.com/metrics-server",
        false,
    ),
    (
        "search",
        "suggest",
        "api",
        "search",
        "ghcr.io/acme/suggest",
        true,
    ),
    (
        "payments",
        "settlement",
        "worker",
        "payments",
        "ghcr.io/acme/settlement",
        false,
    ),
    (
        "monitoring",
        "otel-collector",
        "collector",
        "platform",
        "registry.example.com/otel/collector",
        false,
    ),
    (
        "checkout",
        "pricing",
        "api",
        "checkout",
        "ghcr.io/acme/pricing",
        true,
    ),
];

/// The namespaces every cluster has besides those of the catalog, as a real one does.
const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
/// The namespaces of every cluster, in alphabetical order.
pub(crate) fn namespaces() -> Vec<&'static str> {
    let mut names: Vec<&str> = CATALOG
        .iter()
        .map(|program| program.0)
        .chain(SYSTEM_NAMESPACES)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_namespaces_are_there_once() {
        assert_eq!(
            namespaces(),
            [
                "checkout",
                "default",
                "kube-node-lease",
                "kube-public",
                "kube-system",
                "monitoring",
                "payments",
                "search"
            ]
        );
    }
}
