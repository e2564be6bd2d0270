//! Kubernetes' protobuf encoding, for writing: lists and objects of built-in kinds, and metadata of all kinds. It refuses to read
//! and shares nothing with the plugin that reads it.

mod answer;
mod encode;
mod messages;

pub(super) use answer::{CONTENT_TYPE, has_encoding, list, refusal, single};
