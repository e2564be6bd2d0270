//! Owns requests written as text (`where state == "ALARM"`), so that cases are read as queries are. Refuses to be the language: a
//! condition is a column, an operator and constants.

use trawl_plugin_cloudwatch::CloudWatch;
use trawl_sdk::columns::{parse_duration_ns, parse_rfc3339_ns};
use trawl_sdk::plan::request_for;
use trawl_sdk::testing::Recorded;
use trawl_sdk::types::{
    Argument, ArgumentValue, Column, CompareExpr, CompareOp, DataType, Expr, Field, InSetExpr,
    Literal, PathStep, ScanRequest, ServedCluster, TextExpr, TextOp, TextPart,
};
use trawl_sdk::{Session, Source};

/// The query's now: 2026-11-21T08:26:15.123Z.
pub const NOW: i64 = 1_795_249_575_123_000_000;

/// A request in the making.
pub struct Asked {
    pub request: ScanRequest,
    fields: Vec<Field>,
}

impl Asked {
    /// Of a table, with all its columns.
    pub fn of(table: &str) -> Self {
        let connection = CloudWatch::open("", Recorded::in_order([])).unwrap();
        let path = [table.to_owned()];
        let fields = connection.table_schema(&path, &[]).unwrap().schema.fields;
        let mut asked = Self {
            request: ScanRequest {
                now_ns: NOW,
                ..request_for(&[table])
            },
            fields,
        };
        let names: Vec<_> = asked
            .roots()
            .into_iter()
            .map(|root| root[0].name.clone())
            .collect();
        asked.show(&names.join(", "));
        asked
    }

    /// The table's columns, each with its subtree.
    fn roots(&self) -> Vec<Vec<Field>> {
        let mut roots = Vec::new();
        let mut rest = &self.fields[..];
        while let Some(field) = rest.first() {
            let (root, tail) = rest.split_at(1 + field.children as usize);
            roots.push(root.to_vec());
            rest = tail;
        }
        roots
    }

    /// `dimensions.InstanceId` or `name`, as the table has it; a part of a map is a text.
    fn column(&self, text: &str) -> Column {
        let (name, path) = text
            .split_once('.')
            .map_or((text, None), |(name, key)| (name, Some(key)));
        let root = self.roots().into_iter().find(|root| root[0].name == name);
        let root = root.unwrap_or_else(|| panic!("no column {name}"));
        match path {
            None => Column {
                name: name.to_owned(),
                path: Vec::new(),
                output: root,
            },
            Some(key) => Column {
                name: name.to_owned(),
                path: vec![PathStep::Key(key.to_owned())],
                output: vec![Field {
                    name: text.to_owned(),
                    data_type: DataType::Utf8,
                    nullable: true,
                    children: 0,
                    description: None,
                    metadata: Vec::new(),
                }],
            },
        }
    }

    /// Columns to put out: `name, state`.
    pub fn show(&mut self, columns: &str) -> &mut Self {
        self.request.projection = columns
            .split(',')
            .map(|name| self.column(name.trim()))
            .collect();
        self
    }

    /// An argument: `stat = "Sum"`.
    pub fn argument(&mut self, text: &str) -> &mut Self {
        let (name, value) = text.split_once('=').unwrap();
        let value = match literal(value.trim()) {
            Literal::Utf8(text) => ArgumentValue::Template(vec![TextPart::Text(text)]),
            other => ArgumentValue::Scalar(other),
        };
        self.request.arguments.push(Argument {
            name: name.trim().to_owned(),
            value,
        });
        self
    }

    /// Clusters: `prod=/eks/prod, staging`.
    pub fn clusters(&mut self, text: &str) -> &mut Self {
        self.request.clusters = served(text);
        self
    }

    /// Clusters that the connection serves beside them, in the same form.
    pub fn others(&mut self, text: &str) -> &mut Self {
        self.request.others = served(text);
        self
    }

