//! {{name}}: items of an HTTP API, as a table of trawl. Replace the endpoint, the columns and the rows by those of your source.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;
use trawl_sdk::filter::Parameter;
use trawl_sdk::http::{get, paging};
use trawl_sdk::table::{About, Ask, Endpoint, Planned, Plugin, Read, Rows, Table};
use trawl_sdk::{Error, Timestamp, Transport};

/// One connection: its configuration, and the way to its endpoints.
pub struct Items {
    config: Config,
    http: Rc<dyn Transport>,
}

/// The keys of a connection in clusters.yaml that are the plugin's own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    page_size: Option<u64>,
}

/// The same as JSON Schema, which trawl checks.
const CONFIG_SCHEMA: &str = r#"{
  "type": "object",
  "properties": {"page_size": {"type": "integer", "minimum": 1, "maximum": 1000}},
  "additionalProperties": false
}"#;

impl Plugin for Items {
    fn about() -> About {
        About::new(
            "{{name}}",
            env!("CARGO_PKG_VERSION"),
            "Items of an HTTP API",
        )
        .config_schema(CONFIG_SCHEMA)
        .endpoint(Endpoint::http(
            "api",
            "The API that the items are read from",
        ))
    }

    fn tables() -> Vec<&'static dyn Table<Self>> {
        vec![Item::table()]
    }

    fn connect(config: &str, http: Rc<dyn Transport>) -> Result<Self, Error> {
        let config = serde_json::from_str(config).map_err(|e| {
            Error::invalid_config(format!("expected the configuration of {{name}}: {e}"))
        })?;
        Ok(Self { config, http })
    }
}

/// Items, the latest first
#[derive(Table, Deserialize)]
#[table(name = "items", key(id), calls("GET /api/items"))]
struct Item {
    /// Its number
    id: i64,
    /// Its headline
    title: String,
    /// open or closed
    state: String,
    /// When it was made
    created_at: Option<Timestamp>,
    /// Its labels
    labels: BTreeMap<String, String>,
    /// All that the API says of it
    #[serde(skip)]
    details: Option<Box<RawValue>>,
}

/// A page of the API's answer.
#[derive(Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
}

/// What the API filters by: `where state == "open"` is `?state=open`. trawl checks every other condition itself.
const PARAMETERS: &[Parameter] =
    &[Parameter::equal("state", "state").values(&[("open", "open"), ("closed", "closed")])];

impl Read<Items> for Item {
    /// The parameters of the request.
    type Part = Vec<(String, String)>;

    fn plan(_: &Items, ask: &mut Ask<'_>) -> Result<Planned<Self::Part>, Error> {
        let parameters = ask.filters.parameters(PARAMETERS);
        let query: Vec<String> = parameters
            .iter()
            .map(|(key, value)| format!("?{key}={value}"))
            .collect();
        let explain = format!("GET /api/items{}", query.concat());
        Ok(Planned::one(parameters, explain))
    }

    fn read(at: &Items, parameters: &Self::Part, rows: &mut Rows<'_>) -> Result<(), Error> {
        let size = at.config.page_size.unwrap_or(100);
        let first = get("api", ["api", "items"])
            .query("limit", size.to_string())
            .queries(parameters.iter().cloned());
        let pages = first
            .pages(at.http.as_ref(), paging::token("/next", "cursor"))
            .ahead(rows.left().is_none());
        rows.pages(pages, |rows, page: Page| {
            for raw in page.items {
                let mut item: Item = serde_json::from_str(raw.get()).map_err(|e| {
                    Error::protocol(format!("expected an item of GET /api/items: {e}"))
                })?;
                item.details = Some(raw);
                rows.put(&item)?;
            }
            Ok(())
        })
    }
}

trawl_sdk::export_source!(Items);
