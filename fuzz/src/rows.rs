//! The targets `batch` and `jsonlines`: rows as a guest hands them over, in Arrow's layout and as JSON, under schemas that the input
//! makes up.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use trawl_host::types::{
    Batch, DataType, DecimalType, Field, Node, Payload, Schema, TimeUnit, TimestampType,
};

/// Fields of a schema, all levels.
const FIELDS: u8 = 12;
/// Rows that are shown cell by cell.
const SHOWN: usize = 64;

/// Decodes the input as columns. What is taken is a batch that Arrow finds valid and whose every value can be read.
///
/// # Panics
/// When one of that does not hold.
pub fn batch(data: &[u8]) {
    let mut input = Input(data);
    let fields = fields(&mut input);
    let rows = input.number();
    let nodes = (0..input.byte() % 16)
        .map(|_| Node {
            // Mostly what would be right.
            len: match input.byte() {
                0..=63 => input.number(),
                _ => rows,
            },
            nulls: match input.byte() {
                0..=63 => input.number(),
                _ => 0,
            },
        })
        .collect();
    let buffers = (0..input.byte() % 24)
        .map(|_| {
            let length = usize::from(input.byte());
            input.bytes(length)
        })
        .collect();
    let batch = Batch {
        rows,
        nodes,
        buffers,
    };
    decoded(fields, Payload::Columns(batch), Some(rows));
}

/// Decodes the input as lines of JSON. As for [`batch`]; bytes and text give the same.
///
/// # Panics
/// When one of that does not hold.
pub fn jsonlines(data: &[u8]) {
    let mut input = Input(data);
    let fields = fields(&mut input);
    let lines = input.0.to_vec();
    let text = String::from_utf8(lines.clone()).ok();
    let from_bytes = decoded(fields.clone(), Payload::JsonLines(lines), None);
    if let Some(text) = text {
        // NaN is not equal to itself: what is compared is what is shown.
        let from_text = decoded(fields, Payload::JsonText(text), None);
        assert_eq!(format!("{from_bytes:?}"), format!("{from_text:?}"));
    } else {
        assert!(from_bytes.is_none());
    }
}

fn decoded(fields: Vec<Field>, payload: Payload, rows: Option<u64>) -> Option<RecordBatch> {
    let schema = SchemaRef::new(trawl_host::arrow_schema(&Schema { fields }).ok()?);
    let batch = match trawl_host::decode_rows(&schema, payload) {
        Ok(batch) => batch,
        Err(failure) => {
            assert!(!failure.message.is_empty());
            return None;
        }
    };
    assert_eq!(batch.schema(), schema);
    if let Some(rows) = rows {
        assert_eq!(u64::try_from(batch.num_rows()), Ok(rows));
    }
    let options = FormatOptions::new().with_display_error(true);
    for (column, field) in batch.columns().iter().zip(schema.fields()) {
        assert_eq!(column.len(), batch.num_rows());
        assert!(field.is_nullable() || column.null_count() == 0);
        let valid = column.to_data().validate_full();
        assert!(valid.is_ok(), "{valid:?}");
        if let Ok(format) = ArrayFormatter::try_new(column, &options) {
            for row in 0..batch.num_rows().min(SHOWN) {
                drop(format.value(row).to_string());
            }
        }
    }
    Some(batch)
}

/// The fields of a schema, in pre-order.
fn fields(input: &mut Input<'_>) -> Vec<Field> {
    let count = input.byte() % FIELDS + 1;
    (0..count)
        .map(|number| {
            let (kind, flags) = (input.byte(), input.byte());
            let data_type = data_type(kind, input);
            let children = match data_type {
                DataType::Array => 1,
                DataType::Dictionary => 2,
                DataType::Object => u32::from(flags >> 5),
                // Mostly what would be right.
                _ => u32::from(flags == u8::MAX),
            };
            Field {
                name: format!("c{number}"),
                data_type,
                nullable: flags & 1 == 0,
                children,
                description: None,
                metadata: vec![],
            }
        })
        .collect()
}

fn data_type(kind: u8, input: &mut Input<'_>) -> DataType {
    const PLAIN: [DataType; 16] = [
        DataType::Null,
        DataType::Boolean,
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::Uint8,
        DataType::Uint16,
        DataType::Uint32,
        DataType::Uint64,
        DataType::Float32,
        DataType::Float64,
        DataType::Utf8,
        DataType::Binary,
        DataType::Json,
        DataType::Date32,
    ];
    match PLAIN.get(usize::from(kind % 24)) {
        Some(plain) => plain.clone(),
        None => match kind % 24 {
            16 => DataType::Time64(unit(input)),
            17 => DataType::Timestamp(TimestampType {
                unit: unit(input),
                zone: match input.byte() % 4 {
                    0 => None,
                    1 => Some("UTC".to_owned()),
                    2 => Some("+02:00".to_owned()),
                    _ => Some("nowhere".to_owned()),
                },
            }),
            18 => DataType::Duration(unit(input)),
            19 => DataType::Decimal128(DecimalType {
                precision: input.byte(),
                scale: input.byte().cast_signed(),
            }),
            20 => DataType::Dictionary,
            21 => DataType::Object,
            _ => DataType::Array,
        },
    }
}

fn unit(input: &mut Input<'_>) -> TimeUnit {
    match input.byte() % 4 {
        0 => TimeUnit::Second,
        1 => TimeUnit::Millisecond,
        2 => TimeUnit::Microsecond,
        _ => TimeUnit::Nanosecond,
    }
}

/// What is left of an input; zeros stand behind its end.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// A small number, or one of those that break arithmetic.
    fn number(&mut self) -> u64 {
        match self.byte() {
            255 => u64::MAX,
            254 => u64::from(u32::MAX),
            253 => 1 << 20,
            small => u64::from(small % 32),
        }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }
}
