//! Owns the components that ship inside the binary; refuses to load or run them, which is the host's work.

/// A plugin that needs no installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundled {
    /// The name under which it is installed, and which connections use.
    pub name: &'static str,
    /// The component, as `cargo build --release --target wasm32-wasip2` made it.
    pub wasm: &'static [u8],
}

/// All of them, by name.
pub fn plugins() -> &'static [Bundled] {
    &[
        Bundled {
            name: "cloudwatch",
            wasm: include_bytes!(concat!(env!("OUT_DIR"), "/cloudwatch.wasm")),
        },
        Bundled {
            name: "kube",
            wasm: include_bytes!(concat!(env!("OUT_DIR"), "/kube.wasm")),
        },
        Bundled {
            name: "prometheus",
            wasm: include_bytes!(concat!(env!("OUT_DIR"), "/prometheus.wasm")),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_component() {
        for plugin in plugins() {
            // Component model preamble: magic, version 13, layer 1.
            assert_eq!(
                plugin.wasm.get(..8),
                Some(&b"\0asm\x0d\0\x01\0"[..]),
                "{}",
                plugin.name
            );
        }
    }

    #[test]
    fn names_are_sorted_and_unique() {
        let names: Vec<_> = plugins().iter().map(|p| p.name).collect();
        assert!(names.is_sorted());
        assert_eq!(names, ["cloudwatch", "kube", "prometheus"]);
    }
}
