//! Owns Logs Insights, a small part of its language: `fields` and `display`, `filter` with comparisons, `like` and `in`
//! joined by `and`, `sort`, `limit`, and `stats count(*) [as name] [by fields, bin(5m)]` as the last command but sort and
//! limit. Everything else is a MalformedQueryException. Fields are `@timestamp`, `@ingestionTime`, `@message`,
//! `@logStream`, `@log`, and the members of messages that are JSON: `kubernetes.pod_name`.

mod parse;
mod record;
mod run;
mod token;

pub(crate) use parse::parse;
pub(crate) use run::{Outcome, run};

#[cfg(test)]
mod tests;
