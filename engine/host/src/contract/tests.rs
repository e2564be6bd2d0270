//! Two versions side by side: a 0.2 that this test makes up is linked beside 0.1, and each component is called by its own.

use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use futures::TryStreamExt;

use super::*;
use crate::bindings::clock::Host as _;
use crate::bindings::types::{Column, DataType, ErrorCode, Field, Filters};
use crate::error::failure;
use crate::host::{Host, HostOptions, PluginOptions};
use crate::{ConnectionSpec, Error, Plugin};

mod v0_2 {
    wasmtime::component::bindgen!({
        path: "src/contract/tests/contract-0.2.wit",
        world: "source-plugin",
        imports: { default: async | trappable },
        exports: { default: async },
        require_store_data_send: true,
    });
    pub(super) use trawl::source::clock;
}

/// What a version is made of: its imports are those of before with other types, and its exports too.
struct Later;

static BOTH: &[&dyn Contract] = &[&super::v0_1::Contract, &Later];

impl v0_2::clock::Host for Guest {
    async fn now(&mut self) -> wasmtime::Result<(i64, u32)> {
        let micros = self.now_us().await?;
        let nanos = u32::try_from(micros.rem_euclid(1_000_000) * 1_000)?;
        Ok((micros.div_euclid(1_000_000), nanos))
    }
}

impl Contract for Later {
    fn version(&self) -> &'static str {
        "0.2"
    }

    fn link(&self, linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
        use wasmtime::component::HasSelf;
        v0_2::SourcePlugin::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)
    }

    fn prepare(&self, component: InstancePre<Guest>) -> wasmtime::Result<Arc<dyn Prepared>> {
        Ok(Arc::new(v0_2::SourcePluginPre::new(component)?))
    }
}

impl Prepared for v0_2::SourcePluginPre<Guest> {
    fn instantiate<'a>(&'a self, store: &'a mut Store<Guest>) -> Answer<'a, Box<dyn Exports>> {
        Box::pin(async move {
            let instance = self.instantiate_async(store).await?;
            Ok(Box::new(instance) as Box<dyn Exports>)
        })
    }
}

/// This version has no sessions.
fn none<'a, T: Send + 'a>() -> Answer<'a, Result<T, Failure>> {
    Box::pin(async { Ok(Err(failure(ErrorCode::Unsupported, "0.2 has no sessions"))) })
}

impl Exports for v0_2::SourcePlugin {
    fn describe<'a>(&'a self, store: &'a mut Store<Guest>) -> Answer<'a, Description> {
        Box::pin(async move {
            let described = self.trawl_source_source().call_describe(store).await?;
            let (name, version, config_schema) = described;
            Ok(Description {
                name,
                version,
                config_schema,
                description: None,
                cluster_key: None,
                endpoints: Vec::new(),
                metadata: Vec::new(),
            })
        })
    }

    fn open<'a>(
        &'a self,
        _: &'a mut Store<Guest>,
        _: &'a str,
    ) -> Answer<'a, Result<ResourceAny, Failure>> {
        none()
    }

    fn tables<'a>(
        &'a self,
        _: &'a mut Store<Guest>,
        _: ResourceAny,
        _: Option<&'a str>,
        _: Option<&'a str>,
    ) -> Answer<'a, Result<TablePage, Failure>> {
        none()
    }

    fn table_schema<'a>(
        &'a self,
        _: &'a mut Store<Guest>,
        _: ResourceAny,
        _: &'a [String],
        _: &'a [Argument],
    ) -> Answer<'a, Result<TableDetail, Failure>> {
        none()
    }

    fn plan<'a>(
        &'a self,
        _: &'a mut Store<Guest>,
        _: ResourceAny,
        _: &'a ScanRequest,
    ) -> Answer<'a, Result<ScanPlan, Failure>> {
        none()
    }

    fn scan<'a>(
        &'a self,
        _: &'a mut Store<Guest>,
        _: ResourceAny,
        _: &'a str,
        _: Resource<Sink>,
    ) -> Answer<'a, Result<(), Failure>> {
        none()
    }
}

/// A component of 0.2: it asks for the time, and describes itself when that is after 1970.
const OF_0_2: &str = r#"(component
  (import "trawl:source/clock@0.2.0" (instance $clock (export "now" (func (result (tuple s64 u32))))))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (core func $now (canon lower (func $clock "now") (memory $mem)))
  (core module $guest
    (import "env" "memory" (memory 1))
    (import "env" "now" (func $now (param i32)))
    (data (i32.const 0) "later0.2.9{}")
    (data (i32.const 64) "\00\00\00\00\05\00\00\00\05\00\00\00\05\00\00\00\0a\00\00\00\02\00\00\00")
    (func (export "describe") (result i32)
      (call $now (i32.const 128))
      (if (i64.le_s (i64.load (i32.const 128)) (i64.const 0)) (then unreachable))
      (i32.const 64)))
  (core instance $guest (instantiate $guest
    (with "env" (instance (export "memory" (memory $mem)) (export "now" (func $now))))))
  (func $describe (result (tuple string string string))
    (canon lift (core func $guest "describe") (memory $mem)))
  (instance $source (export "describe" (func $describe)))
  (export "trawl:source/source@0.2.0" (instance $source)))"#;

/// The component of 0.1.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/kept/contract-0.1.wasm")
}

async fn load(wasm: &[u8]) -> Result<Plugin, Error> {
    let host = Host::linking(HostOptions::default(), BOTH).unwrap();
    host.load("kept", wasm, PluginOptions::default()).await
}

