//! Constant values: parameters, scalar `let`s and the arguments of tables. Owns their conversion to DataFusion literals.

use std::sync::Arc;

use datafusion_common::ScalarValue;
use datafusion_expr::{Expr, lit};
use trawl_lang::ast::Literal;

use crate::types::{QUANTITY_PRECISION, QUANTITY_SCALE, Type};

/// A constant of the language.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `bool`
    Bool(bool),
    /// `long`
    Long(i64),
    /// `real`
    Real(f64),
    /// `string`
    String(String),
    /// `datetime`, nanoseconds since the Unix epoch.
    Datetime(i64),
    /// `timespan`, nanoseconds.
    Timespan(i64),
    /// `quantity`, in parts of 10⁻⁹.
    Quantity(i128),
    /// `dynamic`: one JSON document.
    Dynamic(serde_json::Value),
    /// `list<T>`: the type of its items, and they.
    List(Type, Vec<Value>),
    /// A value of this type that is not known: a parameter of a query that is checked and not run.
    Unknown(Type),
}

impl Value {
    /// Its type.
    pub fn ty(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
            Self::Long(_) => Type::Long,
            Self::Real(_) => Type::Real,
            Self::String(_) => Type::String,
            Self::Datetime(_) => Type::Datetime,
            Self::Timespan(_) => Type::Timespan,
            Self::Quantity(_) => Type::Quantity,
            Self::Dynamic(_) => Type::Dynamic,
            Self::List(item, _) => Type::List(Box::new(item.clone())),
            Self::Unknown(ty) => ty.clone(),
        }
    }

    /// It as a literal of a plan.
    pub fn literal(&self) -> Expr {
        lit(self.scalar())
    }

    fn scalar(&self) -> ScalarValue {
        match self {
            Self::Null => ScalarValue::Null,
            Self::Bool(v) => ScalarValue::Boolean(Some(*v)),
            Self::Long(v) => ScalarValue::Int64(Some(*v)),
            Self::Real(v) => ScalarValue::Float64(Some(*v)),
            Self::String(v) => ScalarValue::Utf8(Some(v.clone())),
            Self::Datetime(v) => ScalarValue::TimestampNanosecond(Some(*v), Some(Arc::from("UTC"))),
            Self::Timespan(v) => ScalarValue::DurationNanosecond(Some(*v)),
            Self::Quantity(v) => {
                ScalarValue::Decimal128(Some(*v), QUANTITY_PRECISION, QUANTITY_SCALE)
            }
            Self::Dynamic(v) => ScalarValue::Utf8(Some(v.to_string())),
            Self::List(item, values) => {
                let null = ScalarValue::try_from(&item.arrow()).unwrap_or(ScalarValue::Null);
                let items: Vec<ScalarValue> = values
                    .iter()
                    .map(|value| match value {
                        Self::Null => null.clone(),
                        value => value.scalar(),
                    })
                    .collect();
                ScalarValue::List(ScalarValue::new_list(&items, &item.arrow(), true))
            }
            Self::Unknown(ty) => ScalarValue::try_from(&ty.arrow()).unwrap_or(ScalarValue::Null),
        }
    }

    /// A scalar of a plan as a constant of this type; none for null and for what has no constant form.
    pub(crate) fn of_scalar(scalar: &ScalarValue, ty: &Type) -> Option<Self> {
        Some(match (scalar, ty) {
            (ScalarValue::Boolean(Some(v)), Type::Bool) => Self::Bool(*v),
            (ScalarValue::Int64(Some(v)), Type::Long) => Self::Long(*v),
            (ScalarValue::Float64(Some(v)), Type::Real) => Self::Real(*v),
            (ScalarValue::Utf8(Some(v)), Type::String) => Self::String(v.clone()),
            (ScalarValue::TimestampNanosecond(Some(v), _), Type::Datetime) => Self::Datetime(*v),
            (ScalarValue::DurationNanosecond(Some(v)), Type::Timespan) => Self::Timespan(*v),
            (ScalarValue::Decimal128(Some(v), _, QUANTITY_SCALE), Type::Quantity) => {
                Self::Quantity(*v)
            }
            _ => return None,
        })
    }

    /// The value of a literal.
    pub fn of_literal(literal: &Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Bool(v) => Self::Bool(*v),
            Literal::Int(v) | Literal::Size(v) => Self::Long(*v),
            Literal::Real(v) => Self::Real(*v),
            Literal::Duration(v) => Self::Timespan(*v),
            Literal::String(v) => Self::String(v.clone()),
            Literal::Datetime(v) => Self::Datetime(*v),
        }
    }
}
