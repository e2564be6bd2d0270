//! A version of the contract as the rest of the host sees it: how it is linked, and its exports in the host's own types, which are
//! those of the newest version. A version is one file, which converts types and decides nothing: every check stands beneath, in
//! `imports/`, `plan.rs` and `schema.rs`, and is the same for all.

mod v0_1;

use std::sync::Arc;

use futures::future::BoxFuture;
use wasmtime::Store;
use wasmtime::component::{InstancePre, Linker, Resource, ResourceAny};

use crate::bindings::types::{
    Argument, Description, ScanPlan, ScanRequest, TableDetail, TablePage,
};
use crate::error::Failure;
use crate::imports::Sink;
use crate::instance::Guest;

/// The versions that trawl links side by side, the newest last.
pub(crate) const CONTRACTS: &[&dyn Contract] = &[&v0_1::Contract];

/// What a guest answers, or how it ended.
pub(crate) type Answer<'a, T> = BoxFuture<'a, wasmtime::Result<T>>;

/// One version.
pub(crate) trait Contract: Sync {
    /// As components name it, without the number behind the last dot: wasmtime matches 0.x by the minor number.
    fn version(&self) -> &'static str;

    /// Adds its imports.
    ///
    /// # Errors
    /// One of them is there already.
    fn link(&self, linker: &mut Linker<Guest>) -> wasmtime::Result<()>;

    /// Finds its exports.
    ///
    /// # Errors
    /// One of them is missing, or of another type.
    fn prepare(&self, component: InstancePre<Guest>) -> wasmtime::Result<Arc<dyn Prepared>>;
}

/// A component whose exports were found.
pub(crate) trait Prepared: Send + Sync {
    /// Makes an instance of it.
    fn instantiate<'a>(&'a self, store: &'a mut Store<Guest>) -> Answer<'a, Box<dyn Exports>>;
}

/// The exports of one instance; a session is one of its resources. What each does is told in `wit/source.wit`.
pub(crate) trait Exports: Send + Sync {
    fn describe<'a>(&'a self, store: &'a mut Store<Guest>) -> Answer<'a, Description>;

    fn open<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        config: &'a str,
    ) -> Answer<'a, Result<ResourceAny, Failure>>;

    fn tables<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        session: ResourceAny,
        cursor: Option<&'a str>,
        prefix: Option<&'a str>,
    ) -> Answer<'a, Result<TablePage, Failure>>;

    fn table_schema<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        session: ResourceAny,
        path: &'a [String],
        arguments: &'a [Argument],
    ) -> Answer<'a, Result<TableDetail, Failure>>;

    fn plan<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        session: ResourceAny,
        request: &'a ScanRequest,
    ) -> Answer<'a, Result<ScanPlan, Failure>>;

    fn scan<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        session: ResourceAny,
        token: &'a str,
        into: Resource<Sink>,
    ) -> Answer<'a, Result<(), Failure>>;
}

/// The numbers of these versions, for messages.
pub(crate) fn numbers(contracts: &[&dyn Contract]) -> Vec<&'static str> {
    contracts.iter().map(|it| it.version()).collect()
}

#[cfg(test)]
mod tests;
