//! A guest that uses everything of contract 0.1, and nothing but the contract: its component is kept, and must be loaded and run
//! by every trawl that is to come. It is written against `contract-0.1.wit` beside it, which never changes.
#![allow(missing_docs)] // Nobody calls it but the host, by the contract.
#![allow(unsafe_code)] // The generated exports are unsafe functions; nothing by hand is.

wit_bindgen::generate!({ path: "contract-0.1.wit", world: "source-plugin" });

use exports::trawl::source::source::{Guest, GuestSession, Session};
use trawl::source::http::{self, Request};
use trawl::source::logging::{Level, log};
use trawl::source::output::{Flow, Gap, ProgressReport, Sink};
use trawl::source::types::{
    Argument, ArgumentValue, Batch, DataType, Description, EndpointDeclaration, Error, ErrorCode,
    Field, Literal, Method, Node, Operation, Param, Payload, Placement, Pushed, ScanPlan,
    ScanRequest, Schema, TableDetail, TableInfo, TablePage,
};
use trawl::source::{clock, state};

struct Kept;

impl Guest for Kept {
    type Session = Open;

    fn describe() -> Description {
        Description {
            name: "kept".into(),
            version: "0.1.0".into(),
            description: Some("Uses everything of contract 0.1.".into()),
            config_schema: r#"{"type": "object"}"#.into(),
            cluster_key: Some("label".into()),
            endpoints: vec![EndpointDeclaration {
                name: "api".into(),
                kind: "http".into(),
                description: Some("Lines of text.".into()),
                operations: vec![Operation {
                    method: Method::Get,
                    path: "/rows".into(),
                    action: None,
                }],
                request_headers: vec!["accept".into()],
                response_headers: vec!["etag".into()],
            }],
            metadata: vec![("license".into(), "Apache-2.0".into())],
        }
    }

    fn open(config: String) -> Result<Session, Error> {
        if !config.starts_with('{') {
            return Err(error(ErrorCode::InvalidConfig, "expected a JSON object"));
        }
        Ok(Session::new(Open))
    }
}

struct Open;

impl GuestSession for Open {
    fn tables(&self, cursor: Option<String>, prefix: Option<String>) -> Result<TablePage, Error> {
        let name = if cursor.is_none() { "lines" } else { "more" };
        let wanted = prefix.is_none_or(|prefix| name.starts_with(&prefix));
        let table = TableInfo {
            path: vec![name.into()],
            aliases: vec![format!("{name}-alias")],
            params: vec![Param {
                name: "greeting".into(),
                data_type: DataType::Utf8,
                required: false,
                positional: true,
                description: Some("What stands before each line.".into()),
            }],
            description: Some("Lines of text.".into()),
        };
        Ok(TablePage {
            tables: wanted.then_some(table).into_iter().collect(),
            next_cursor: cursor.is_none().then(|| "2".into()),
        })
    }

    fn table_schema(&self, path: Vec<String>, _: Vec<Argument>) -> Result<TableDetail, Error> {
        if path != ["lines"] {
            return Err(error(ErrorCode::NotFound, "there is one table, `lines`"));
        }
        Ok(TableDetail {
            schema: Schema { fields: fields() },
            placement: Placement::Cluster,
            primary_key: vec!["n".into()],
            required_filters: vec![],
            identity: Some("lines.of.text".into()),
            notes: vec!["kept since 0.1".into()],
            description: None,
            metadata: vec![],
        })
    }

    fn plan(&self, request: ScanRequest) -> Result<ScanPlan, Error> {
        let greeting = request.arguments.iter().find_map(|it| match &it.value {
            ArgumentValue::Scalar(Literal::Utf8(text)) => Some(text.clone()),
            _ => None,
        });
        Ok(ScanPlan {
            schema: Schema { fields: fields() },
            filters: vec![Pushed::NotPushed; request.filters.roots.len()],
            limit: Pushed::NotPushed,
            sorted: false,
            aggregated: false,
            partitions: vec![greeting.unwrap_or_else(|| "line".into())],
            estimated_rows: Some(6),
            cost: None,
            explain: "GET /rows".into(),
        })
    }

    fn scan(&self, greeting: String, into: Sink) -> Result<(), Error> {
        let times = state::get("times").and_then(|value| value.first().copied());
        let times = times.unwrap_or_default().wrapping_add(1);
        state::put("times", &[times], 60_000);
        let (wall, ticks) = (clock::now_us(), clock::monotonic_ns());
        log(Level::Info, &format!("scan {times}, at {wall} and {ticks}"));

        let exchange = http::start("api", &get("rows"))?;
        let head = exchange.head()?;
        let mut lines = exchange.read(4)?.unwrap_or_default();
        lines.extend(exchange.fill(4)?.unwrap_or_default());
        lines.extend(exchange.read_all(1 << 10)?);
        let again = http::start("api", &get("rows"))?.read_text(1 << 10)?;
        let same = again.as_bytes() == lines;
        let text = format!(
            "{greeting} {} {} {same} {times}",
            head.status,
            again.trim_end()
        );

        let columns = into.push(&Payload::Columns(batch(&[&text, "two"])))?;
        let row = |n: i64| format!("{{\"n\":{n},\"s\":\"json\"}}\n");
        let bytes = into.push(&Payload::JsonLines((row(3) + &row(4)).into_bytes()))?;
        let string = into.push(&Payload::JsonText(row(5) + &row(6)))?;
        let flow = into.progress(ProgressReport {
            rows_read: 6,
            bytes_read: lines.len() as u64,
            done: Some(1.0),
        });
        if [columns, bytes, string, flow].contains(&Flow::Stop) {
            return Ok(());
        }
        into.report(Gap::Note, None, "all that there is");
        Ok(())
    }
}

fn get(path: &str) -> Request {
    Request {
        method: Method::Get,
        path: vec![path.into()],
        query: vec![("of".into(), "0.1".into())],
        headers: vec![("accept".into(), "text/plain".into())],
        body: None,
        timeout_ms: Some(30_000),
    }
}

fn fields() -> Vec<Field> {
    let field = |name: &str, data_type, nullable| Field {
        name: name.into(),
        data_type,
        nullable,
        children: 0,
        description: None,
        metadata: vec![],
    };
    vec![
        field("n", DataType::Int64, false),
        field("s", DataType::Utf8, true),
    ]
}

/// Rows from 1, in Arrow's layout.
fn batch(texts: &[&str]) -> Batch {
    let rows = texts.len() as u64;
    let mut offsets = vec![0_i32];
    for text in texts {
        offsets.push(offsets.last().copied().unwrap_or_default() + text.len() as i32);
    }
    let node = Node {
        len: rows,
        nulls: 0,
    };
    Batch {
        rows,
        nodes: vec![node; 2],
        buffers: vec![
            vec![],
            (1..=rows as i64).flat_map(i64::to_le_bytes).collect(),
            vec![],
            offsets.into_iter().flat_map(i32::to_le_bytes).collect(),
            texts.concat().into_bytes(),
        ],
    }
}

/// An error without status or hint.
fn error(code: ErrorCode, message: &str) -> Error {
    Error {
        code,
        message: message.into(),
        hint: None,
        http_status: None,
        retry_after_ms: None,
    }
}

#[cfg(target_arch = "wasm32")] // Native linkers do not take the names of component exports.
export!(Kept);
