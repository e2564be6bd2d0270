//! What a scan offers its sources instead of rows: partial results of groups, or an order. Owns their form in a request and the
//! types that travel; refuses every type of which a source's value and ours could differ.

use trawl_host::types::{
    Aggregate, AggregateCall, AggregateFunction, Column, DataType, DecimalType, Field, GroupKey,
    SortKey, TimeUnit,
};
use trawl_plan::Type;

use super::reference::position;

/// Digits of a sum of longs or timespans: it holds those of 10^19 rows, so that a partial sum never overflows.
pub const SUM_DIGITS: u8 = 38;

/// The partial results of groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Partials {
    /// The keys, each with the width in nanoseconds of the bins that it is rounded down to.
    pub by: Vec<(Column, Option<u64>)>,
    /// What is computed of each group.
    pub calls: Vec<PartialCall>,
}

/// A partial result.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialCall {
    /// What is computed.
    pub function: AggregateFunction,
    /// Of which column; none for the number of rows.
    pub column: Option<Column>,
}

/// A key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct SortBy {
    /// The column.
    pub column: Column,
    /// From the greatest to the least.
    pub descending: bool,
    /// Whether null comes before everything.
    pub nulls_first: bool,
}

impl Partials {
    /// The number of rows, without keys.
    pub fn count() -> Self {
        Self {
            by: Vec::new(),
            calls: vec![PartialCall::rows()],
        }
    }

    /// Whether it is the number of rows and nothing else.
    pub fn is_count(&self) -> bool {
        *self == Self::count()
    }

    /// The form in a request, whose `refs` get the columns that it names; none for what has no type there.
    pub fn offer(&self, refs: &mut Vec<Column>) -> Option<Aggregate> {
        let group_by = self.by.iter().map(|(column, bin_ns)| {
            Some(GroupKey {
                column: position(refs, column)?,
                bin_ns: *bin_ns,
            })
        });
        let group_by = group_by.collect::<Option<Vec<_>>>()?;
        let calls = self.calls.iter().map(|call| {
            let column = match &call.column {
                Some(column) => Some(position(refs, column)?),
                None => None,
            };
            Some(AggregateCall {
                function: call.function,
                column,
                output: call.output()?,
            })
        });
        Some(Aggregate {
            group_by,
            calls: calls.collect::<Option<Vec<_>>>()?,
        })
    }
}

impl PartialCall {
    /// The number of rows.
    pub fn rows() -> Self {
        Self {
            function: AggregateFunction::Count,
            column: None,
        }
    }

    /// The column that goes out: `sum(value)`. None for a type that has no such result.
    pub fn output(&self) -> Option<Field> {
        let of = self.column.as_ref().map(|column| column.output.as_slice());
        let of = match of {
            None => None,
            Some([field]) => Some(field),
            Some(_) => return None,
        };
        let (word, data_type) = match (self.function, of) {
            (AggregateFunction::Count, _) => ("count", DataType::Int64),
            (AggregateFunction::Sum, Some(field)) => ("sum", sum_type(field)?),
            (AggregateFunction::Min, Some(field)) => ("min", field.data_type.clone()),
            (AggregateFunction::Max, Some(field)) => ("max", field.data_type.clone()),
            (_, None) => return None,
        };
        Some(Field {
            name: format!("{word}({})", of.map_or("", |field| field.name.as_str())),
            data_type,
            nullable: self.function != AggregateFunction::Count,
            children: 0,
            description: None,
            metadata: Vec::new(),
        })
    }
}

/// What the sum of a column goes out as.
fn sum_type(field: &Field) -> Option<DataType> {
    match lossless(field)? {
        Type::Real => Some(DataType::Float64),
        Type::Long | Type::Timespan => Some(DataType::Decimal128(DecimalType {
            precision: SUM_DIGITS,
            scale: 0,
        })),
        _ => None,
    }
}

/// The language's type of a source's field whose every value is one of the language's, in the same order; none for others.
pub fn lossless(field: &Field) -> Option<Type> {
    match &field.data_type {
        DataType::Boolean => Some(Type::Bool),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Uint8
        | DataType::Uint16
        | DataType::Uint32 => Some(Type::Long),
        DataType::Float32 | DataType::Float64 => Some(Type::Real),
        DataType::Utf8 => Some(Type::String),
        DataType::Timestamp(at) => {
            let ours = at.unit == TimeUnit::Nanosecond && at.zone.as_deref() == Some("UTC");
            ours.then_some(Type::Datetime)
        }
        DataType::Duration(TimeUnit::Nanosecond) => Some(Type::Timespan),
        _ => None,
    }
}

impl SortBy {
    /// The form in a request, whose `refs` get the column.
    pub fn offer(&self, refs: &mut Vec<Column>) -> Option<SortKey> {
        Some(SortKey {
            column: position(refs, &self.column)?,
            descending: self.descending,
            nulls_first: self.nulls_first,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, data_type: DataType) -> Column {
        Column {
            name: name.to_owned(),
            path: Vec::new(),
            output: vec![Field {
                name: name.to_owned(),
                data_type,
                nullable: false,
                children: 0,
                description: None,
                metadata: Vec::new(),
            }],
        }
    }

    #[test]
    fn columns_are_named_once_and_outputs_by_their_calls() {
        let (host, value) = (
            column("host", DataType::Utf8),
            column("value", DataType::Int64),
        );
        let call = |function, column: &Column| PartialCall {
            function,
            column: Some(column.clone()),
        };
        let partials = Partials {
            by: vec![(host.clone(), None)],
            calls: vec![
                PartialCall::rows(),
                call(AggregateFunction::Sum, &value),
                call(AggregateFunction::Max, &host),
            ],
        };
        let mut refs = vec![value.clone()];
        let aggregate = partials.offer(&mut refs).unwrap();
        assert_eq!(refs, [value, host]);
        assert_eq!(aggregate.group_by[0].column, 1);
        let said: Vec<(&str, bool, Option<u32>)> = aggregate
            .calls
            .iter()
            .map(|call| (call.output.name.as_str(), call.output.nullable, call.column))
            .collect();
        assert_eq!(
            said,
            [
                ("count()", false, None),
                ("sum(value)", true, Some(0)),
                ("max(host)", true, Some(1))
            ]
        );
        assert!(!partials.is_count() && Partials::count().is_count());
    }

    #[test]
    fn values_that_could_change_on_their_way_are_not_offered() {
        for data_type in [
            DataType::Uint64,
            DataType::Json,
            DataType::Date32,
            DataType::Duration(TimeUnit::Second),
            DataType::Decimal128(DecimalType {
                precision: 38,
                scale: 9,
            }),
        ] {
            let field = &column("x", data_type).output[0];
            assert_eq!(lossless(field), None, "{field:?}");
        }
        let sum = PartialCall {
            function: AggregateFunction::Sum,
            column: Some(column("x", DataType::Utf8)),
        };
        assert_eq!(sum.output(), None);
    }
}
