//! Owns the reading back of batches, buffer by buffer, so that tests see what the host would; refuses to be fast.

use serde_json::{Map, Value, json};

use crate::columns::{BatchBuilder, Scalar};
use crate::schema::{Type, request_column};
use crate::types::{Batch, DataType, Error, Field, Node, Payload};

/// A column of type `of` after appending `values`, read back. For tests.
///
/// # Panics
/// When the column cannot be built or read: the test has failed.
#[allow(clippy::unwrap_used, clippy::panic, reason = "a helper of tests")]
pub fn column_values(of: Type, values: &[Scalar<'_>]) -> Vec<Value> {
    let columns = [request_column("v", of)];
    let mut builder = BatchBuilder::new(&columns).unwrap();
    for value in values {
        builder.columns_mut()[0].append(*value).unwrap();
        builder.end_row().unwrap();
    }
    let Some(Payload::Columns(batch)) = builder.finish() else {
        return Vec::new();
    };
    rows(&columns[0].output, &batch)
        .unwrap()
        .into_iter()
        .map(|mut row| row["v"].take())
        .collect()
}

/// The rows of a batch, as JSON objects. Timestamps, durations and decimals come as their unscaled integers; one that
/// 64 bits do not hold (64Gi as a quantity) as a text of its digits.
///
/// # Errors
/// When counts, lengths or contents break the contract.
pub fn rows(fields: &[Field], batch: &Batch) -> Result<Vec<Value>, Error> {
    let mut reader = Reader {
        fields: fields.iter(),
        nodes: batch.nodes.iter(),
        buffers: batch.buffers.iter(),
    };
    let count = usize::try_from(batch.rows).map_err(|_| broken("rows"))?;
    let mut rows = vec![Map::new(); count];
    while let Some((name, values)) = reader.column()? {
        if values.len() != count {
            return Err(broken("a column's length differs from the rows"));
        }
        for (row, value) in rows.iter_mut().zip(values) {
            row.insert(name.clone(), value);
        }
    }
    if reader.nodes.next().is_some() || reader.buffers.next().is_some() {
        return Err(broken("surplus nodes or buffers"));
    }
    Ok(rows.into_iter().map(Value::Object).collect())
}

struct Reader<'b> {
    fields: std::slice::Iter<'b, Field>,
    nodes: std::slice::Iter<'b, Node>,
    buffers: std::slice::Iter<'b, Vec<u8>>,
}

fn broken(what: &str) -> Error {
    Error::internal(format!("the batch breaks the contract: {what}"))
}

