//! Owns what the plugin's tests share: requests in a few words, and their runs. Refuses expectations.
use std::rc::Rc;

use serde_json::{Value, json};
use trawl_plugin_prometheus::Prometheus;
use trawl_sdk::plan::request_for;
use trawl_sdk::schema::{Type, request_column, request_path};
use trawl_sdk::testing::{Answer, Collected, Recorded};
use trawl_sdk::types::{
    Aggregate, AggregateCall, AggregateFunction, Argument, ArgumentValue, Column, CompareExpr,
    CompareOp, Expr, Gap, GroupKey, InSetExpr, Literal, PathStep, ScanPlan, ScanRequest,
    ServedCluster, TextExpr, TextOp,
};
use trawl_sdk::{Error, Session, Source, Transport};

/// The query's now, in nanoseconds.
pub const NOW_NS: i64 = 1_795_249_575_123_000_000;

/// A request in the making.
#[derive(Clone)]
pub struct Ask(pub ScanRequest);

/// A label as a column.
pub fn label(name: &str) -> Column {
    let mut column = request_path("labels", vec![PathStep::Key(name.into())], Type::Utf8);
    column.output[0].name = name.to_owned();
    column
}

/// A column of a type.
pub fn of(name: &str, of: Type) -> Column {
    request_column(name, of)
}

/// A column of texts by their names.
pub fn map(name: &str) -> Column {
    of(name, Type::map(Type::Utf8))
}

pub fn text(name: &str) -> Column {
    request_column(name, Type::Utf8)
}

pub fn timestamp() -> Column {
    request_column("timestamp", Type::Timestamp)
}

pub fn value() -> Column {
    request_column("value", Type::Float64)
}

pub fn utf8(text: &str) -> Literal {
    Literal::Utf8(text.to_owned())
}

/// A time of so many milliseconds.
pub fn at(ms: i64) -> Literal {
    Literal::TimestampNs(ms * 1_000_000)
}

impl Ask {
    /// Of a table; the default one by "".
    pub fn of(table: &str) -> Self {
        let path: Vec<&str> = table.split('.').filter(|part| !part.is_empty()).collect();
        Self(ScanRequest {
            now_ns: NOW_NS,
            ..request_for(&path)
        })
    }

    /// Of an expression, with the columns of the default table.
    pub fn promql(query: &str) -> Self {
        let labels = request_column("labels", Type::map(Type::Utf8));
        Self::of("")
            .argument("query", utf8(query))
            .columns([timestamp(), value(), labels])
    }

    /// Of raw samples.
    pub fn samples() -> Self {
        let labels = request_column("labels", Type::map(Type::Utf8));
        Self::of("samples").columns([timestamp(), value(), labels])
    }

    pub fn argument(mut self, name: &str, value: Literal) -> Self {
        self.0.arguments.push(Argument {
            name: name.to_owned(),
            value: ArgumentValue::Scalar(value),
        });
        self
    }

    pub fn columns(mut self, columns: impl IntoIterator<Item = Column>) -> Self {
        self.0.projection = columns.into_iter().collect();
        self
    }

    pub fn limit(mut self, limit: u64) -> Self {
        self.0.limit = Some(limit);
        self
    }

    pub fn clusters(mut self, served: &[(&str, Option<&str>)]) -> Self {
        self.0.clusters = all(served);
        self
    }

    /// Clusters whose rows are not wanted, beside those that are; what is nobody's is wanted.
    pub fn but_not(mut self, others: &[(&str, Option<&str>)]) -> Self {
        self.0.others = all(others);
        self.0.unplaced = true;
        self
    }

    fn node(&mut self, node: Expr) -> u32 {
        self.0.filters.nodes.push(node);
        u32::try_from(self.0.filters.nodes.len() - 1).unwrap()
    }

    fn reference(&mut self, column: Column) -> u32 {
        let index = self.index(column);
        self.node(Expr::ColumnRef(index))
    }

    fn index(&mut self, column: Column) -> u32 {
        let refs = &mut self.0.refs;
        let found = refs.iter().position(|known| *known == column);
        let index = found.unwrap_or_else(|| {
            refs.push(column);
            refs.len() - 1
        });
        u32::try_from(index).unwrap()
    }

    fn root(mut self, node: Expr) -> Self {
        let root = self.node(node);
        self.0.filters.roots.push(root);
        self
    }

