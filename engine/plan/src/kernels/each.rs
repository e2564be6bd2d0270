//! `list[*].a.b`: a path read of every item of a list.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field};
use datafusion_common::{Result, internal_err};

use super::Kernel;
use super::dynamic::{JsonAs, JsonPath};
use super::map_get::MapGet;
use crate::catalog::Step;
use crate::types::Type;

/// One step below an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EachStep {
    /// A field of a struct.
    Field(String),
    /// The value of a map's key.
    Key(String),
    /// An item of a list, from 0.
    Item(u32),
    /// A part of a document.
    Json(Step),
    /// A document as a typed value.
    As(Type),
    /// These steps below every item of a list.
    Every(Vec<EachStep>),
}

/// The list of what a path finds below each item of a list; an item without it gives null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Each {
    /// The way down.
    pub steps: Vec<EachStep>,
    /// Type of the result, a list.
    pub result: Type,
}

impl Kernel for Each {
    fn name(&self) -> &str {
        "each"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.result.arrow())
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        match arguments {
            [list] => every(list, &self.steps),
            _ => internal_err!("each takes a list"),
        }
    }
}

fn every(list: &ArrayRef, steps: &[EachStep]) -> Result<ArrayRef> {
    let Some(list) = list.as_list_opt::<i32>() else {
        return internal_err!("each takes a list, got {}", list.data_type());
    };
    let values = descend(list.values(), steps)?;
    let field = Arc::new(Field::new("item", values.data_type().clone(), true));
    Ok(Arc::new(ListArray::try_new(
        field,
        list.offsets().clone(),
        values,
        list.nulls().cloned(),
    )?))
}

fn descend(values: &ArrayRef, steps: &[EachStep]) -> Result<ArrayRef> {
    let mut current = Arc::clone(values);
    for step in steps {
        current = match step {
            EachStep::Field(name) => field(&current, name)?,
            EachStep::Key(key) => {
                let keys = StringArray::from_iter_values(std::iter::repeat_n(key, current.len()));
                MapGet.call(&[current, Arc::new(keys)])?
            }
            EachStep::Item(position) => item(&current, *position)?,
            EachStep::Json(step) => JsonPath {
                steps: vec![step.clone()],
            }
            .call(&[current])?,
            EachStep::As(ty) => JsonAs { ty: ty.clone() }.call(&[current])?,
            EachStep::Every(steps) => every(&current, steps)?,
        };
    }
    Ok(current)
}

/// A field of structs; of a null struct it is null whatever lies beneath.
fn field(values: &ArrayRef, name: &str) -> Result<ArrayRef> {
    let Some(structs) = values.as_struct_opt() else {
        return internal_err!("a field of {}", values.data_type());
    };
    let Some(column) = structs.column_by_name(name) else {
        return internal_err!("no field {name}");
    };
    pick(column, structs.len(), |row| {
        (!structs.is_null(row)).then(|| u32::try_from(row).ok())?
    })
}

fn item(values: &ArrayRef, position: u32) -> Result<ArrayRef> {
    let Some(lists) = values.as_list_opt::<i32>() else {
        return internal_err!("an item of {}", values.data_type());
    };
    let offsets = lists.value_offsets();
    pick(lists.values(), lists.len(), |row| {
        let (from, to) = (*offsets.get(row)?, *offsets.get(row + 1)?);
        let at = from.checked_add(i32::try_from(position).ok()?)?;
        (!lists.is_null(row) && at < to).then(|| u32::try_from(at).ok())?
    })
}

fn pick(values: &ArrayRef, rows: usize, place: impl Fn(usize) -> Option<u32>) -> Result<ArrayRef> {
    let places: UInt32Array = (0..rows).map(place).collect();
    Ok(take(values, &places, None)?)
}
