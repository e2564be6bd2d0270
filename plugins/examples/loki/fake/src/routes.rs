//! Owns requests and answers: parameters and their defaults, limits and their words, JSON. Refuses sockets.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::evaluate::{Found, entries, samples, selects};
use crate::logql::{self, Query};
use crate::{Labels, Loki};

const HOUR: i64 = 3_600_000_000_000;

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The path: `/loki/api/v1/labels`.
    pub path: String,
    /// Parameters, decoded.
    pub query: Vec<(String, String)>,
    /// The tenant (`X-Scope-OrgID`).
    pub tenant: Option<String>,
    /// Whether `X-Loki-Response-Encoding-Flags` asks for `categorize-labels`.
    pub categorize: bool,
}

impl Request {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The content type.
    pub kind: &'static str,
    /// The body.
    pub body: String,
}

fn refused(status: u16, words: impl Into<String>) -> Reply {
    Reply {
        status,
        kind: "text/plain; charset=utf-8",
        body: words.into(),
    }
}

fn bad(words: impl Into<String>) -> Reply {
    refused(400, words)
}

fn success(body: Value) -> Reply {
    Reply {
        status: 200,
        kind: "application/json; charset=UTF-8",
        body: body.to_string(),
    }
}

/// Nanoseconds, or seconds where there are at most ten digits or a point: `pkg/loghttp/params.go`.
fn time(text: &str) -> Option<i64> {
    if text.contains('.') {
        let seconds: f64 = text.parse().ok()?;
        return Some((seconds * 1e3).round() as i64 * 1_000_000);
    }
    let number: i64 = text.parse().ok()?;
    if text.len() <= 10 {
        number.checked_mul(1_000_000_000)
    } else {
        Some(number)
    }
}

impl Loki {
    /// Answers a GET.
    pub fn answer(&self, request: &Request) -> Reply {
        if self.tenant.is_some() && request.tenant != self.tenant {
            return refused(401, "no org id");
        }
        let Some(function) = request.path.strip_prefix("/loki/api/v1/") else {
            return refused(404, "404 page not found");
        };
        let answered = match function {
            "query_range" => self.query_range(request),
            "query" => self.query(request),
            "labels" => self.labels(request, None),
            "series" => self.series(request),
            "index/stats" => self.stats(request),
            "status/buildinfo" => Ok(success(json!({
                "version": "3.5.0", "revision": "fake", "branch": "HEAD", "buildDate": "", "buildUser": "",
                "goVersion": "go1.24.1"
            }))),
            other => match other
                .strip_prefix("label/")
                .and_then(|it| it.strip_suffix("/values"))
            {
                Some(name) => self.labels(request, Some(name)),
                None => Err(refused(404, "404 page not found")),
            },
        };
        answered.unwrap_or_else(|refusal| refusal)
    }

    fn bounds(&self, request: &Request, default: i64) -> Result<(i64, i64), Reply> {
        let at = |name: &str, or: i64| match request.get(name) {
            None => Ok(or),
            Some(text) => {
                time(text).ok_or_else(|| bad(format!("could not parse '{name}' parameter: {text}")))
            }
        };
        let end = at("end", self.now)?;
        let start = at("start", end - default)?;
        if end < start {
            return Err(bad(
                "end timestamp must not be before or equal to start time",
            ));
        }
        let length = end - start;
        if length > self.max_length {
            return Err(bad(format!(
                "the query time range exceeds the limit (query length: {}, limit: {})",
                go(length),
                go(self.max_length)
            )));
        }
        Ok((start, end))
    }

