//! Owns the way from one object to its row, or to a row for each of its items, computed columns included; refuses lists and
//! requests.

use serde::de::{DeserializeSeed, Deserializer};
use serde_json::value::RawValue;
use trawl_sdk::columns::{BatchBuilder, Scalar};
use trawl_sdk::json::{Extractor, append_path};
use trawl_sdk::types::{self, Flow, PathStep};
use trawl_sdk::{Error, Output};

use crate::encoding::Encoding;
use crate::kinds::{Column, Derived, Origin, Value};
use crate::page::Item;
use crate::protobuf;
use crate::resource::Resource;
use crate::scan::Objects;

/// A computed column of this scan.
struct Computed {
    column: usize,
    compute: fn(&[Option<&str>]) -> Value,
    /// Indices among the texts of the object, or of the item.
    inputs: Vec<usize>,
    of_item: bool,
    /// What is wanted below the computed document.
    path: Vec<PathStep>,
}

/// A column that each of an object's rows has from the object itself.
struct Copied {
    column: usize,
    /// Index among the object's texts.
    input: usize,
    /// What is wanted below that.
    path: Vec<PathStep>,
}

/// How the items of an object are found.
struct Items {
    /// Indices among the object's texts.
    inputs: Vec<usize>,
    compute: fn(&[Option<&str>]) -> Value,
}

/// The texts at some indices.
fn chosen<'t>(indices: &[usize], texts: &[Option<&'t str>]) -> Vec<Option<&'t str>> {
    let text = |&index: &usize| texts.get(index).copied().flatten();
    indices.iter().map(text).collect()
}

/// What a projection takes of an object, and of each of its items.
#[derive(Default)]
struct Wanted {
    of_object: Extractor,
    of_item: Extractor,
    computed: Vec<Computed>,
    /// Of a table with several rows an object.
    items: Option<Items>,
    /// Empty where an object has one row: its values then go into their columns at once.
    copied: Vec<Copied>,
}

/// Decodes objects into batches and pushes them.
pub(crate) struct Rows<'o> {
    wanted: Wanted,
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
    wanted(resource, projection).map(drop)
}

/// Whether all that is wanted is in the objects' metadata.
pub(crate) fn needs_metadata_only(resource: &Resource, projection: &[types::Column]) -> bool {
    resource.items.is_none()
        && wanted(resource, projection)
            .is_ok_and(|it| it.of_object.roots().all(|root| root == "metadata"))
}

/// How the objects are best asked for.
///
/// # Errors
/// As [`check`].
pub(crate) fn encoding(
    resource: &Resource,
    projection: &[types::Column],
) -> Result<Encoding, Error> {
    let wanted = wanted(resource, projection)?;
    // Items are read out of a document, which from protobuf would be made of what our tables know, and take no less time.
    if wanted.items.is_some() {
        return Ok(Encoding::Json);
    }
    Ok(Encoding::of(resource, wanted.of_object.root()))
}

fn wanted(resource: &Resource, projection: &[types::Column]) -> Result<Wanted, Error> {
    let mut wanted = Wanted::default();
    wanted.items = resource.items.as_ref().map(|items| Items {
        inputs: inputs(items, &mut wanted.of_object),
        compute: items.compute,
    });
    for (index, asked) in projection.iter().enumerate() {
        let column = known(resource, asked)?;
        let extractor = if column.of_item {
            &mut wanted.of_item
        } else {
            &mut wanted.of_object
        };
        match &column.from {
            Origin::Path(base) if wanted.items.is_some() && !column.of_item => {
                wanted.copied.push(Copied {
                    column: index,
                    input: extractor.text(base),
                    path: asked.path.clone(),
                });
            }
            Origin::Path(base) => extractor.column(index, base, &asked.path),
            Origin::Derived(derived) | Origin::Filled(derived) => wanted.computed.push(Computed {
                column: index,
                compute: derived.compute,
                inputs: inputs(derived, extractor),
                of_item: column.of_item,
                path: asked.path.clone(),
            }),
        }
    }
    Ok(wanted)
}

/// Has the inputs of a computation kept; gives their indices.
fn inputs(derived: &Derived, extractor: &mut Extractor) -> Vec<usize> {
    let paths = derived.inputs.iter();
    paths.map(|path| extractor.text(path)).collect()
}