impl<'b> Reader<'b> {
    fn buffer(&mut self) -> Result<&'b [u8], Error> {
        self.buffers
            .next()
            .map(Vec::as_slice)
            .ok_or_else(|| broken("too few buffers"))
    }

    fn child(&mut self) -> Result<(String, Vec<Value>), Error> {
        self.column()?.ok_or_else(|| broken("too few fields"))
    }

    fn column(&mut self) -> Result<Option<(String, Vec<Value>)>, Error> {
        let Some(field) = self.fields.next() else {
            return Ok(None);
        };
        let node = self.nodes.next().ok_or_else(|| broken("too few nodes"))?;
        let len = usize::try_from(node.len).map_err(|_| broken("length"))?;
        let validity: &[u8] = match field.data_type {
            DataType::Null => &[],
            _ => self.buffer()?,
        };
        let mut values: Vec<Value> = match &field.data_type {
            DataType::Null => vec![Value::Null; len],
            DataType::Boolean => {
                let bits = self.buffer()?;
                (0..len).map(|i| json!(bit(bits, i))).collect()
            }
            DataType::Utf8 | DataType::Binary | DataType::Json => self.texts(field, len)?,
            DataType::Array => {
                let offsets = self.offsets(len)?;
                let (_, items) = self.child()?;
                spans(&offsets, &items)?.map(|span| json!(span)).collect()
            }
            DataType::Dictionary => {
                let offsets = self.offsets(len)?;
                let ((_, keys), (_, items)) = (self.child()?, self.child()?);
                spans(&offsets, &keys)?
                    .zip(spans(&offsets, &items)?)
                    .map(|(k, v)| {
                        let names = k.iter().map(|k| k.as_str().unwrap_or_default().to_owned());
                        Value::Object(names.zip(v.iter().cloned()).collect())
                    })
                    .collect()
            }
            DataType::Object => {
                let mut objects = vec![Map::new(); len];
                for _ in 0..field.children {
                    let (name, items) = self.child()?;
                    for (object, item) in objects.iter_mut().zip(items) {
                        object.insert(name.clone(), item);
                    }
                }
                objects.into_iter().map(Value::Object).collect()
            }
            fixed => {
                let data = self.buffer()?;
                fixed_values(fixed, data)
            }
        };
        if values.len() != len {
            return Err(broken("a buffer's length differs from its node"));
        }
        let mut nulls = 0;
        for (i, value) in values.iter_mut().enumerate() {
            if !validity.is_empty() && !bit(validity, i) {
                *value = Value::Null;
                nulls += 1;
            }
        }
        if field.data_type != DataType::Null && nulls != node.nulls {
            return Err(broken("the count of nulls"));
        }
        Ok(Some((field.name.clone(), values)))
    }

    fn offsets(&mut self, len: usize) -> Result<Vec<usize>, Error> {
        let offsets: Vec<usize> = self
            .buffer()?
            .chunks_exact(4)
            .filter_map(|c| Some(i32::from_le_bytes(c.try_into().ok()?)))
            .filter_map(|offset| usize::try_from(offset).ok())
            .collect();
        if offsets.len() == len + 1 {
            Ok(offsets)
        } else {
            Err(broken("the count of offsets"))
        }
    }

    fn texts(&mut self, field: &Field, len: usize) -> Result<Vec<Value>, Error> {
        let offsets = self.offsets(len)?;
        let data = self.buffer()?;
        spans(&offsets, data)?
            .map(|span| {
                let text = std::str::from_utf8(span).map_err(|_| broken("UTF-8"))?;
                if field.data_type == DataType::Json && !text.is_empty() {
                    serde_json::from_str(text).map_err(|_| broken("JSON"))
                } else {
                    Ok(json!(text))
                }
            })
            .collect()
    }
}

fn spans<'v, T>(
    offsets: &'v [usize],
    values: &'v [T],
) -> Result<impl Iterator<Item = &'v [T]>, Error> {
    if offsets.first() != Some(&0) || offsets.last() != Some(&values.len()) {
        return Err(broken("first or last offset"));
    }
    Ok(offsets
        .windows(2)
        .map(|w| values.get(w[0]..w[1]).unwrap_or_default()))
}

fn bit(bits: &[u8], index: usize) -> bool {
    bits.get(index / 8)
        .is_some_and(|b| b >> (index % 8) & 1 == 1)
}

fn fixed_values(of: &DataType, data: &[u8]) -> Vec<Value> {
    macro_rules! read {
        ($t:ty) => {
            data.chunks_exact(size_of::<$t>())
                .filter_map(|c| Some(json!(<$t>::from_le_bytes(c.try_into().ok()?))))
                .collect()
        };
    }
    match of {
        DataType::Int8 => read!(i8),
        DataType::Int16 => read!(i16),
        DataType::Int32 | DataType::Date32 => read!(i32),
        DataType::Uint8 => read!(u8),
        DataType::Uint16 => read!(u16),
        DataType::Uint32 => read!(u32),
        DataType::Uint64 => read!(u64),
        DataType::Float32 => read!(f32),
        DataType::Float64 => read!(f64),
        DataType::Decimal128(_) => data
            .chunks_exact(16)
            .filter_map(|c| Some(i128::from_le_bytes(c.try_into().ok()?)))
            .map(|v| i64::try_from(v).map_or_else(|_| json!(v.to_string()), |v| json!(v)))
            .collect(),
        _ => read!(i64),
    }
}