    /// Conditions: `state == "ALARM" and name startswith_cs "a"`.
    pub fn filter(&mut self, text: &str) -> &mut Self {
        for condition in text.split(" and ") {
            let (name, rest) = condition.trim().split_once(' ').unwrap();
            let column = self.column(name);
            self.request.refs.push(column);
            let reference = self.add(Expr::ColumnRef(self.request.refs.len() as u32 - 1));
            let (operator, operand) = rest.split_once(' ').unwrap_or((rest, ""));
            let root = self.condition(reference, operator, operand.trim());
            self.request.filters.roots.push(root);
        }
        self
    }

    fn condition(&mut self, left: u32, operator: &str, operand: &str) -> u32 {
        let compared = |op| {
            move |asked: &mut Self| {
                let right = asked.add(Expr::Value(literal(operand)));
                asked.add(Expr::Compare(CompareExpr { op, left, right }))
            }
        };
        let matched = |op, ignore_case| {
            move |asked: &mut Self| {
                let Literal::Utf8(pattern) = literal(operand) else {
                    panic!("expected a text, got {operand}")
                };
                asked.add(Expr::TextMatch(TextExpr {
                    value: left,
                    op,
                    pattern,
                    ignore_case,
                    negated: false,
                }))
            }
        };
        match operator {
            "==" => compared(CompareOp::Eq)(self),
            "!=" => compared(CompareOp::Ne)(self),
            "<" => compared(CompareOp::Lt)(self),
            "<=" => compared(CompareOp::Le)(self),
            ">" => compared(CompareOp::Gt)(self),
            ">=" => compared(CompareOp::Ge)(self),
            "has" => matched(TextOp::Has, true)(self),
            "has_cs" => matched(TextOp::Has, false)(self),
            "contains" => matched(TextOp::Contains, true)(self),
            "startswith" => matched(TextOp::Prefix, true)(self),
            "startswith_cs" => matched(TextOp::Prefix, false)(self),
            "isnull" => self.add(Expr::IsNull(left)),
            "isnotnull" => self.add(Expr::IsNotNull(left)),
            "in" | "notin" => {
                let items = operand
                    .trim_matches(['(', ')'])
                    .split(", ")
                    .map(literal)
                    .collect();
                let negated = operator == "notin";
                self.add(Expr::InSet(InSetExpr {
                    value: left,
                    items,
                    negated,
                }))
            }
            other => panic!("no operator {other}"),
        }
    }

    fn add(&mut self, node: Expr) -> u32 {
        self.request.filters.nodes.push(node);
        self.request.filters.nodes.len() as u32 - 1
    }
}

fn served(text: &str) -> Vec<ServedCluster> {
    text.split(',')
        .map(|cluster| match cluster.trim().split_once('=') {
            Some((name, key)) => ServedCluster {
                name: name.to_owned(),
                key: Some(key.to_owned()),
            },
            None => ServedCluster {
                name: cluster.trim().to_owned(),
                key: None,
            },
        })
        .collect()
}

/// `"text"`, `5`, `true`, `5m`, a time, or `ago(1h)`.
pub fn literal(text: &str) -> Literal {
    if let Some(quoted) = text.strip_prefix('"') {
        return Literal::Utf8(quoted.strip_suffix('"').unwrap().replace("\\\"", "\""));
    }
    let ago = text
        .strip_prefix("ago(")
        .and_then(|rest| rest.strip_suffix(')'));
    if let Some(span) = ago {
        return Literal::TimestampNs(NOW - duration(span).unwrap());
    }
    if let Ok(value) = text.parse() {
        return Literal::Boolean(value);
    }
    if let Ok(value) = text.parse() {
        return Literal::Int64(value);
    }
    let time = parse_rfc3339_ns(text).map(Literal::TimestampNs);
    let span = || duration(text).map(Literal::DurationNs);
    time.or_else(span)
        .unwrap_or_else(|| panic!("no literal: {text}"))
}

/// With days, which Go's form does not have.
fn duration(text: &str) -> Option<i64> {
    match text.strip_suffix('d') {
        Some(days) => Some(days.parse::<i64>().ok()? * 86_400_000_000_000),
        None => parse_duration_ns(text),
    }
}
