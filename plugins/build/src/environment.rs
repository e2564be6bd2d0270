//! The environment of the nested cargo: the user's, without what the calling cargo, clippy or test
//! runner put there for the host's build.

use std::path::Path;
use std::process::Command;

/// Set by cargo for build scripts and wrappers; each would leak the host's build into the guest's.
const REMOVED: &[&str] = &[
    "RUSTC",
    "RUSTDOC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_LINKER",
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    "TARGET",
    "HOST",
    "OUT_DIR",
    "PROFILE",
    "DEBUG",
    "OPT_LEVEL",
    "NUM_JOBS",
];

/// Prefixes of more of them.
const REMOVED_PREFIXES: &[&str] = &["CARGO_", "DEP_", "__CARGO_", "NEXTEST_", "LLVM_PROFILE_"];

/// Where crates come from, how the network is reached, and the job server: these stay.
const KEPT: &[&str] = &["CARGO_HOME", "CARGO_MAKEFLAGS", "CARGO_BUILD_JOBS"];

/// Prefixes of more that stays.
const KEPT_PREFIXES: &[&str] = &[
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTRY_",
    "CARGO_REGISTRIES_",
    "CARGO_SOURCE_",
];

/// A cargo of the caller's toolchain that runs in `root`, in the user's environment: what the calling cargo, clippy or test runner
/// set for its own build is taken out.
pub fn cargo(root: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    clean(&mut command);
    // Guests are shipped inside the product: line tables would double them, names are kept for traps.
    command
        .current_dir(root)
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
    command
}

/// Takes the calling build out of a command's environment.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_removed) {
            command.env_remove(&name);
        }
    }
}

fn is_removed(name: &str) -> bool {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let removed = REMOVED.contains(&name) || starts(REMOVED_PREFIXES) || name == "CARGO";
    removed && !KEPT.contains(&name) && !starts(KEPT_PREFIXES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_calling_build_is_taken_out() {
        for name in [
            "CARGO",
            "CARGO_TARGET_DIR",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_FEATURE_X",
            "CARGO_BUILD_TARGET",
            "CARGO_PROFILE_RELEASE_LTO",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTFLAGS",
            "OUT_DIR",
            "DEP_Z_ROOT",
        ] {
            assert!(is_removed(name), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_HTTP_PROXY",
            "CARGO_MAKEFLAGS",
            "RUSTUP_TOOLCHAIN",
            "RUSTUP_HOME",
        ] {
            assert!(!is_removed(name), "{name}");
        }
    }
}
