//! A guest that says of itself what its test wrote into the component, so that one build is every version of a plugin: other
//! operations, another schema, another number. Its one table calls the path that the query names and gives the answer as a row.
#![allow(missing_docs)] // Nobody calls it but the host, by the contract.

use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trawl_sdk::schema::{self, Type, column, param};
use trawl_sdk::types::{
    Argument, ArgumentValue, Description, EndpointDeclaration, Flow, Literal, Method, Operation,
    Payload, Placement, ScanPlan, ScanRequest, TableDetail, TableInfo, TablePage, TextPart,
};
use trawl_sdk::{Error, Output, Session, Source, Transport, http, plan};

/// Bytes of the text that a test may write over: it begins with the mark, and ends at its first zero.
const SPACE: usize = 4_096;

/// What a test finds the place by.
const MARK: &[u8] = b"trawl-guest-described:";

/// The text.
#[used]
static WRITTEN: [u8; SPACE] = {
    let mut text = [0; SPACE];
    let mut at = 0;
    while at < MARK.len() {
        text[at] = MARK[at];
        at += 1;
    }
    text
};

/// How long the guest's memory of a connection holds: longer than any test.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// What a test wrote.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Written {
    version: String,
    /// Operations of each endpoint: `GET /path`.
    endpoints: Vec<(String, Vec<String>)>,
    schema: Value,
    cluster_key: Option<String>,
}

fn written() -> Written {
    // The compiler must not know what stands there: another text will.
    let text = std::hint::black_box(&WRITTEN);
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let json = text.get(MARK.len()..).unwrap_or_default();
    serde_json::from_slice(json).unwrap_or_default()
}

/// The plugin.
pub struct Described;

impl Source for Described {
    type Session = Open;

    fn describe() -> Description {
        let written = written();
        let operation = |text: &String| Operation {
            method: Method::Get,
            path: text.trim_start_matches("GET ").to_owned(),
            action: None,
        };
        let endpoint = |(name, operations): &(String, Vec<String>)| EndpointDeclaration {
            name: name.clone(),
            kind: "http".to_owned(),
            description: None,
            operations: operations.iter().map(operation).collect(),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
        };
        Description {
            name: "described".to_owned(),
            version: written.version.clone(),
            description: None,
            config_schema: written.schema.to_string(),
            cluster_key: written.cluster_key.clone(),
            endpoints: written.endpoints.iter().map(endpoint).collect(),
            metadata: Vec::new(),
        }
    }

    fn open(config: &str, http: Rc<dyn Transport>) -> Result<Open, Error> {
        Ok(Open {
            config: config.to_owned(),
            http,
        })
    }
}

/// A connection.
pub struct Open {
    config: String,
    http: Rc<dyn Transport>,
}

/// A part of a text as it was written; nothing is bound into the texts of these tests.
fn written_part(part: &TextPart) -> &str {
    match part {
        TextPart::Text(text) => text,
        TextPart::Bound(_) => "",
    }
}

/// What to call, and the names under which the answer goes out.
#[derive(Serialize, Deserialize)]
struct Call {
    endpoint: String,
    path: String,
    outputs: Vec<(String, String)>,
}

impl Open {
    /// How often this connection was read before, by its own memory.
    fn before(&self) -> u64 {
        let remembered = self.http.recall("before");
        let before = remembered.and_then(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?)));
        let before = before.unwrap_or_default();
        let now = before.saturating_add(1).to_le_bytes().to_vec();
        self.http.remember("before", now, REMEMBERED);
        before
    }
}

impl Session for Open {
    fn tables(&self, _: Option<&str>, _: Option<&str>) -> Result<TablePage, Error> {
        Ok(TablePage {
            tables: vec![TableInfo {
                path: Vec::new(),
                aliases: Vec::new(),
                params: vec![
                    param("path", &Type::Utf8, true, true, "What to call"),
                    param("endpoint", &Type::Utf8, false, false, "Where"),
                ],
                description: None,
            }],
            next_cursor: None,
        })
    }

    fn table_schema(&self, _: &[String], _: &[Argument]) -> Result<TableDetail, Error> {
        Ok(TableDetail {
            schema: schema::schema([
                column("answer", Type::Utf8, "What the remote said"),
                column("version", Type::Utf8, "The version of this plugin"),
                column("config", Type::Utf8, "The connection's configuration"),
                column(
                    "before",
                    Type::Int64,
                    "How often the connection was read before",
                ),
            ]),
            placement: Placement::Cluster,
            primary_key: Vec::new(),
            required_filters: Vec::new(),
            identity: None,
            notes: Vec::new(),
            description: None,
            metadata: Vec::new(),
        })
    }

    fn plan(&self, request: &ScanRequest) -> Result<ScanPlan, Error> {
        let argument = |name: &str| {
            let found = request.arguments.iter().find(|it| it.name == name)?;
            match &found.value {
                ArgumentValue::Scalar(Literal::Utf8(text)) => Some(text.clone()),
                ArgumentValue::Template(parts) => Some(parts.iter().map(written_part).collect()),
                ArgumentValue::Scalar(_) => None,
            }
        };
        let outputs = request.projection.iter();
        let outputs = outputs.map(|it| (it.name.clone(), it.output[0].name.clone()));
        let call = Call {
            endpoint: argument("endpoint").unwrap_or_else(|| "api".to_owned()),
            path: argument("path").unwrap_or_default(),
            outputs: outputs.collect(),
        };
        let explain = format!("GET {}", call.path);
        Ok(plan::unpushed(request, plan::token(&call)?, explain))
    }

    fn scan(&self, token: &str, output: &dyn Output) -> Result<(), Error> {
        let call: Call = plan::state(token)?;
        let segments = call.path.split('/').filter(|it| !it.is_empty());
        let pending = http::get(&call.endpoint, segments).start(&*self.http)?;
        let (_, body) = pending.finish()?;
        let answer = String::from_utf8_lossy(&body).into_owned();
        let row = json!({
            "answer": answer,
            "version": written().version,
            "config": self.config,
            "before": self.before(),
        });
        let row: serde_json::Map<String, Value> = call
            .outputs
            .into_iter()
            .map(|(name, output)| (output, row[&name].clone()))
            .collect();
        let _: Flow = output.push(Payload::JsonText(Value::Object(row).to_string()))?;
        Ok(())
    }
}

trawl_sdk::export_source!(Described);
