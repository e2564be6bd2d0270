//! Owns the way from one object to one row, computed columns included; refuses lists and requests.

use serde::de::{DeserializeSeed, Deserializer};
use trawl_sdk::columns::{BatchBuilder, Scalar};
use trawl_sdk::json::{Extractor, append_path};
use trawl_sdk::types::{self, Flow, PathStep};
use trawl_sdk::{Error, Output};

use crate::encoding::Encoding;
use crate::kinds::{Column, Origin, Value};
use crate::page::Item;
use crate::protobuf;
use crate::resource::Resource;

/// A computed column of this scan.
struct Computed {
    column: usize,
    compute: fn(&[Option<&str>]) -> Value,
    /// Indices among the extractor's texts.
    inputs: Vec<usize>,
    /// What is wanted below the computed document.
    path: Vec<PathStep>,
}

/// Decodes objects into batches and pushes them.
pub(crate) struct Rows<'o> {
    extractor: Extractor,
    computed: Vec<Computed>,
    /// How protobuf is read, once some has come.
    protobuf: Option<Prepared>,
    batch: BatchBuilder,
    output: &'o dyn Output,
    /// Rows still wanted; none: all.
    left: Option<u64>,
    /// Rows decoded, pushed or not.
    count: u64,
    stopped: bool,
}

/// What the reading of one kind's protobuf needs.
struct Prepared {
    api_version: String,
    kind: String,
    plan: protobuf::Plan,
    texts: protobuf::Texts,
}

fn known<'r>(resource: &'r Resource, wanted: &types::Column) -> Result<&'r Column, Error> {
    resource.column(&wanted.name).ok_or_else(|| {
        let names = resource.columns.iter().map(|column| column.name.as_ref());
        Error::invalid_query(format!(
            "expected a column of `{}` ({}), got `{}`",
            resource.name,
            names.collect::<Vec<_>>().join(", "),
            wanted.name
        ))
    })
}

/// Refuses a projection that no row could fill.
pub(crate) fn check(resource: &Resource, projection: &[types::Column]) -> Result<(), Error> {
    BatchBuilder::new(projection)?;
    extractor(resource, projection).map(drop)
}

/// How the objects are best asked for.
///
/// # Errors
/// As [`check`].
pub(crate) fn encoding(
    resource: &Resource,
    projection: &[types::Column],
) -> Result<Encoding, Error> {
    let (extractor, _) = extractor(resource, projection)?;
    Ok(Encoding::of(resource, extractor.root()))
}

fn extractor(
    resource: &Resource,
    projection: &[types::Column],
) -> Result<(Extractor, Vec<Computed>), Error> {
    let mut extractor = Extractor::default();
    let mut computed = Vec::new();
    for (index, wanted) in projection.iter().enumerate() {
        match &known(resource, wanted)?.from {
            Origin::Path(base) => extractor.column(index, base, &wanted.path),
            Origin::Derived(derived) | Origin::Filled(derived) => computed.push(Computed {
                column: index,
                compute: derived.compute,
                inputs: derived
                    .inputs
                    .iter()
                    .map(|path| extractor.text(path))
                    .collect(),
                path: wanted.path.clone(),
            }),
        }
    }
    Ok((extractor, computed))
}

impl<'o> Rows<'o> {
    /// Rows of `projection`, at most `limit` of them.
    pub(crate) fn new(
        resource: &Resource,
        projection: &[types::Column],
        limit: Option<u64>,
        output: &'o dyn Output,
    ) -> Result<Self, Error> {
        let (extractor, computed) = extractor(resource, projection)?;
        Ok(Self {
            extractor,
            computed,
            protobuf: None,
            batch: BatchBuilder::new(projection)?,
            output,
            left: limit,
            count: 0,
            stopped: limit == Some(0),
        })
    }

    /// Rows still wanted; none: all.
    pub(crate) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Rows decoded so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Whether no more rows are wanted.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped
    }

    /// Wants no more rows.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Room for the texts of a page's objects.
    pub(crate) fn texts<'de>(&self) -> Vec<Option<&'de str>> {
        self.extractor.texts()
    }

    /// Decodes one object and pushes the batch when it is full.
    pub(crate) fn object<'de, D: Deserializer<'de>>(
        &mut self,
        texts: &mut [Option<&'de str>],
        deserializer: D,
    ) -> Result<Item, D::Error> {
        texts.fill(None);
        self.extractor
            .object(self.batch.columns_mut(), texts)
            .deserialize(deserializer)?;
        let row = self.finish_row(|index| texts.get(index).copied().flatten());
        Ok(self.next(row))
    }

    /// Prepares for objects of a kind in protobuf.
    ///
    /// # Errors
    /// `protocol` when this plugin has no description of them.
    pub(crate) fn prepare(&mut self, api_version: &str, kind: &str) -> Result<(), Error> {
        if let Some(now) = &self.protobuf
            && (now.api_version.as_str(), now.kind.as_str()) == (api_version, kind)
        {
            return Ok(());
        }
        let Some(message) = protobuf::Message::of_kind(api_version, kind) else {
            return Err(Error::protocol(format!(
                "expected objects in protobuf that this plugin knows, got `{kind}` of `{api_version}`"
            )));
        };
        self.protobuf = Some(Prepared {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            plan: protobuf::Plan::new(message, self.extractor.root()),
            texts: protobuf::Texts::new(self.extractor.texts().len()),
        });
        Ok(())
    }

    /// Decodes one object of the kind that was [prepared](Self::prepare) for, and pushes the batch when it is full.
    pub(crate) fn protobuf(&mut self, object: protobuf::Cursor<'_>) -> Item {
        let Some(mut prepared) = self.protobuf.take() else {
            return Item::Failed(Error::internal("an object came before its kind"));
        };
        let Prepared { plan, texts, .. } = &mut prepared;
        let row = protobuf::read(plan, object, self.batch.columns_mut(), texts)
            .and_then(|()| self.finish_row(|index| texts.get(index)));
        self.protobuf = Some(prepared);
        self.next(row)
    }

    /// Whether another object is wanted.
    fn next(&self, row: Result<(), Error>) -> Item {
        match row {
            Ok(()) if self.stopped => Item::Stop,
            Ok(()) => Item::More,
            Err(error) => Item::Failed(error),
        }
    }

    /// Computes what is computed, from the texts of the row.
    fn finish_row<'t>(&mut self, text: impl Fn(usize) -> Option<&'t str>) -> Result<(), Error> {
        for computed in &self.computed {
            let inputs: Vec<Option<&str>> =
                computed.inputs.iter().map(|&index| text(index)).collect();
            let Some(column) = self.batch.columns_mut().get_mut(computed.column) else {
                continue;
            };
            match (computed.compute)(&inputs) {
                Value::Json(text) => append_path(column, &text, &computed.path)?,
                _ if !computed.path.is_empty() => column.append_null()?,
                Value::Null => column.append_null()?,
                Value::Bool(value) => column.append(Scalar::Bool(value))?,
                Value::Int(value) => column.append(Scalar::Int(value))?,
                Value::Text(value) => column.append(Scalar::Str(&value))?,
                Value::TimestampNs(value) => column.append(Scalar::TimestampNs(value))?,
            }
        }
        self.batch.end_row()?;
        self.count = self.count.saturating_add(1);
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            self.stopped |= *left == 0;
        }
        if self.batch.is_full() {
            self.flush()?;
        }
        Ok(())
    }

    /// Pushes what there is.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if let Some(batch) = self.batch.finish() {
            self.stopped |= self.output.push(batch)? == Flow::Stop;
        }
        Ok(())
    }
}
