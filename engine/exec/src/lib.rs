//! Plan meets host: catalog, fan-out, completeness, stats.
