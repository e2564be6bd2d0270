//! Version 0.1. Its types are the host's own, so that nothing is converted.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{HasSelf, InstancePre, Linker, Resource, ResourceAny};

use super::{Answer, Exports, Prepared};
use crate::bindings::types::{
    Argument, Description, ScanPlan, ScanRequest, TableDetail, TablePage,
};
use crate::bindings::{SourcePlugin, SourcePluginPre};
use crate::error::Failure;
use crate::imports::Sink;
use crate::instance::Guest;

/// The version.
pub(super) struct Contract;

impl super::Contract for Contract {
    fn version(&self) -> &'static str {
        "0.1"
    }

    fn link(&self, linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
        SourcePlugin::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)
    }

    fn prepare(&self, component: InstancePre<Guest>) -> wasmtime::Result<Arc<dyn Prepared>> {
        Ok(Arc::new(SourcePluginPre::new(component)?))
    }
}

impl Prepared for SourcePluginPre<Guest> {
    fn instantiate<'a>(&'a self, store: &'a mut Store<Guest>) -> Answer<'a, Box<dyn Exports>> {
        Box::pin(async move {
            let instance = self.instantiate_async(store).await?;
            Ok(Box::new(instance) as Box<dyn Exports>)
        })
    }
}

impl Exports for SourcePlugin {
    fn describe<'a>(&'a self, store: &'a mut Store<Guest>) -> Answer<'a, Description> {
        Box::pin(self.trawl_source_source().call_describe(store))
    }

    fn open<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        config: &'a str,
    ) -> Answer<'a, Result<ResourceAny, Failure>> {
        Box::pin(self.trawl_source_source().call_open(store, config))
    }

    fn tables<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        session: ResourceAny,
        cursor: Option<&'a str>,
        prefix: Option<&'a str>,
    ) -> Answer<'a, Result<TablePage, Failure>> {
        Box::pin(async move {
            let session_of = self.trawl_source_source().session();
            session_of.call_tables(store, session, cursor, prefix).await
        })
    }

    fn table_schema<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        session: ResourceAny,
        path: &'a [String],
        arguments: &'a [Argument],
    ) -> Answer<'a, Result<TableDetail, Failure>> {
        Box::pin(async move {
            let session_of = self.trawl_source_source().session();
            session_of
                .call_table_schema(store, session, path, arguments)
                .await
        })
    }

    fn plan<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        session: ResourceAny,
        request: &'a ScanRequest,
    ) -> Answer<'a, Result<ScanPlan, Failure>> {
        Box::pin(async move {
            let session_of = self.trawl_source_source().session();
            session_of.call_plan(store, session, request).await
        })
    }

    fn scan<'a>(
        &'a self,
        store: &'a mut Store<Guest>,
        session: ResourceAny,
        token: &'a str,
        into: Resource<Sink>,
    ) -> Answer<'a, Result<(), Failure>> {
        Box::pin(async move {
            let session_of = self.trawl_source_source().session();
            session_of.call_scan(store, session, token, into).await
        })
    }
}
