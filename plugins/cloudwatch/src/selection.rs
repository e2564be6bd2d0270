//! Owns which metrics conditions select: what ListMetrics is asked for, and whether a metric is among them. Refuses to ask.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trawl_sdk::filter::Predicate;
use trawl_sdk::types::PathStep;

use crate::pages::Page;
use trawl_sdk::filter::Texts;

/// Dimensions that one request can name.
const MAX_DIMENSIONS: usize = 10;

/// Listings that namespaces and names are asked as, at most; with more of them all is listed and looked through here.
const MAX_LISTINGS: usize = 20;

/// Metrics, by what conditions say of them.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Selection {
    pub(crate) namespace: Texts,
    pub(crate) metric: Texts,
    pub(crate) dimensions: BTreeMap<String, Texts>,
}

/// One metric: a time series by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Metric {
    pub(crate) namespace: String,
    pub(crate) metric: String,
    pub(crate) dimensions: BTreeMap<String, String>,
}

impl Selection {
    /// Takes a condition on `namespace`, `metric` or one of `dimensions`, exactly. Says whether it did.
    pub(crate) fn take(&mut self, predicate: &Predicate<'_>) -> bool {
        match (
            predicate.column.name.as_str(),
            predicate.column.path.as_slice(),
        ) {
            ("namespace", []) => self.namespace.take(predicate),
            ("metric", []) => self.metric.take(predicate),
            ("dimensions", [PathStep::Key(name)]) => self
                .dimensions
                .entry(name.clone())
                .or_default()
                .take(predicate),
            _ => false,
        }
    }

    /// Whether surely no metric is selected.
    pub(crate) fn is_empty(&self) -> bool {
        let mut all = [&self.namespace, &self.metric]
            .into_iter()
            .chain(self.dimensions.values());
        all.any(Texts::is_empty)
    }

    /// Whether a metric is selected.
    pub(crate) fn matches(&self, metric: &Metric) -> bool {
        self.namespace.matches(Some(&metric.namespace))
            && self.metric.matches(Some(&metric.metric))
            && self
                .dimensions
                .iter()
                .all(|(name, texts)| texts.matches(metric.dimensions.get(name).map(String::as_str)))
    }

    /// What ListMetrics is asked for, so that every selected metric is in one of the answers, and none in two.
    pub(crate) fn requests(&self, recent: bool) -> Vec<Value> {
        let some = |texts: &Texts| -> Vec<Option<String>> {
            match texts.listed() {
                Some(listed) => listed
                    .into_iter()
                    .map(|text| Some(text.to_owned()))
                    .collect(),
                None => vec![None],
            }
        };
        let (mut namespaces, mut metrics) = (some(&self.namespace), some(&self.metric));
        if namespaces.len().saturating_mul(metrics.len()) > MAX_LISTINGS {
            metrics = vec![None];
        }
        if namespaces.len() > MAX_LISTINGS {
            namespaces = vec![None];
        }
        let dimensions: Vec<Value> = self
            .dimensions
            .iter()
            .filter(|(name, texts)| texts.required() && !name.is_empty() && name.len() <= 255)
            .take(MAX_DIMENSIONS)
            .map(
                |(name, texts)| match texts.one().filter(|value| !value.is_empty()) {
                    Some(value) => json!({"Name": name, "Value": value}),
                    None => json!({"Name": name}),
                },
            )
            .collect();
        let mut requests = Vec::new();
        for namespace in &namespaces {
            for metric in &metrics {
                let mut body = Map::new();
                if let Some(namespace) = namespace {
                    body.insert("Namespace".to_owned(), json!(namespace));
                }
                if let Some(metric) = metric {
                    body.insert("MetricName".to_owned(), json!(metric));
                }
                if !dimensions.is_empty() {
                    body.insert("Dimensions".to_owned(), json!(dimensions));
                }
                if recent {
                    body.insert("RecentlyActive".to_owned(), json!("PT3H"));
                }
                requests.push(Value::Object(body));
            }
        }
        requests
    }

    /// What it selects, for `explain`.
    pub(crate) fn text(&self) -> String {
        let any = |texts: &Texts| match texts.listed() {
            Some(listed) => listed.join("|"),
            None => "*".to_owned(),
        };
        let mut text = format!("{} {}", any(&self.namespace), any(&self.metric));
        for (name, texts) in self.dimensions.iter().filter(|(_, texts)| texts.required()) {
            text.push_str(&format!(" {name}={}", any(texts)));
        }
        text
    }
}

/// A name and a value, as everywhere in monitoring.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Dimension {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Dimensions as a map. A metric has each name once.
pub(crate) fn dimensions(list: Vec<Dimension>) -> BTreeMap<String, String> {
    list.into_iter().map(|it| (it.name, it.value)).collect()
}

/// A page of ListMetrics.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MetricPage {
    #[serde(default)]
    metrics: Vec<Listed>,
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

impl Page for MetricPage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

impl MetricPage {
    /// The selected ones of the page.
    pub(crate) fn selected(self, selection: &Selection) -> impl Iterator<Item = Metric> {
        self.metrics
            .into_iter()
            .map(|listed| Metric {
                namespace: listed.namespace,
                metric: listed.metric_name,
                dimensions: dimensions(listed.dimensions),
            })
            .filter(|metric| selection.matches(metric))
    }
}