    pub fn filter(mut self, column: Column, op: CompareOp, literal: Literal) -> Self {
        let left = self.reference(column);
        let right = self.node(Expr::Value(literal));
        self.root(Expr::Compare(CompareExpr { op, left, right }))
    }

    pub fn is(self, column: Column, value: &str) -> Self {
        self.filter(column, CompareOp::Eq, utf8(value))
    }

    pub fn from(self, ms: i64) -> Self {
        self.filter(timestamp(), CompareOp::Ge, at(ms))
    }

    pub fn until(self, ms: i64) -> Self {
        self.filter(timestamp(), CompareOp::Le, at(ms))
    }

    pub fn among(mut self, column: Column, items: &[&str], negated: bool) -> Self {
        let value = self.reference(column);
        let items = items.iter().map(|item| utf8(item)).collect();
        self.root(Expr::InSet(InSetExpr {
            value,
            items,
            negated,
        }))
    }

    pub fn matching(
        mut self,
        column: Column,
        op: TextOp,
        pattern: &str,
        ignore_case: bool,
        negated: bool,
    ) -> Self {
        let value = self.reference(column);
        self.root(Expr::TextMatch(TextExpr {
            value,
            op,
            pattern: pattern.to_owned(),
            ignore_case,
            negated,
        }))
    }

    pub fn null(mut self, column: Column, is: bool) -> Self {
        let value = self.reference(column);
        self.root(if is {
            Expr::IsNull(value)
        } else {
            Expr::IsNotNull(value)
        })
    }

    /// Offers an aggregate: keys with the widths of their bins in milliseconds, and functions with whether they are of `value`.
    pub fn aggregate(
        mut self,
        keys: &[(Column, Option<u64>)],
        calls: &[(AggregateFunction, bool)],
    ) -> Self {
        let group_by = keys
            .iter()
            .map(|(column, bin)| GroupKey {
                column: self.index(column.clone()),
                bin_ns: bin.map(|ms| ms * 1_000_000),
            })
            .collect();
        let calls = calls
            .iter()
            .enumerate()
            .map(|(at, (function, of_value))| {
                let of = match function {
                    AggregateFunction::Count => Type::Int64,
                    _ => Type::Float64,
                };
                let name = format!("c{at}");
                AggregateCall {
                    function: *function,
                    column: of_value.then(|| self.index(value())),
                    output: request_column(&name, of).output.remove(0),
                }
            })
            .collect();
        self.0.aggregate = Some(Aggregate { group_by, calls });
        self
    }

    /// Plans it with a connection of that configuration.
    pub fn plan(&self, config: &str, http: Rc<dyn Transport>) -> Result<ScanPlan, Error> {
        Prometheus::open(config, http).unwrap().plan(&self.0)
    }

    /// Plans and scans it, the scan by another instance.
    pub fn run_on(&self, config: &str, http: Rc<dyn Transport>) -> Ran {
        let plan = self.plan(config, Rc::clone(&http)).unwrap();
        let output = Collected::new(plan.schema.clone());
        let other = Prometheus::open(config, http).unwrap();
        let result = plan
            .partitions
            .iter()
            .try_for_each(|token| other.scan(token, &output));
        Ran {
            result,
            rows: output.rows(),
            reports: output.reports(),
            plan,
        }
    }

    /// The same against answers in order, and what was asked.
    pub fn run(&self, answers: impl IntoIterator<Item = Answer>) -> (Ran, Vec<String>) {
        let http = Recorded::in_order(answers);
        let ran = self.run_on("{}", http.clone());
        (ran, http.requests())
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Ran {
    pub result: Result<(), Error>,
    pub rows: Vec<Value>,
    pub reports: Vec<(Gap, String)>,
    pub plan: ScanPlan,
}

impl Ran {
    /// The rows of a run that must have succeeded.
    pub fn rows(self) -> Vec<Value> {
        self.result.unwrap();
        self.rows
    }
}

/// A query's answer.
pub fn success(kind: &str, result: Value) -> Answer {
    let body = json!({"status": "success", "data": {"resultType": kind, "result": result}});
    Answer::json(body.to_string())
}

/// Any other answer.
pub fn data(data: Value) -> Answer {
    Answer::json(json!({"status": "success", "data": data}).to_string())
}

fn all(served: &[(&str, Option<&str>)]) -> Vec<ServedCluster> {
    let served = served.iter().map(|(name, key)| ServedCluster {
        name: (*name).to_owned(),
        key: key.map(str::to_owned),
    });
    served.collect()
}
