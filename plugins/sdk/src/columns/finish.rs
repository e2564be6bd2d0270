//! Owns the hand-over of finished buffers in pre-order; refuses to change a value.

use super::builder::{ColumnBuilder, Kind};
use crate::types::Node;

impl ColumnBuilder {
    /// Moves the buffers out, in the order that the contract wants; the builder is empty afterwards.
    pub fn finish_into(&mut self, nodes: &mut Vec<Node>, buffers: &mut Vec<Vec<u8>>) {
        let len = self.validity.len();
        let nulls = if matches!(self.kind, Kind::Null) {
            len
        } else {
            self.validity.unset()
        };
        nodes.push(Node {
            len: len as u64,
            nulls: nulls as u64,
        });
        let validity = self.validity.take();
        if !matches!(self.kind, Kind::Null) {
            // An empty buffer says that every value is there, which spares the copy.
            buffers.push(if nulls == 0 { Vec::new() } else { validity });
        }
        match &mut self.kind {
            Kind::Null => {}
            Kind::Boolean(bits) => buffers.push(bits.take()),
            Kind::Fixed(_, data) => buffers.push(std::mem::take(data)),
            Kind::Utf8(b) | Kind::Json(b) | Kind::Binary(b) => {
                buffers.push(b.offsets.take());
                buffers.push(std::mem::take(&mut b.data));
            }
            Kind::List { offsets, item } => {
                buffers.push(offsets.take());
                item.finish_into(nodes, buffers);
            }
            Kind::Struct(children) => {
                for (_, child) in children {
                    child.finish_into(nodes, buffers);
                }
            }
            Kind::Map {
                offsets,
                key,
                value,
            } => {
                buffers.push(offsets.take());
                key.finish_into(nodes, buffers);
                value.finish_into(nodes, buffers);
            }
        }
    }
}
