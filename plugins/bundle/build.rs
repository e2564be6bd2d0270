//! Owns the building of the bundled guests and their place in `OUT_DIR`; refuses to know what they do.

use std::path::PathBuf;

/// Package, and the name under which it is installed.
const GUESTS: &[(&str, &str)] = &[
    ("trawl-plugin-cloudwatch", "cloudwatch"),
    ("trawl-plugin-kube", "kube"),
    ("trawl-plugin-prometheus", "prometheus"),
];

fn main() {
    if let Err(message) = build() {
        // Cargo's own form of an error from a build script; it prints the text and fails the build.
        #[allow(clippy::print_stdout, reason = "cargo reads build scripts' stdout")]
        for line in message.lines() {
            println!("cargo::error={line}");
        }
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    let out = std::env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    let out = PathBuf::from(out);
    for (package, name) in GUESTS {
        let component = trawl_guest_build::build(package).map_err(|e| e.to_string())?;
        let to = out.join(format!("{name}.wasm"));
        std::fs::copy(&component, &to)
            .map_err(|e| format!("copying {} to {}: {e}", component.display(), to.display()))?;
    }
    Ok(())
}
