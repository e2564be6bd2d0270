//! The target `load`: a component on its whole way into trawl: read, compiled, linked, instantiated, asked what it is, and what it
//! says checked.

#![allow(clippy::panic, reason = "a target reports by panicking")]

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use trawl_host::{Host, HostOptions, Limits, PluginOptions};

use crate::plain;

/// A plugin as text, to be damaged.
const PLUGIN: &str = include_str!("../../tests/guests/text/plugin-0.1.wat");
/// Where its description stands in its memory, behind what that refers to.
const DESCRIPTION: &str = "(data (i32.const 64) \"";
/// Bytes of one change: where, in two, and what stands there then.
const CHANGE: usize = 3;
/// What one load may use: little, so that a loop costs little.
const LIMITS: Limits = Limits {
    memory: 4 << 20,
    cpu: Duration::from_millis(100),
    deadline: Duration::from_millis(500),
    rows: 1,
    bytes: 1,
    requests_in_flight: 1,
    compile_time: Duration::from_secs(1),
    compile_memory: 1 << 30,
};

/// Loads the kept plugin with the input as changes of its bytes, and as what stands where it describes itself. It loads or it is
/// refused, in words that can be shown on a terminal and blame nobody but the component.
///
/// # Panics
/// When that does not hold, or there can be no host.
pub fn load(data: &[u8]) {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    let wasm = WASM.get_or_init(|| parsed(PLUGIN));
    let mut changed = wasm.clone();
    for change in data.chunks_exact(CHANGE) {
        if let [a, b, byte] = change {
            let at = usize::from(*a) << 8 | usize::from(*b);
            let length = changed.len();
            if let Some(place) = changed.get_mut(at % length) {
                *place = *byte;
            }
        }
    }
    check(&changed);
    let bytes = data.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "\\{byte:02x}");
        text
    });
    if let Some((before, rest)) = PLUGIN.split_once(DESCRIPTION)
        && let Some((_, after)) = rest.split_once('"')
    {
        check(&parsed(&format!("{before}{DESCRIPTION}{bytes}\"{after}")));
    }
}

fn parsed(text: &str) -> Vec<u8> {
    match wat::parse_str(text) {
        Ok(wasm) => wasm,
        Err(error) => panic!("the kept plugin is none any more: {error}"),
    }
}

fn check(wasm: &[u8]) {
    let (runtime, host) = host();
    let options = PluginOptions {
        limits: LIMITS,
        apart: false,
    };
    match runtime.block_on(host.load("stranger", wasm, options)) {
        Ok(plugin) => plain(plugin.version()),
        Err(error) => {
            plain(&error.message);
            plain(error.hint.as_deref().unwrap_or_default());
            for ours in ["trawl failed", "ended early", "a defect of trawl"] {
                assert!(!error.to_string().contains(ours), "{error}");
            }
        }
    }
}

/// One for all inputs.
fn host() -> &'static (Runtime, Host) {
    static HOST: OnceLock<(Runtime, Host)> = OnceLock::new();
    HOST.get_or_init(|| {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let Ok(runtime) = runtime else {
            panic!("there is no runtime");
        };
        let inside = runtime.enter();
        let host = Host::new(HostOptions {
            threads: Some(1),
            ..HostOptions::default()
        });
        drop(inside);
        match host {
            Ok(host) => (runtime, host),
            Err(error) => panic!("there is no host: {error}"),
        }
    })
}
