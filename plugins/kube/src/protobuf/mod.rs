//! Kubernetes' protobuf encoding, for reading: a list's items are decoded along the same wanted paths as JSON's, and give the same
//! values. It refuses to write, and to read what no table describes.
//!
//! - `wire`: the format of protobuf; `stream`: a body that is read while it comes; `list`: what Kubernetes puts around a list.
//! - `table`: what the API's messages are in JSON; `plan`: the wanted paths as numbers of fields.
//! - `object`: one object into columns; `render`: a subtree as the JSON that the API gives; `special`: values that are
//!   no objects in JSON, `time`: the times among them; `seen`: what was read of a message.

mod list;
mod object;
mod plan;
mod render;
mod seen;
mod special;
mod stream;
mod table;
mod time;
mod wire;

pub(crate) use list::{CONTENT_TYPE, Reader, read as read_list, status};
pub(crate) use object::{Texts, read};
pub(crate) use plan::Plan;
pub(crate) use table::{Covered, Message};
pub(crate) use wire::Cursor;
