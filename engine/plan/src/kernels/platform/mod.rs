//! What platforms write and what is asked of it: images, label selectors, addresses, versions, and a hash that is the same everywhere.

pub mod cidr;
pub mod hash;
pub mod image;
pub mod selector;
pub mod version;
