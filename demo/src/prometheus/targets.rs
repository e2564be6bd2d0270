//! Owns `targets`: what is scraped, and how the last scrape went. They are the series of `up`.

use serde_json::{Value, json};

use super::answer::Answered;
use super::form::Form;
use super::query::metric;
use super::series::{SCRAPE_MS, Series};
use crate::clock::rfc3339;

/// Answers `targets`.
pub(super) fn answer(form: &Form<'_>, series: &[Series]) -> Answered {
    let wanted = |state: &str| {
        form.get("state")
            .is_none_or(|wanted| wanted == "any" || wanted == state)
    };
    let at_ms = form.now_ms;
    let active: Vec<Value> = series
        .iter()
        .filter(|series| wanted("active") && series.name() == "up")
        .filter_map(|series| Some(target(series, series.at(at_ms)? > 0.0, at_ms)))
        .collect();
    let mut data = json!({"activeTargets": active, "droppedTargets": []});
    if wanted("dropped") {
        data["droppedTargetCounts"] = json!({"kubelet": 0, "prometheus": 0});
    }
    Ok(data.into())
}

fn target(series: &Series, up: bool, at_ms: i64) -> Value {
    let label = |name: &str| series.labels.get(name).map_or("", String::as_str);
    let (instance, job) = (label("instance"), label("job"));
    let scheme = if job == "kubelet" { "https" } else { "http" };
    let scraped_s = at_ms.div_euclid(SCRAPE_MS).saturating_mul(SCRAPE_MS) / 1000;
    let error = if up {
        String::new()
    } else {
        format!(
            "Get \"https://{instance}/metrics\": dial tcp {instance}: connect: no route to host"
        )
    };
    json!({
        "discoveredLabels": {
            "__address__": instance, "__metrics_path__": "/metrics", "__scheme__": scheme, "__scrape_interval__": "30s",
            "__scrape_timeout__": "10s", "job": job,
        },
        "labels": metric(&series.nameless),
        "scrapePool": job,
        "scrapeUrl": format!("{scheme}://{instance}/metrics"),
        "globalUrl": format!("{scheme}://{instance}/metrics"),
        "lastError": error,
        "lastScrape": rfc3339(scraped_s),
        "lastScrapeDuration": if up { 0.021 } else { 10.0 },
        "health": if up { "up" } else { "down" },
        "scrapeInterval": "30s",
        "scrapeTimeout": "10s",
    })
}
