//! Owns the generated bindings of the world `source-plugin`, once for every plugin; refuses anything written by hand.
//!
//! The rest of the crate wraps what is here; a plugin author sees `crate::types` and the traits instead.
#![allow(unsafe_code, missing_docs, unreachable_pub, clippy::all)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "generated code; the canonical ABI is spoken in raw pointers"
)]

wit_bindgen::generate!({
    world: "source-plugin",
    path: "wit",
    pub_export_macro: true,
    export_macro_name: "export_source_plugin",
    default_bindings_module: "trawl_sdk::bindings",
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    generate_unused_types: true,
    generate_all,
});
