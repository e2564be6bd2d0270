//! Owns the shape of one column under construction; refuses casts and decoding, which are its neighbours'.

use super::leaf::{Bytes, Fixed, Offsets};
use super::validity::Bits;
use crate::types::{DataType, Error, Field};

/// How deep a type may nest. Kubernetes' deepest typed path has eight levels; recursion must end.
pub const MAX_TYPE_DEPTH: usize = 32;

/// One column under construction, nested ones with their children.
#[derive(Debug)]
pub struct ColumnBuilder {
    pub(super) validity: Bits,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Boolean(Bits),
    Fixed(Fixed, Vec<u8>),
    Utf8(Bytes),
    Json(Bytes),
    Binary(Bytes),
    List {
        offsets: Offsets,
        item: Box<ColumnBuilder>,
    },
    Struct(Vec<(String, ColumnBuilder)>),
    Map {
        offsets: Offsets,
        key: Box<ColumnBuilder>,
        value: Box<ColumnBuilder>,
    },
}

impl ColumnBuilder {
    /// A builder for one root field and its subtree, in pre-order.
    ///
    /// # Errors
    /// `unsupported` for a type that has no builder (time64); `internal` when the counts of children do not add up.
    pub fn new(fields: &[Field]) -> Result<Self, Error> {
        let (builder, rest) = Self::build(fields, MAX_TYPE_DEPTH)?;
        match rest {
            [] => Ok(builder),
            [extra, ..] => Err(Error::internal(format!(
                "expected one output field, got a second one, `{}`",
                extra.name
            ))),
        }
    }