    fn query_range(&self, request: &Request) -> Result<Reply, Reply> {
        let (start, end) = self.bounds(request, HOUR)?;
        let limit: u64 = match request.get("limit").unwrap_or("100").parse() {
            Ok(0) | Err(_) => return Err(bad("limit must be a positive value")),
            Ok(limit) => limit,
        };
        let backward = match request.get("direction").unwrap_or("backward") {
            "backward" | "BACKWARD" => true,
            "forward" | "FORWARD" => false,
            other => return Err(bad(format!("invalid direction '{other}'"))),
        };
        let query = logql::parse(request.get("query").unwrap_or_default()).map_err(bad)?;
        let Query::Entries(pipeline) = &query else {
            return self.matrix(request, &query, start, end);
        };
        if limit > self.max_entries {
            return Err(bad(format!(
                "max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {})",
                self.max_entries
            )));
        }
        let mut found = entries(self, pipeline, start, end);
        // Entries of one time come in the order of their streams, as they do from a merge of streams.
        if backward {
            found.sort_by_key(|it| (Reverse(it.entry.at), it.stream));
        } else {
            found.sort_by_key(|it| (it.entry.at, it.stream));
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(self.streams(&found, request.categorize && self.categorizes))
    }

    fn streams(&self, found: &[Found<'_>], categorize: bool) -> Reply {
        let mut streams: BTreeMap<Labels, Vec<Value>> = BTreeMap::new();
        for it in found {
            let at = it.entry.at.to_string();
            if !categorize {
                let entry = json!([at, it.entry.line]);
                streams.entry(it.labels()).or_default().push(entry);
                continue;
            }
            let mut more = serde_json::Map::new();
            for (name, labels) in [("structuredMetadata", &it.metadata), ("parsed", &it.parsed)] {
                if !labels.is_empty() {
                    more.insert(name.to_owned(), json!(labels));
                }
            }
            let entry = json!([at, it.entry.line, more]);
            streams.entry(it.stream.clone()).or_default().push(entry);
        }
        let result: Vec<Value> = streams
            .into_iter()
            .map(|(stream, values)| json!({"stream": stream, "values": values}))
            .collect();
        let mut data = json!({"resultType": "streams", "result": result, "stats": {}});
        if categorize {
            data["encodingFlags"] = json!(["categorize-labels"]);
        }
        success(json!({"status": "success", "data": data}))
    }

    fn matrix(
        &self,
        request: &Request,
        query: &Query,
        start: i64,
        end: i64,
    ) -> Result<Reply, Reply> {
        let text = request.get("step").unwrap_or("60");
        let seconds = || text.parse::<f64>().ok().map(|it| (it * 1e9) as i64);
        let step = logql::duration(text).or_else(seconds).filter(|it| *it > 0);
        let step = step.ok_or_else(|| bad("zero or negative query resolution step widths are not accepted. Try a positive integer"))?;
        if (end - start) / step > 11_000 {
            return Err(bad(
                "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter",
            ));
        }
        let mut all: BTreeMap<Labels, Vec<Value>> = BTreeMap::new();
        let mut at = start;
        while at <= end {
            for (labels, value) in samples(self, query, at) {
                all.entry(labels).or_default().push(sample(at, value));
            }
            at += step;
        }
        let result: Vec<Value> = all
            .into_iter()
            .map(|(metric, values)| json!({"metric": metric, "values": values}))
            .collect();
        Ok(success(
            json!({"status": "success", "data": {"resultType": "matrix", "result": result, "stats": {}}}),
        ))
    }

    fn query(&self, request: &Request) -> Result<Reply, Reply> {
        let query = logql::parse(request.get("query").unwrap_or_default()).map_err(bad)?;
        if let Query::Entries(_) = query {
            return Err(bad(
                "log queries are not supported as an instant query type, please change your query to a range query type",
            ));
        }
        let at = match request.get("time") {
            None => self.now,
            Some(text) => time(text)
                .ok_or_else(|| bad(format!("cannot parse {text} to a valid timestamp")))?,
        };
        let data = match query {
            Query::Number(number) => {
                json!({"resultType": "scalar", "result": sample(at, number), "stats": {}})
            }
            query => {
                let result: Vec<Value> = samples(self, &query, at)
                    .into_iter()
                    .map(|(metric, value)| json!({"metric": metric, "value": sample(at, value)}))
                    .collect();
                json!({"resultType": "vector", "result": result, "stats": {}})
            }
        };
        Ok(success(json!({"status": "success", "data": data})))
    }

    /// The labels of the streams with entries in the period that a selector selects; all without one.
    fn selected(&self, request: &Request, selector: Option<&str>) -> Result<Vec<&Labels>, Reply> {
        let (start, end) = self.bounds(request, 6 * HOUR)?;
        let matchers = selector.map(logql::selector).transpose().map_err(bad)?;
        let chosen = self.streams.iter().filter(|stream| {
            let wanted = matchers
                .as_ref()
                .is_none_or(|it| selects(it, &stream.labels));
            let within = |it: &crate::Entry| start <= it.at && it.at < end;
            wanted && stream.entries.iter().any(within)
        });
        Ok(chosen.map(|stream| &stream.labels).collect())
    }

    fn labels(&self, request: &Request, name: Option<&str>) -> Result<Reply, Reply> {
        let streams = self.selected(request, request.get("query"))?;
        let all: BTreeSet<&String> = match name {
            None => streams.iter().flat_map(|labels| labels.keys()).collect(),
            Some(name) => streams
                .iter()
                .filter_map(|labels| labels.get(name))
                .collect(),
        };
        let mut body = json!({"status": "success"});
        // Go leaves an empty list out.
        if !all.is_empty() {
            body["data"] = json!(all);
        }
        Ok(success(body))
    }

    fn series(&self, request: &Request) -> Result<Reply, Reply> {
        let Some(selector) = request.get("match[]") else {
            return Err(bad("0 matcher groups supplied"));
        };
        let streams = self.selected(request, Some(selector))?;
        Ok(success(json!({"status": "success", "data": streams})))
    }

    fn stats(&self, request: &Request) -> Result<Reply, Reply> {
        let (start, end) = self.bounds(request, 6 * HOUR)?;
        let matchers = logql::selector(request.get("query").unwrap_or_default()).map_err(bad)?;
        let (mut streams, mut count, mut bytes) = (0, 0, 0);
        for stream in self
            .streams
            .iter()
            .filter(|it| selects(&matchers, &it.labels))
        {
            let within: Vec<_> = stream
                .entries
                .iter()
                .filter(|it| start <= it.at && it.at < end)
                .collect();
            streams += u64::from(!within.is_empty());
            count += within.len();
            bytes += within.iter().map(|it| it.line.len()).sum::<usize>();
        }
        Ok(success(json!({
            "streams": streams, "chunks": streams, "entries": count, "bytes": bytes
        })))
    }
}

/// `[1588889221.123, "37.7"]`
fn sample(at: i64, value: f64) -> Value {
    let ms = at.div_euclid(1_000_000);
    json!([ms as f64 / 1e3, value.to_string()])
}

/// A duration as Go prints it: `721h0m0s`.
fn go(ns: i64) -> String {
    let seconds = ns / 1_000_000_000;
    format!(
        "{}h{}m{}s",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, Stream, labels};

    fn loki() -> Loki {
        let entry = |at| Entry {
            at,
            line: format!("line {at}"),
            metadata: Labels::new(),
        };
        let at = |s: i64| 1_700_000_000_000_000_000 + s;
        let stream = |app, times: &[i64]| Stream {
            labels: labels(&[("app", app)]),
            entries: times.iter().map(|s| entry(at(*s))).collect(),
        };
        Loki::of(vec![stream("a", &[1, 2, 2]), stream("b", &[2, 3])], at(10))
    }

    fn ask(function: &str, query: &[(&str, &str)]) -> Reply {
        loki().answer(&Request {
            path: format!("/loki/api/v1/{function}"),
            query: query
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            ..Request::default()
        })
    }

    #[test]
    fn the_end_is_excluded_and_the_limit_cuts() {
        let all = [
            ("query", r#"{app=~".+"}"#),
            ("start", "1700000000000000001"),
            ("end", "1700000000000000003"),
        ];
        let body: Value = serde_json::from_str(&ask("query_range", &all).body).unwrap();
        let result = &body["data"]["result"];
        assert_eq!(result[0]["values"].as_array().unwrap().len(), 3);
        assert_eq!(result[1]["values"].as_array().unwrap().len(), 1);
        let mut cut = all.to_vec();
        cut.push(("limit", "1"));
        cut.push(("direction", "forward"));
        let body: Value = serde_json::from_str(&ask("query_range", &cut).body).unwrap();
        assert_eq!(
            body["data"]["result"][0]["values"][0][1],
            "line 1700000000000000001"
        );
    }

    #[test]
    fn limits_are_told_in_lokis_words() {
        for (query, words) in [
            (
                vec![("query", "{a=\"b\"}"), ("limit", "5001")],
                "max entries limit per query exceeded",
            ),
            (
                vec![("query", "{a=\"b\"}"), ("start", "1600000000")],
                "the query time range exceeds the limit",
            ),
            (
                vec![("query", "{a=\"b\"}"), ("direction", "up")],
                "invalid direction",
            ),
            (
                vec![("query", "{a=\"b\"}"), ("limit", "0")],
                "limit must be a positive",
            ),
            (
                vec![("query", "{a=\"b\"}"), ("start", "1700000001")],
                "end timestamp must not be before",
            ),
            (
                vec![("query", "rate({a=\"b\"}[1m])"), ("step", "1ms")],
                "exceeded maximum resolution",
            ),
        ] {
            let reply = ask("query_range", &query);
            assert_eq!(reply.status, 400);
            assert!(reply.body.contains(words), "{}", reply.body);
        }
        assert!(
            ask("query", &[("query", "{a=\"b\"}")])
                .body
                .contains("log queries are not supported")
        );
        assert_eq!(ask("nope", &[]).status, 404);
    }
}
