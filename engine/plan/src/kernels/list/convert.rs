//! A list of one type as a list of another, item by item: the language's implicit conversions, and anything as text.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, new_null_array};
use arrow::datatypes::{DataType, Field};
use datafusion_common::Result;

use super::{as_list, list_of};
use crate::kernels::Kernel;
use crate::kernels::convert::Convert;
use crate::kernels::dynamic::JsonAs;
use crate::kernels::json::ToJson;
use crate::types::Type;

/// `list<from>` as `list<to>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EachItem {
    /// Type of the items.
    pub from: Type,
    /// The type to give them.
    pub to: Type,
}

impl EachItem {
    /// Whether items convert without being asked, as values outside of lists do (expr/coerce.rs).
    pub fn converts(from: &Type, to: &Type) -> bool {
        match (from, to) {
            (a, b) if a == b => true,
            (Type::Null, _) | (Type::Long | Type::Quantity, Type::Real) => true,
            (from, Type::Quantity) if from.is_number() => true,
            (Type::Dynamic, scalar) if !scalar.is_nested() => *scalar != Type::Null,
            (Type::Dynamic, Type::List(item)) => Self::converts(&Type::Dynamic, item),
            (Type::List(from), Type::List(to)) => Self::converts(from, to),
            _ => false,
        }
    }

    /// The values as the other type; null where one does not convert.
    ///
    /// # Errors
    /// For types that do not convert: our bug.
    pub fn values(from: &Type, to: &Type, values: &ArrayRef) -> Result<ArrayRef> {
        Ok(match (from, to) {
            (a, b) if a == b => Arc::clone(values),
            (Type::Null, to) => new_null_array(&to.arrow(), values.len()),
            (Type::Dynamic, to) => JsonAs { ty: to.clone() }.call(&[Arc::clone(values)])?,
            (Type::List(from), Type::List(to)) => {
                Self::lists(from, to, as_list("each_item", values)?)?
            }
            (nested, Type::String) if nested.is_nested() => {
                let ty = nested.clone();
                ToJson { ty }.call(&[Arc::clone(values)])?
            }
            (_, to) => Convert { to: to.clone() }.call(&[Arc::clone(values)])?,
        })
    }

    fn lists(from: &Type, to: &Type, lists: &ListArray) -> Result<ArrayRef> {
        Ok(Arc::new(ListArray::try_new(
            Arc::new(Field::new("item", to.arrow(), true)),
            lists.offsets().clone(),
            Self::values(from, to, lists.values())?,
            lists.nulls().cloned(),
        )?))
    }
}

impl Kernel for EachItem {
    fn name(&self) -> &str {
        "each_item"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(self.to.arrow()))
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let [list] = arguments else {
            return datafusion_common::internal_err!("each_item takes one argument");
        };
        Self::lists(&self.from, &self.to, as_list(self.name(), list)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{longs, read, texts};
    use super::*;
    use arrow::array::NullArray;

    #[test]
    fn documents_that_do_not_convert_are_null_items() {
        let items: &[Option<&str>] = &[Some("1"), None, Some("\"x\"")];
        let kernel = EachItem {
            from: Type::Dynamic,
            to: Type::Long,
        };
        let lists = kernel.call(&[texts(&[Some(items), None])]).unwrap();
        assert_eq!(read(&lists), [Some(vec![Some(1), None, None]), None]);
    }

    #[test]
    fn items_become_text() {
        let kernel = EachItem {
            from: Type::Long,
            to: Type::String,
        };
        let items: &[Option<&str>] = &[Some("1"), None];
        assert_eq!(
            kernel
                .call(&[longs(vec![Some(vec![Some(1), None])])])
                .unwrap()
                .as_ref(),
            texts(&[Some(items)]).as_ref()
        );
    }

    #[test]
    fn nulls_take_any_type() {
        let nulls: ArrayRef = Arc::new(NullArray::new(2));
        let values = EachItem::values(&Type::Null, &Type::Timespan, &nulls).unwrap();
        assert_eq!(values.data_type(), &Type::Timespan.arrow());
        assert_eq!(values.null_count(), 2);
    }

    #[test]
    fn kinds_do_not_mix() {
        let list = |item| Type::List(Box::new(item));
        assert!(EachItem::converts(&list(Type::Null), &list(Type::Long)));
        assert!(EachItem::converts(&Type::Dynamic, &list(Type::Long)));
        assert!(!EachItem::converts(&Type::Long, &Type::String));
        assert!(!EachItem::converts(&Type::Real, &Type::Long));
        assert!(!EachItem::converts(&Type::Timespan, &Type::Quantity));
    }
}