    fn build(fields: &[Field], depth: usize) -> Result<(Self, &[Field]), Error> {
        let Some((field, mut rest)) = fields.split_first() else {
            return Err(Error::internal("expected an output field, got none"));
        };
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::unsupported(format!(
                "expected a type of at most {MAX_TYPE_DEPTH} levels, `{}` has more",
                field.name
            )));
        };
        let mut children = Vec::new();
        for _ in 0..field.children {
            let name = rest.first().map(|f| f.name.clone()).unwrap_or_default();
            let (child, tail) = Self::build(rest, depth)?;
            children.push((name, child));
            rest = tail;
        }
        Ok((Self::of(field, children)?, rest))
    }

    fn of(field: &Field, children: Vec<(String, Self)>) -> Result<Self, Error> {
        let wrong = |expected: &str| {
            Error::internal(format!(
                "expected {expected} below `{}`, got {} of them",
                field.name, field.children
            ))
        };
        let kind = match &field.data_type {
            DataType::Object => Kind::Struct(children),
            DataType::Array => {
                let [(_, item)] = <[_; 1]>::try_from(children).map_err(|_| wrong("one child"))?;
                Kind::List {
                    offsets: Offsets::default(),
                    item: Box::new(item),
                }
            }
            DataType::Dictionary => {
                let [(_, key), (_, value)] =
                    <[_; 2]>::try_from(children).map_err(|_| wrong("a key and a value"))?;
                if !matches!(key.kind, Kind::Utf8(_)) {
                    return Err(Error::internal(format!(
                        "expected a utf8 key below `{}`, got another type",
                        field.name
                    )));
                }
                Kind::Map {
                    offsets: Offsets::default(),
                    key: Box::new(key),
                    value: Box::new(value),
                }
            }
            _ if !children.is_empty() => return Err(wrong("no child")),
            DataType::Null => Kind::Null,
            DataType::Boolean => Kind::Boolean(Bits::default()),
            DataType::Utf8 => Kind::Utf8(Bytes::default()),
            DataType::Json => Kind::Json(Bytes::default()),
            DataType::Binary => Kind::Binary(Bytes::default()),
            other => match Fixed::of(other) {
                Some(fixed) => Kind::Fixed(fixed, Vec::new()),
                None => {
                    return Err(Error::unsupported(format!(
                        "column `{}` is asked for as {other:?}, which this plugin cannot produce",
                        field.name
                    )));
                }
            },
        };
        Ok(Self {
            validity: Bits::default(),
            kind,
        })
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.validity.len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the column is a map.
    pub fn is_map(&self) -> bool {
        matches!(self.kind, Kind::Map { .. })
    }

    /// Whether the column holds times, which [`Scalar::TimestampNs`](super::Scalar::TimestampNs) fills without a text.
    pub fn is_timestamp(&self) -> bool {
        matches!(self.kind, Kind::Fixed(Fixed::Timestamp(_), _))
    }

    /// Whether the column is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List { .. })
    }

    /// Appends a list of `len` items, each appended by `item`; null when the column is not a list.
    ///
    /// # Errors
    /// Those of `item`, and when a buffer is full (2 GiB).
    pub fn append_list(
        &mut self,
        len: usize,
        mut item: impl FnMut(&mut Self, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Kind::List {
            offsets,
            item: child,
        } = &mut self.kind
        else {
            return self.append_null();
        };
        for index in 0..len {
            item(child, index)?;
        }
        offsets.push(len)?;
        self.validity.push(true);
        Ok(())
    }

    /// Appends a map of texts; null when the column is not a map.
    ///
    /// # Errors
    /// When a buffer is full (2 GiB).
    pub fn append_map<'v>(
        &mut self,
        entries: impl Iterator<Item = (&'v str, super::Scalar<'v>)>,
    ) -> Result<(), Error> {
        let Kind::Map {
            offsets,
            key,
            value,
        } = &mut self.kind
        else {
            return self.append_null();
        };
        let mut count = 0;
        for (name, entry) in entries {
            key.append(super::Scalar::Str(name))?;
            value.append(entry)?;
            count += 1;
        }
        offsets.push(count)?;
        self.validity.push(true);
        Ok(())
    }

    /// Bytes in all buffers so far.
    pub fn byte_len(&self) -> usize {
        let own = match &self.kind {
            Kind::Null => 0,
            Kind::Boolean(bits) => bits.byte_len(),
            Kind::Fixed(_, data) => data.len(),
            Kind::Utf8(b) | Kind::Json(b) | Kind::Binary(b) => b.offsets.byte_len() + b.data.len(),
            Kind::List { offsets, item } => offsets.byte_len() + item.byte_len(),
            Kind::Struct(children) => children.iter().map(|(_, c)| c.byte_len()).sum(),
            Kind::Map {
                offsets,
                key,
                value,
            } => offsets.byte_len() + key.byte_len() + value.byte_len(),
        };
        own + self.validity.byte_len()
    }

    /// Appends a null.
    ///
    /// # Errors
    /// Only when a buffer is full (2 GiB).
    pub fn append_null(&mut self) -> Result<(), Error> {
        match &mut self.kind {
            Kind::Null => {}
            Kind::Boolean(bits) => bits.push(false),
            Kind::Fixed(fixed, data) => data.resize(data.len() + fixed.width(), 0),
            Kind::Utf8(b) | Kind::Json(b) | Kind::Binary(b) => b.offsets.push(0)?,
            Kind::List { offsets, .. } | Kind::Map { offsets, .. } => offsets.push(0)?,
            Kind::Struct(children) => {
                for (_, child) in children {
                    child.append_null()?;
                }
            }
        }
        self.validity.push(false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{self, Type};

    #[test]
    fn counts_of_children_are_checked() {
        let mut fields = schema::column("a", Type::list(Type::Utf8), "").into_fields();
        assert!(ColumnBuilder::new(&fields).is_ok());
        fields[0].children = 2;
        assert!(ColumnBuilder::new(&fields).is_err());
        fields[0].children = 0;
        assert!(ColumnBuilder::new(&fields).is_err());
        fields[0].children = u32::MAX;
        assert!(ColumnBuilder::new(&fields).is_err());
        assert!(ColumnBuilder::new(&[]).is_err());
    }

    #[test]
    fn deep_types_are_refused() {
        let mut deep = Type::Utf8;
        for _ in 0..MAX_TYPE_DEPTH {
            deep = Type::list(deep);
        }
        let error = ColumnBuilder::new(&schema::column("a", deep, "").into_fields());
        assert!(error.unwrap_err().message.contains("levels"));
    }

    #[test]
    fn nulls_keep_all_children_in_step() {
        let of = Type::object([("x", Type::Int64), ("y", Type::list(Type::Bool))]);
        let mut builder = ColumnBuilder::new(&schema::column("a", of, "").into_fields()).unwrap();
        builder.append_null().unwrap();
        assert_eq!(builder.len(), 1);
        let Kind::Struct(children) = &builder.kind else {
            panic!("expected a struct")
        };
        assert!(children.iter().all(|(_, c)| c.len() == 1));
    }
}