impl<'o> Rows<'o> {
    /// Rows of `projection`, at most `limit` of them.
    pub(crate) fn new(
        resource: &Resource,
        projection: &[types::Column],
        limit: Option<u64>,
        output: &'o dyn Output,
    ) -> Result<Self, Error> {
        Ok(Self {
            wanted: wanted(resource, projection)?,
            protobuf: None,
            batch: BatchBuilder::new(projection)?,
            output,
            left: limit,
            count: 0,
            stopped: limit == Some(0),
        })
    }
}

impl Objects for Rows<'_> {
    fn left(&self) -> Option<u64> {
        self.left
    }

    fn count(&self) -> u64 {
        self.count
    }

    fn stopped(&self) -> bool {
        self.stopped
    }

    fn stop(&mut self) {
        self.stopped = true;
    }

    fn texts<'de>(&self) -> Vec<Option<&'de str>> {
        self.wanted.of_object.texts()
    }

    /// Pushes the batch when it is full.
    fn object<'de, D: Deserializer<'de>>(
        &mut self,
        texts: &mut [Option<&'de str>],
        deserializer: D,
    ) -> Result<Item, D::Error> {
        texts.fill(None);
        self.wanted
            .of_object
            .object(self.batch.columns_mut(), texts)
            .deserialize(deserializer)?;
        Ok(self.decoded(texts))
    }

    fn prepare(&mut self, api_version: &str, kind: &str) -> Result<(), Error> {
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
        let extractor = &self.wanted.of_object;
        self.protobuf = Some(Prepared {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            plan: protobuf::Plan::new(message, extractor.root()),
            texts: protobuf::Texts::new(extractor.texts().len()),
        });
        Ok(())
    }

    fn protobuf(&mut self, object: protobuf::Cursor<'_>) -> Item {
        let Some(mut prepared) = self.protobuf.take() else {
            return Item::Failed(Error::internal("an object came before its kind"));
        };
        let Prepared { plan, texts, .. } = &mut prepared;
        let item = match protobuf::read(plan, object, self.batch.columns_mut(), texts) {
            Ok(()) => self.decoded(&texts.all()),
            Err(error) => Item::Failed(error),
        };
        self.protobuf = Some(prepared);
        item
    }

    fn flush(&mut self) -> Result<(), Error> {
        if let Some(batch) = self.batch.finish() {
            self.stopped |= self.output.push(batch)? == Flow::Stop;
        }
        Ok(())
    }
}

impl Rows<'_> {
    /// Ends the row of an object that was decoded, or makes the rows of its items.
    fn decoded(&mut self, texts: &[Option<&str>]) -> Item {
        let done = match &self.wanted.items {
            None => self.finish_row(texts, &[]),
            Some(items) => {
                let found = (items.compute)(&chosen(&items.inputs, texts));
                self.rows_of_items(texts, found)
            }
        };
        match done {
            Ok(()) if self.stopped => Item::Stop,
            Ok(()) => Item::More,
            Err(error) => Item::Failed(error),
        }
    }

    /// A row for each item of an object.
    fn rows_of_items(&mut self, texts: &[Option<&str>], items: Value) -> Result<(), Error> {
        let Value::Json(list) = items else {
            return Ok(());
        };
        let items: Vec<&RawValue> = serde_json::from_str(&list).map_err(unreadable)?;
        for item in items {
            if self.stopped {
                break;
            }
            for copied in &self.wanted.copied {
                let column = self.batch.columns_mut().get_mut(copied.column);
                let text = texts.get(copied.input).copied().flatten();
                if let (Some(column), Some(text)) = (column, text) {
                    append_path(column, text, &copied.path)?;
                }
            }
            let mut of_item = self.wanted.of_item.texts();
            let mut json = serde_json::Deserializer::from_str(item.get());
            self.wanted
                .of_item
                .object(self.batch.columns_mut(), &mut of_item)
                .deserialize(&mut json)
                .map_err(unreadable)?;
            self.finish_row(texts, &of_item)?;
        }
        Ok(())
    }

    fn finish_row(
        &mut self,
        texts: &[Option<&str>],
        of_item: &[Option<&str>],
    ) -> Result<(), Error> {
        for computed in &self.wanted.computed {
            let texts = if computed.of_item { of_item } else { texts };
            let inputs = chosen(&computed.inputs, texts);
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
}

/// An item that was found without being read, and is too deep to be.
fn unreadable(error: serde_json::Error) -> Error {
    Error::protocol(format!(
        "expected containers as the Kubernetes API has them, got one that cannot be read: {error}"
    ))
}
