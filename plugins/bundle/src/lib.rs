//! The plugins that ship inside the binary.
