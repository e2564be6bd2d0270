//! Owns requests in the making, and what becomes of them at a fake Loki. Refuses to say what is right.

use std::rc::Rc;

use loki::Loki;
use loki_fake as fake;
use serde_json::Value;
use trawl_sdk::plan::request_for;
use trawl_sdk::schema::{Type, request_column, request_path};
use trawl_sdk::table::Connected;
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{
    Argument, ArgumentValue, Column, CompareExpr, CompareOp, Error, Expr, Gap, InSetExpr, Literal,
    PathStep, ScanPlan, ScanRequest, ServedCluster, SortKey, TextExpr, TextOp,
};
use trawl_sdk::{Session, Source};

/// The query's now: 2026-11-21T08:26:15.123Z.
pub const NOW: i64 = 1_795_249_575_123_000_000;

pub const SECOND: i64 = 1_000_000_000;

/// A fake as a transport.
pub fn transport(loki: impl Into<Rc<fake::Loki>>) -> Rc<Recorded> {
    let loki = loki.into();
    Recorded::by(move |request| {
        let flags = request
            .headers
            .iter()
            .find(|(name, _)| name == "x-loki-response-encoding-flags");
        let reply = loki.answer(&fake::Request {
            path: format!("/{}", request.path.join("/")),
            query: request.query.clone(),
            tenant: None,
            categorize: flags.is_some_and(|(_, value)| value == "categorize-labels"),
        });
        Answer::new(reply.status, reply.kind, reply.body)
    })
}

/// A condition.
#[derive(Debug, Clone)]
pub enum Condition {
    Compare(CompareOp, Literal),
    In(Vec<&'static str>, bool),
    Text(TextOp, &'static str, bool, bool),
    IsNull,
    IsNotNull,
}

pub fn utf8(text: &str) -> Literal {
    Literal::Utf8(text.to_owned())
}

/// `labels.app`, `line`: a text, or a time.
pub fn column(text: &str) -> Column {
    match text.split_once('.') {
        None if text == "timestamp" => request_column(text, Type::Timestamp),
        None if matches!(text, "labels" | "metadata" | "parsed") => {
            request_column(text, Type::map(Type::Utf8))
        }
        None if text == "value" => request_column(text, Type::Float64),
        None if matches!(text, "streams" | "chunks" | "entries" | "bytes") => {
            request_column(text, Type::Int64)
        }
        None => request_column(text, Type::Utf8),
        Some((name, key)) => {
            let mut column = request_path(name, vec![PathStep::Key(key.to_owned())], Type::Utf8);
            column.output[0].name = text.to_owned();
            column
        }
    }
}

/// A request in the making.
#[derive(Clone)]
pub struct Asked(pub ScanRequest);

impl Asked {
    /// Of a table, with these columns.
    pub fn of(table: &[&str], columns: &[&str]) -> Self {
        Self(ScanRequest {
            now_ns: NOW,
            projection: columns
                .iter()
                .map(|name| match (table, *name) {
                    (["label_values"], "value") => request_column(name, Type::Utf8),
                    _ => column(name),
                })
                .collect(),
            max_partitions: 8,
            ..request_for(table)
        })
    }

    pub fn filter(mut self, name: &str, condition: &Condition) -> Self {
        let request = &mut self.0;
        request.refs.push(column(name));
        let last = |request: &ScanRequest| u32::try_from(request.filters.nodes.len()).unwrap() - 1;
        let at = u32::try_from(request.refs.len()).unwrap() - 1;
        request.filters.nodes.push(Expr::ColumnRef(at));
        let value = last(request);
        let node = match condition.clone() {
            Condition::Compare(op, literal) => {
                request.filters.nodes.push(Expr::Value(literal));
                Expr::Compare(CompareExpr {
                    op,
                    left: value,
                    right: last(request),
                })
            }
            Condition::In(items, negated) => Expr::InSet(InSetExpr {
                value,
                items: items.into_iter().map(utf8).collect(),
                negated,
            }),
            Condition::Text(op, pattern, ignore_case, negated) => Expr::TextMatch(TextExpr {
                value,
                op,
                pattern: pattern.to_owned(),
                ignore_case,
                negated,
            }),
            Condition::IsNull => Expr::IsNull(value),
            Condition::IsNotNull => Expr::IsNotNull(value),
        };
        request.filters.nodes.push(node);
        let root = last(request);
        request.filters.roots.push(root);
        self
    }

    pub fn equal(self, name: &str, value: &str) -> Self {
        self.filter(name, &Condition::Compare(CompareOp::Eq, utf8(value)))
    }

    pub fn time(self, op: CompareOp, at: i64) -> Self {
        let literal = Literal::TimestampNs(at);
        self.filter("timestamp", &Condition::Compare(op, literal))
    }

    pub fn argument(mut self, name: &str, value: Literal) -> Self {
        self.0.arguments.push(Argument {
            name: name.to_owned(),
            value: ArgumentValue::Scalar(value),
        });
        self
    }

    pub fn clusters(mut self, pairs: &[(&str, Option<&str>)]) -> Self {
        self.0.clusters = pairs
            .iter()
            .map(|(name, key)| ServedCluster {
                name: (*name).to_owned(),
                key: key.map(str::to_owned),
            })
            .collect();
        self
    }

    pub fn by_time(mut self, descending: bool) -> Self {
        self.0.refs.push(column("timestamp"));
        self.0.sort = vec![SortKey {
            column: u32::try_from(self.0.refs.len()).unwrap() - 1,
            descending,
            nulls_first: false,
        }];
        self
    }

    pub fn limit(mut self, limit: u64) -> Self {
        self.0.limit = Some(limit);
        self
    }
}

/// What became of a request.
pub struct Became {
    pub plan: ScanPlan,
    /// The rows of each partition.
    pub partitions: Vec<Vec<Value>>,
    pub reports: Vec<(Gap, String)>,
    pub requests: Vec<String>,
}

impl Became {
    pub fn rows(&self) -> Vec<Value> {
        self.partitions.concat()
    }
}

/// Runs a request, each partition in a session of its own.
pub fn run(http: &Rc<Recorded>, config: &str, asked: &Asked) -> Result<Became, Error> {
    let open = || -> Result<Connected<Loki>, Error> { Loki::open(config, http.clone()) };
    let plan = open()?.plan(&asked.0)?;
    let mut became = Became {
        plan: plan.clone(),
        partitions: Vec::new(),
        reports: Vec::new(),
        requests: Vec::new(),
    };
    for token in &plan.partitions {
        let output = Collected::new(plan.schema.clone());
        open()?.scan(token, &output)?;
        became.partitions.push(output.rows());
        became.reports.extend(output.reports());
    }
    became.requests = http.requests();
    Ok(became)
}
