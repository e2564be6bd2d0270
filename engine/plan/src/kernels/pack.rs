//! `pack`: a struct of the values of several columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::datatypes::DataType;
use datafusion_common::Result;

use super::Kernel;
use super::equality::fitted;
use crate::types::Type;

/// A struct with these fields, at least one.
///
/// DataFusion's `named_struct` has fields that cannot be null where a value cannot, so that its type is not the language's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pack {
    /// Names and types, in the order of the arguments.
    pub fields: Vec<(String, Type)>,
}

impl Kernel for Pack {
    fn name(&self) -> &str {
        "pack"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(Type::Struct(self.fields.clone()).arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let DataType::Struct(fields) = self.returns(&[])? else {
            return datafusion_common::internal_err!("a struct is a struct in Arrow too");
        };
        let columns = arguments
            .iter()
            .zip(&fields)
            .map(|(column, field)| fitted(column, field.data_type()))
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(StructArray::try_new(fields, columns, None)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray, Int64Array};

    #[test]
    fn fields_keep_their_nulls_and_the_struct_has_none() {
        let kernel = Pack {
            fields: vec![("n".into(), Type::Long)],
        };
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let structs = kernel.call(&[numbers]).unwrap();
        assert_eq!(structs.null_count(), 0);
        assert_eq!(structs.as_struct().column(0).null_count(), 1);
        assert_eq!(structs.data_type(), &kernel.returns(&[]).unwrap());
    }
}
