//! A guest's plan against the request it answers. A plan that claims what cannot be is refused before
//! a single row is read by it: a wrong `exact` would be a wrong number without a word.

use arrow::datatypes::{Field, Schema, SchemaRef};
use std::sync::Arc;

use crate::bindings::types::{self, Pushed, ScanPlan, ScanRequest};
use crate::error::{Failure, cut, defect};
use crate::limits;
use crate::schema::{SchemaError, arrow_field};

/// The schema of the rows a plan will give: the projection's outputs, or the aggregate's.
///
/// # Errors
/// The request's own columns make no schema, or refer to nothing.
pub fn output_schema(request: &ScanRequest, aggregated: bool) -> Result<SchemaRef, SchemaError> {
    let mut fields = Vec::new();
    match &request.aggregate {
        Some(aggregate) if aggregated => {
            for key in &aggregate.group_by {
                let column = usize::try_from(key.column)
                    .ok()
                    .and_then(|index| request.refs.get(index));
                let Some(column) = column else {
                    return Err(SchemaError {
                        message: format!(
                            "the request groups by column {}, which it does not have",
                            key.column
                        ),
                    });
                };
                fields.push(arrow_field(&column.output)?);
            }
            for call in &aggregate.calls {
                fields.push(arrow_field(std::slice::from_ref(&call.output))?);
            }
        }
        _ => {
            for column in &request.projection {
                fields.push(arrow_field(&column.output)?);
            }
        }
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// Checks a plan, and cuts its explanation to a readable length.
pub(crate) fn check(request: &ScanRequest, mut plan: ScanPlan) -> Result<ScanPlan, Failure> {
    let roots = request.filters.roots.len();
    if plan.filters.len() != roots {
        return Err(defect(format!(
            "the plan answers {} filters; the request has {roots}",
            plan.filters.len()
        )));
    }
    let all_exact = plan.filters.iter().all(|pushed| *pushed == Pushed::Exact);
    if plan.aggregated && request.aggregate.is_none() {
        return Err(defect(
            "the plan aggregates, but the request does not ask for it",
        ));
    }
    if plan.aggregated && !all_exact {
        return Err(defect(
            "the plan aggregates, although not all of its filters are exact",
        ));
    }
    if plan.sorted && request.sort.is_empty() {
        return Err(defect(
            "the plan sorts, but the request does not ask for it",
        ));
    }
    check_limit(request, &plan, all_exact)?;
    check_partitions(request, &plan)?;
    if let Some(cost) = &plan.cost {
        check_cost(cost)?;
    }

    let expected =
        output_schema(request, plan.aggregated).map_err(|error| defect(error.message))?;
    check_schema(&expected, &plan.schema)?;
    plan.explain = cut(plan.explain);
    Ok(plan)
}

fn check_limit(request: &ScanRequest, plan: &ScanPlan, all_exact: bool) -> Result<(), Failure> {
    if plan.limit == Pushed::NotPushed {
        return Ok(());
    }
    if request.limit.is_none() {
        return Err(defect("the plan takes a limit, but the request has none"));
    }
    // Rows that a filter or an order of the host's would have chosen must not be cut before it.
    if !all_exact {
        return Err(defect(
            "the plan takes the limit, although not all of its filters are exact",
        ));
    }
    // Inexact, it leaves out what cannot be among the first, in whatever order the others come.
    if !request.sort.is_empty() && !plan.sorted && plan.limit == Pushed::Exact {
        return Err(defect(
            "the plan takes the limit, but not the order that decides which rows are first",
        ));
    }
    if plan.aggregated {
        return Err(defect(
            "the plan takes the limit over partial aggregates, which must come whole",
        ));
    }
    Ok(())
}

fn check_partitions(request: &ScanRequest, plan: &ScanPlan) -> Result<(), Failure> {
    let most = usize::try_from(request.max_partitions.max(1)).unwrap_or(usize::MAX);
    let found = plan.partitions.len();
    if found == 0 || found > most {
        return Err(defect(format!(
            "the plan has {found} partitions; expected 1 to {most}"
        )));
    }
    match plan
        .partitions
        .iter()
        .find(|token| token.len() > limits::TOKEN_BYTES)
    {
        Some(token) => Err(defect(format!(
            "a partition's token has {} bytes; at most {} are allowed",
            token.len(),
            limits::TOKEN_BYTES
        ))),
        None => Ok(()),
    }
}

/// A cost is added up, compared with a budget and shown: it must be a number of something.
fn check_cost(cost: &types::Cost) -> Result<(), Failure> {
    if cost.units.len() > limits::COST_UNITS {
        return Err(defect(format!(
            "the plan's cost has {} units; at most {} are allowed",
            cost.units.len(),
            limits::COST_UNITS
        )));
    }
    for (name, amount) in &cost.units {
        if name.is_empty()
            || name.len() > limits::COST_UNIT_BYTES
            || name.chars().any(char::is_control)
        {
            return Err(defect(format!(
                "a unit of the plan's cost has no name of 1 to {} printable bytes",
                limits::COST_UNIT_BYTES
            )));
        }
        if !amount.is_finite() || amount.is_sign_negative() {
            return Err(defect(format!(
                "the plan costs {amount} {name}; expected a finite number from 0"
            )));
        }
    }
    Ok(())
}

/// The declared schema must say what was asked for; descriptions and nullability may differ, since
/// rows are decoded by the asked one.
fn check_schema(expected: &Schema, declared: &types::Schema) -> Result<(), Failure> {
    let declared = crate::schema::arrow_schema(declared)
        .map_err(|error| defect(format!("the plan's schema: {}", error.message)))?;
    let (asked, given) = (expected.fields(), declared.fields());
    if asked.len() != given.len() {
        return Err(defect(format!(
            "the plan gives {} columns; {} were asked for",
            given.len(),
            asked.len()
        )));
    }
    for (asked, given) in asked.iter().zip(given) {
        if asked.name() != given.name() || !same_type(asked, given) {
            return Err(defect(format!(
                "the plan gives the column `{}` of type {}; asked for was `{}` of type {}",
                given.name(),
                given.data_type(),
                asked.name(),
                asked.data_type()
            )));
        }
    }
    Ok(())
}

fn same_type(asked: &Field, given: &Field) -> bool {
    asked.data_type().equals_datatype(given.data_type())
        && crate::schema::is_json(asked) == crate::schema::is_json(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::{
        Aggregate, AggregateCall, AggregateFunction, Column, DataType, Expr, Filters, GroupKey,
        Literal, SortKey,
    };

    fn field(name: &str, data_type: DataType) -> types::Field {
        types::Field {
            name: name.into(),
            data_type,
            nullable: true,
            children: 0,
            description: None,
            metadata: vec![],
        }
    }

    fn column(name: &str, data_type: DataType) -> Column {
        Column {
            name: name.into(),
            path: vec![],
            output: vec![field(name, data_type)],
        }
    }

    fn request() -> ScanRequest {
        ScanRequest {
            table: vec!["pods".into()],
            arguments: vec![],
            now_ns: 0,
            clusters: vec![],
            others: vec![],
            unplaced: false,
            projection: vec![
                column("name", DataType::Utf8),
                column("age", DataType::Int64),
            ],
            refs: vec![column("name", DataType::Utf8)],
            filters: Filters {
                nodes: vec![Expr::Value(Literal::Boolean(true))],
                roots: vec![0],
            },
            limit: Some(10),
            sort: vec![SortKey {
                column: 0,
                descending: false,
                nulls_first: false,
            }],
            aggregate: Some(Aggregate {
                group_by: vec![GroupKey {
                    column: 0,
                    bin_ns: None,
                }],
                calls: vec![AggregateCall {
                    function: AggregateFunction::Count,
                    column: None,
                    output: field("n", DataType::Int64),
                }],
            }),
            max_partitions: 2,
        }
    }

    fn plan() -> ScanPlan {
        ScanPlan {
            schema: types::Schema {
                fields: vec![field("name", DataType::Utf8), field("age", DataType::Int64)],
            },
            filters: vec![Pushed::Exact],
            limit: Pushed::Exact,
            sorted: true,
            aggregated: false,
            partitions: vec![String::new()],
            estimated_rows: None,
            cost: None,
            explain: String::new(),
        }
    }

    fn costing(unit: &str, amount: f64) -> Option<types::Cost> {
        Some(types::Cost {
            requests: u64::MAX,
            units: vec![(unit.to_owned(), amount)],
            micro_usd: u64::MAX,
        })
    }

    #[test]
    fn an_honest_plan_passes() {
        assert_eq!(check(&request(), plan()), Ok(plan()));
        let charged = ScanPlan {
            cost: costing("metrics", 0.5),
            ..plan()
        };
        assert_eq!(check(&request(), charged.clone()), Ok(charged));
        let aggregated = ScanPlan {
            schema: types::Schema {
                fields: vec![field("name", DataType::Utf8), field("n", DataType::Int64)],
            },
            limit: Pushed::NotPushed,
            sorted: false,
            aggregated: true,
            ..plan()
        };
        assert_eq!(check(&request(), aggregated.clone()), Ok(aggregated));
        let latest = ScanPlan {
            limit: Pushed::Inexact,
            sorted: false,
            ..plan()
        };
        assert_eq!(check(&request(), latest.clone()), Ok(latest));
    }

    #[test]
    fn claims_that_cannot_be_are_refused() {
        type Change = fn(&mut ScanRequest, &mut ScanPlan);
        let cases: [(&str, Change); 19] = [
            ("answers 0 filters; the request has 1", |_, plan| {
                plan.filters.clear()
            }),
            ("answers 2 filters", |_, plan| {
                plan.filters.push(Pushed::Exact)
            }),
            ("aggregates, but", |request, plan| {
                request.aggregate = None;
                plan.aggregated = true;
            }),
            ("aggregates, although", |_, plan| {
                plan.aggregated = true;
                plan.filters = vec![Pushed::Inexact];
            }),
            ("partial aggregates", |_, plan| plan.aggregated = true),
            ("sorts, but", |request, _| request.sort.clear()),
            ("takes a limit, but", |request, _| request.limit = None),
            ("takes the limit, although", |_, plan| {
                plan.filters = vec![Pushed::NotPushed]
            }),
            ("but not the order", |_, plan| plan.sorted = false),
            ("0 partitions", |_, plan| plan.partitions.clear()),
            ("3 partitions; expected 1 to 2", |_, plan| {
                plan.partitions = vec![String::new(); 3]
            }),
            ("a partition's token", |_, plan| {
                plan.partitions = vec!["x".repeat(limits::TOKEN_BYTES + 1)]
            }),
            ("costs -1 metrics; expected", |_, plan| {
                plan.cost = costing("metrics", -1.0)
            }),
            ("costs NaN metrics", |_, plan| {
                plan.cost = costing("metrics", f64::NAN)
            }),
            ("no name of 1 to", |_, plan| {
                plan.cost = costing("a\nb", 1.0)
            }),
            ("no name of 1 to", |_, plan| {
                plan.cost = costing(&"x".repeat(limits::COST_UNIT_BYTES + 1), 1.0)
            }),
            ("17 units; at most 16", |_, plan| {
                let unit = ("metrics".to_owned(), 1.0);
                plan.cost = costing("metrics", 0.0).map(|cost| types::Cost {
                    units: vec![unit; limits::COST_UNITS + 1],
                    ..cost
                });
            }),
            ("gives 1 columns; 2 were", |_, plan| {
                drop(plan.schema.fields.pop())
            }),
            ("asked for was `age` of type Int64", |_, plan| {
                plan.schema.fields[1].data_type = DataType::Utf8
            }),
        ];
        for (expected, change) in cases {
            let (mut request, mut plan) = (request(), plan());
            change(&mut request, &mut plan);
            let message = check(&request, plan).unwrap_err().message;
            assert!(message.contains(expected), "{expected}: {message}");
        }
    }

    #[test]
    fn json_is_not_text() {
        let mut plan = plan();
        plan.schema.fields[0].data_type = DataType::Json;
        assert!(
            check(&request(), plan)
                .unwrap_err()
                .message
                .contains("`name`")
        );
    }

    #[test]
    fn a_group_key_beyond_the_columns_is_an_error() {
        let mut request = request();
        request.aggregate.as_mut().unwrap().group_by[0].column = 9;
        assert!(output_schema(&request, true).is_err());
        assert!(output_schema(&request, false).is_ok());
    }
}
