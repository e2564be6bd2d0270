//! Owns the table `helm_releases`: the revisions of Helm's releases, from the Secrets that Helm keeps them in. Refuses values,
//! manifests and all else of a release that may hold secrets, and releases in ConfigMaps.
//!
//! Secrets are a grant of the connection; without it the host refuses the request and says how to give it.

mod payload;
mod revisions;
mod wanted;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde::de::Deserializer;
use trawl_sdk::columns::parse_rfc3339_ns;
use trawl_sdk::schema::Type;
use trawl_sdk::table::{Call, Table};
use trawl_sdk::types::{Flow, Gap, Payload as Batch, ProgressReport, ScanPlan, ScanRequest};
use trawl_sdk::{Error, Output, schema};

use self::payload::Payload;
use self::revisions::{Latest, Meta};
use self::wanted::Wanted;
use super::notes::Notes;
use super::{state, token};
use crate::Connection;
use crate::config::Config;
use crate::lists;
use crate::page::Item;
use crate::scan::{self, Objects};
use trawl_sdk::records::{Cell, Field, Records};

/// Secrets a page when their payloads are read: each can have 1.4 MB as JSON, and a body 64 MiB.
const PAGE_SIZE: u32 = 20;

/// Columns that stand in the payload; the others are labels.
const IN_PAYLOAD: [&str; 6] = [
    "chart",
    "chart_version",
    "app_version",
    "updated",
    "first_deployed",
    "description",
];

/// The table.
pub(super) struct HelmReleases;

const FIELDS: &[Field] = &[
    Field::new("namespace", text, "Namespace of the release").not_null(),
    Field::new("name", text, "Name of the release"),
    Field::new(
        "revision",
        || Type::Int64,
        "Counts installation, upgrades and rollbacks, from 1",
    ),
    Field::new(
        "status",
        text,
        "deployed, superseded, failed, uninstalled, pending-upgrade …",
    ),
    Field::new("chart", text, "Name of the chart"),
    Field::new("chart_version", text, "Version of the chart"),
    Field::new("app_version", text, "Version of what the chart installs"),
    Field::new("updated", time, "When this revision was deployed, UTC"),
    Field::new(
        "first_deployed",
        time,
        "When the release was first deployed, UTC",
    ),
    Field::new(
        "description",
        text,
        "What Helm says of the revision: Upgrade complete",
    ),
    Field::new(
        "latest",
        || Type::Bool,
        "Whether no revision of the release is later",
    )
    .not_null(),
    Field::new("labels", || Type::map(Type::Utf8), "Labels of the Secret"),
];

fn text() -> Type {
    Type::Utf8
}

fn time() -> Type {
    Type::Timestamp
}

impl Table<Connection> for HelmReleases {
    fn name(&self) -> &'static str {
        "helm_releases"
    }

    fn description(&self) -> &'static str {
        "Revisions of Helm's releases, from their Secrets; nothing of their values"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn primary_key(&self) -> &'static [&'static str] {
        &["namespace", "name", "revision"]
    }

    fn calls(&self) -> Vec<Call> {
        ["/api/v1/secrets", "/api/v1/namespaces/{namespace}/secrets"]
            .map(Call::get)
            .into()
    }

    fn plan(&self, request: &ScanRequest, at: &Connection) -> Result<ScanPlan, Error> {
        let config = &at.config;
        let (wanted, filters, limit) = wanted::read(request);
        let resource = wanted::secrets(true);
        let wants = |names: &[&str]| {
            let mut columns = request.projection.iter();
            columns.any(|column| names.contains(&column.name.as_str()))
        };
        let rows = wanted.rows(&resource, !wants(&IN_PAYLOAD));
        let mut explain = lists::explain(&resource, &rows, &paged(config, rows.metadata_only));
        if !wanted.lists.is_empty() && (wanted.latest.is_some() || wants(&["latest"])) {
            explain.push_str("; the metadata of all revisions before, to know the latest");
        }
        Ok(ScanPlan {
            schema: schema::projected(&request.projection),
            filters,
            limit,
            sorted: false,
            aggregated: false,
            partitions: vec![token(self, &wanted)?],
            estimated_rows: None,
            cost: None,
            explain,
        })
    }

    fn scan(&self, token: &str, at: &Connection, output: &dyn Output) -> Result<(), Error> {
        let remote = &at.remote();
        let wanted: Wanted = state(token)?;
        let output = &Once::new(output);
        let records = Records::new(
            FIELDS,
            self.name(),
            &wanted.projection,
            wanted.limit,
            output,
        )?;
        if records.stopped() || wanted.lists.is_empty() {
            return Ok(());
        }
        let resource = wanted::secrets(true);
        let (config, http) = (remote.config, remote.http);
        let mut partition = wanted.rows(&resource, !records.wants(&IN_PAYLOAD));
        let mut latest = None;
        if wanted.latest.is_some() || records.wants(&["latest"]) {
            let mut all = Latest::default();
            let revisions = wanted.releases(&resource);
            scan::walk(&resource, &revisions, config, http, output, &mut all)?;
            if all.stopped() || all.count() == 0 {
                return Ok(());
            }
            if wanted.latest == Some(true)
                && let Some(statuses) = all.selector()
            {
                partition.labels = format!("{},{statuses}", partition.labels);
            }
            latest = Some(all);
        }
        let mut rows = Rows {
            payloads: !partition.metadata_only,
            only: wanted.latest,
            latest,
            notes: Notes::new(output, "releases"),
            records,
        };
        let config = paged(config, partition.metadata_only);
        scan::walk(&resource, &partition, &config, http, output, &mut rows)?;
        rows.notes.end();
        rows.records.flush()
    }
}

