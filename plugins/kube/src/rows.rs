//! Owns the way from one object to one row, computed columns included; refuses lists and requests.

use serde::de::{DeserializeSeed, Deserializer};
use trawl_sdk::columns::{BatchBuilder, Scalar};
use trawl_sdk::json::{Extractor, append_path};
use trawl_sdk::types::{self, Flow, PathStep};
use trawl_sdk::{Error, Output};

use crate::kinds::{Column, Origin, Value};
use crate::page::Item;
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
    batch: BatchBuilder,
    output: &'o dyn Output,
    /// Rows still wanted; none: all.
    left: Option<u64>,
    /// Rows decoded, pushed or not.
    count: u64,
    stopped: bool,
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

/// Whether all that is wanted is in the objects' metadata.
pub(crate) fn needs_metadata_only(resource: &Resource, projection: &[types::Column]) -> bool {
    extractor(resource, projection).is_ok_and(|(e, _)| e.roots().all(|root| root == "metadata"))
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
        Ok(match self.finish_row(texts) {
            Ok(()) if self.stopped => Item::Stop,
            Ok(()) => Item::More,
            Err(error) => Item::Failed(error),
        })
    }

    fn finish_row(&mut self, texts: &[Option<&str>]) -> Result<(), Error> {
        for computed in &self.computed {
            let inputs: Vec<Option<&str>> = computed
                .inputs
                .iter()
                .map(|&index| texts.get(index).copied().flatten())
                .collect();
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
