//! Owns what a guest says into the host's log; refuses rows and errors, which have their own ways.

use crate::types::Level;

/// Writes one line into the host's log. Natively it does nothing.
pub fn log(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::trawl::source::logging::log(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (level, message);
}

/// Makes a panic leave its text in the host's log before the instance traps.
///
/// Without it the host would see only `unreachable`, since WASI's stderr is capped and may not be linked.
pub fn install_panic_hook() {
    #[cfg(target_arch = "wasm32")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            std::panic::set_hook(Box::new(|info| log(Level::Error, &info.to_string())));
        });
    }
}