/// The configuration with pages as large as payloads allow.
fn paged(config: &Config, metadata_only: bool) -> Config {
    let mut config = config.clone();
    if !metadata_only {
        config.page_size = config.page_size.min(PAGE_SIZE);
    }
    config
}

/// One Secret of Helm's.
#[derive(Deserialize)]
struct Secret {
    metadata: Option<Meta>,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    release: Option<String>,
}

/// Makes rows of Secrets.
struct Rows<'o> {
    /// Whether payloads are wanted.
    payloads: bool,
    /// Some: only the latest revisions, or only the others.
    only: Option<bool>,
    latest: Option<Latest>,
    notes: Notes<'o>,
    records: Records<'o>,
}

impl Objects for Rows<'_> {
    fn left(&self) -> Option<u64> {
        // A Secret that is no row must not count.
        match self.only {
            None => self.records.left(),
            Some(_) => None,
        }
    }

    fn count(&self) -> u64 {
        self.records.count()
    }

    fn stopped(&self) -> bool {
        self.records.stopped()
    }

    fn stop(&mut self) {
        self.records.stop();
    }

    fn object<'de, D: Deserializer<'de>>(
        &mut self,
        _: &mut [Option<&'de str>],
        deserializer: D,
    ) -> Result<Item, D::Error> {
        let secret = Secret::deserialize(deserializer)?;
        Ok(match self.secret(secret) {
            Ok(()) if self.records.stopped() => Item::Stop,
            Ok(()) => Item::More,
            Err(error) => Item::Failed(error),
        })
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.records.flush()
    }
}

impl Rows<'_> {
    fn secret(&mut self, secret: Secret) -> Result<(), Error> {
        let meta = secret.metadata.unwrap_or_default();
        let latest = self.latest.as_ref().is_some_and(|all| all.holds(&meta));
        if self.only.is_some_and(|wanted| wanted != latest) {
            return Ok(());
        }
        let payload = if self.payloads {
            let data = secret.data.and_then(|data| data.release);
            self.payload(&meta, data.as_deref())
        } else {
            Payload::default()
        };
        let empty = BTreeMap::new();
        let time = |text: &Option<String>| {
            let ns = text.as_deref().and_then(parse_rfc3339_ns);
            ns.map_or(Cell::Null, Cell::TimestampNs)
        };
        let Payload { info, chart } = &payload;
        self.records.row(&[
            Cell::Text(&meta.namespace),
            meta.label("name").map_or(Cell::Null, Cell::Text),
            meta.revision().map_or(Cell::Null, Cell::Int),
            meta.label("status").map_or(Cell::Null, Cell::Text),
            Cell::text(&chart.name),
            Cell::text(&chart.version),
            Cell::text(&chart.app_version),
            time(&info.last_deployed),
            time(&info.first_deployed),
            Cell::text(&info.description),
            Cell::Bool(latest),
            Cell::Map(meta.labels.as_ref().unwrap_or(&empty)),
        ])
    }

    /// The payload; an empty one, and told, when it cannot be read: the release is there all the same.
    fn payload(&mut self, meta: &Meta, data: Option<&str>) -> Payload {
        let read = data
            .ok_or_else(|| "its Secret has no `release`".to_owned())
            .and_then(payload::read);
        read.unwrap_or_else(|why| {
            let message = format!(
                "the release {}/{} (revision {}) was read without its chart and times: {why}",
                meta.namespace,
                meta.label("name").unwrap_or_default(),
                meta.label("version").unwrap_or_default(),
            );
            self.notes.tell(Gap::Partial, &message);
            Payload::default()
        })
    }
}

/// An output that is told the same only once: the two walks of a scan meet the same obstacles.
struct Once<'o> {
    output: &'o dyn Output,
    told: RefCell<HashSet<String>>,
}

impl<'o> Once<'o> {
    fn new(output: &'o dyn Output) -> Self {
        Self {
            output,
            told: RefCell::default(),
        }
    }
}

impl Output for Once<'_> {
    fn push(&self, payload: Batch) -> Result<Flow, Error> {
        self.output.push(payload)
    }

    fn report(&self, gap: Gap, cluster: Option<&str>, message: &str) {
        if self.told.borrow_mut().insert(message.to_owned()) {
            self.output.report(gap, cluster, message);
        }
    }

    fn progress(&self, report: ProgressReport) -> Flow {
        self.output.progress(report)
    }
}