#[tokio::test]
async fn a_component_of_0_1_runs_where_0_2_is_linked_beside_it() {
    let plugin = load(&std::fs::read(kept()).unwrap()).await.unwrap();
    assert_eq!((plugin.name(), plugin.version()), ("kept", "0.1.0"));
    let endpoint = endpoint("first\nsecond\n").await;
    let connection = plugin.connect(ConnectionSpec {
        config: "{}".into(),
        endpoints: [("api".to_owned(), endpoint)].into(),
        ..ConnectionSpec::default()
    });
    assert_eq!(connection.tables().await.unwrap().len(), 2);

    // To the rows, through the imports that 0.2 has in another shape.
    let request = lines();
    let plan = connection.plan(&request).await.unwrap();
    assert_eq!(plan.partitions.len(), 1);
    let within = crate::ScanContext {
        deadline: std::time::Instant::now() + std::time::Duration::from_secs(60),
        stats: Arc::default(),
        memory: None,
    };
    let rows = connection.scan(&request, &plan, 0, within.clone());
    let batches: Vec<_> = rows.try_collect().await.unwrap();
    let texts: Vec<&str> = batches
        .iter()
        .flat_map(|batch| batch.column(1).as_string::<i32>().iter().flatten())
        .collect();
    let [first, rest @ ..] = texts.as_slice() else {
        panic!("there are no rows");
    };
    assert_eq!(*first, "line 200 first\nsecond true 1");
    assert_eq!(rest, ["two", "json", "json", "json", "json"]);
    // It has asked the clock that 0.2 asks by another function.
    let line = &within.stats.log_lines()[0].message;
    assert!(line.starts_with("scan 1, at 1"), "{line}");
}

/// An endpoint whose remote answers everything with this body.
async fn endpoint(body: &'static str) -> trawl_connect::Endpoint {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = vec![0; 4_096];
                assert!(stream.read(&mut head).await.unwrap() > 0);
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            });
        }
    });
    let spec = trawl_fleet::HttpSpec {
        url,
        ..trawl_fleet::HttpSpec::default()
    };
    let operation = trawl_connect::Operation {
        method: trawl_connect::Method::Get,
        path: "/rows".to_owned(),
        action: None,
    };
    let approval = trawl_connect::Approval {
        operations: vec![operation],
        ..trawl_connect::Approval::default()
    };
    trawl_connect::Endpoint::new(trawl_fleet::EndpointSpec::Http(spec), approval)
}

/// A request for both columns of its table.
fn lines() -> ScanRequest {
    let column = |name: &str, data_type, nullable| Column {
        name: name.into(),
        path: vec![],
        output: vec![Field {
            name: name.into(),
            data_type,
            nullable,
            children: 0,
            description: None,
            metadata: vec![],
        }],
    };
    ScanRequest {
        table: vec!["lines".into()],
        arguments: vec![],
        now_ns: 0,
        clusters: vec![],
        others: vec![],
        unplaced: false,
        projection: vec![
            column("n", DataType::Int64, false),
            column("s", DataType::Utf8, true),
        ],
        refs: vec![],
        filters: Filters {
            nodes: vec![],
            roots: vec![],
        },
        limit: None,
        sort: vec![],
        aggregate: None,
        max_partitions: 4,
    }
}

#[tokio::test]
async fn a_component_of_0_2_is_called_by_its_own_shapes() {
    let plugin = load(&wat::parse_str(OF_0_2).unwrap()).await.unwrap();
    assert_eq!(plugin.version(), "0.2.9");
    assert_eq!(plugin.description().name, "later");
    let connection = plugin.connect(ConnectionSpec::default());
    let error = connection.tables().await.unwrap_err();
    assert_eq!(error.message, "0.2 has no sessions");
}

#[tokio::test]
async fn one_of_0_3_is_refused_with_what_is_there() {
    let wasm = OF_0_2.replace("@0.2.0", "@0.3.0");
    let error = load(&wat::parse_str(wasm).unwrap()).await.err().unwrap();
    assert_eq!(error.code, ErrorCode::Unsupported);
    assert_eq!(
        error.message,
        "the plugin was built for version 0.3.0 of the contract; this trawl speaks 0.1 and 0.2"
    );
}

#[test]
fn an_old_component_links_where_an_interface_has_more_functions() {
    use wasmtime::component::{Component, HasSelf};

    use crate::bindings::{http, logging, output, state, types};
    use crate::{engine, limits, load};

    let engine = engine::engine(limits::INSTANCE_MEMORY, limits::INSTANCES).unwrap();
    let mut linker = load::linker(&engine, &[]).unwrap();
    types::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest).unwrap();
    http::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest).unwrap();
    output::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest).unwrap();
    state::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest).unwrap();
    logging::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest).unwrap();
    let component = Component::from_file(&engine, kept()).unwrap();
    assert!(
        linker.instantiate_pre(&component).is_err(),
        "there is no clock yet"
    );
    // A later 0.1, whose clock knows its zone too.
    let mut clock = linker.instance("trawl:source/clock@0.1.3").unwrap();
    clock.func_wrap("now-us", |_, (): ()| Ok((0_i64,))).unwrap();
    clock
        .func_wrap("monotonic-ns", |_, (): ()| Ok((0_u64,)))
        .unwrap();
    clock
        .func_wrap("zone", |_, (): ()| Ok(("UTC".to_owned(),)))
        .unwrap();
    linker.instantiate_pre(&component).unwrap();
}
