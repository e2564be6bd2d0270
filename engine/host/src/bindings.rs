//! The contract's bindings, generated from `wit/source.wit` and from nothing else; by hand it holds
//! only their shorter names.
#![allow(missing_docs, unreachable_pub)] // Written by a macro; the WIT text carries the documentation.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "source-plugin",
    imports: { default: async | trappable },
    exports: { default: async },
    require_store_data_send: true,
    with: {
        "trawl:source/http.exchange": crate::imports::Exchange,
        "trawl:source/output.sink": crate::imports::Sink,
    },
    additional_derives: [Clone, PartialEq, serde::Serialize, serde::Deserialize],
});

pub(crate) use trawl::source::{clock, http, logging, output, state, types};
