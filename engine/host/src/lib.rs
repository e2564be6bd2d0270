//! Component plugins to Arrow batches: bindings, limits, grants, scan.
