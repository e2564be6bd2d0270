//! Owns the glue between the traits and the exported component; refuses logic of its own.

use std::marker::PhantomData;
use std::rc::Rc;

use crate::bindings::exports::trawl::source::source as wit;
use crate::bindings::trawl::source::output::Sink;
use crate::types::{
    Argument, Description, Error, Flow, Gap, Payload, ProgressReport, ScanPlan, ScanRequest,
    TableDetail, TablePage,
};
use crate::{Output, Session, Source};

/// The exported form of a [`Source`]. Made by [`export_source!`](crate::export_source).
pub struct Component<S>(PhantomData<S>);

impl<S: Source> wit::Guest for Component<S> {
    type Session = SessionCell<S::Session>;

    fn describe() -> Description {
        crate::log::install_panic_hook();
        S::describe()
    }

    fn open(config: String) -> Result<wit::Session, Error> {
        crate::log::install_panic_hook();
        let session = S::open(&config, Rc::new(crate::http::HostTransport))?;
        Ok(wit::Session::new(SessionCell(session)))
    }
}

/// The exported form of a [`Session`].
pub struct SessionCell<S>(S);

impl<S: Session> wit::GuestSession for SessionCell<S> {
    fn tables(&self, cursor: Option<String>, prefix: Option<String>) -> Result<TablePage, Error> {
        self.0.tables(cursor.as_deref(), prefix.as_deref())
    }

    fn table_schema(
        &self,
        path: Vec<String>,
        arguments: Vec<Argument>,
    ) -> Result<TableDetail, Error> {
        self.0.table_schema(&path, &arguments)
    }

    fn plan(&self, req: ScanRequest) -> Result<ScanPlan, Error> {
        self.0.plan(&req)
    }

    fn scan(&self, token: String, into: Sink) -> Result<(), Error> {
        // The guest owns the sink: it is closed when this function returns.
        self.0.scan(&token, &SinkOutput(into))
    }
}

struct SinkOutput(Sink);

impl Output for SinkOutput {
    fn push(&self, payload: Payload) -> Result<Flow, Error> {
        self.0.push(&payload)
    }

    fn report(&self, gap: Gap, cluster: Option<&str>, message: &str) {
        self.0.report(gap, cluster, message);
    }

    fn progress(&self, report: ProgressReport) -> Flow {
        self.0.progress(report)
    }
}

/// Exports a [`Source`] as the component's implementation of the contract. Call it once, in the plugin's root module.
///
/// Natively it expands to nothing, so that the same crate is a library with unit tests.
#[macro_export]
macro_rules! export_source {
    ($source:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(
            unsafe_code,
            missing_docs,
            reason = "the canonical ABI's entry points are generated"
        )]
        mod trawl_component {
            #[allow(unused_imports)]
            use super::*;
            type Plugin = $crate::component::Component<$source>;
            $crate::bindings::export_source_plugin!(Plugin with_types_in $crate::bindings);
        }
    };
}
