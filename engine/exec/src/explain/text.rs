//! An explanation as text for people: one block for each scan, then what runs here and what comes out.

use std::fmt;

use super::{
    Explanation, FilterExplanation, GroupsExplanation, LimitExplanation, ScanExplanation, Taken,
};

/// Characters of a line of names; longer lists go on in the next line.
const WIDTH: usize = 100;

/// Names of clusters or connections that are written before it is only said how many more there are.
const NAMES: usize = 8;

/// Room for the word at the left of a line.
const LABEL: usize = 10;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for scan in &self.scans {
            write_scan(scan, f)?;
            writeln!(f)?;
        }
        if let Some(cost) = &self.cost {
            writeln!(f, "costs\n   {cost}\n")?;
        }
        writeln!(f, "here")?;
        for line in &self.here {
            writeln!(f, "   {line}")?;
        }
        writeln!(f)?;
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| format!("{}: {}", column.name, column.ty.outline()))
            .collect();
        writeln!(f, "gives")?;
        for line in wrapped(&columns, WIDTH) {
            writeln!(f, "   {line}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "\nwarning: {warning}")?;
        }
        Ok(())
    }
}

fn write_scan(scan: &ScanExplanation, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let arguments: Vec<String> = scan
        .arguments
        .iter()
        .map(|argument| format!("{} = {}", argument.name, argument.value.trim()))
        .collect();
    let clusters = &scan.clusters;
    match &scan.source {
        Some(_) => writeln!(
            f,
            "{}. {}: {} of {} clusters",
            scan.number,
            scan.table,
            clusters.asked.len(),
            clusters.of
        )?,
        None => writeln!(
            f,
            "{}. {}: only declared, nobody to ask",
            scan.number, scan.table
        )?,
    }
    for argument in arguments {
        line(f, "argument", &[argument])?;
    }
    if !clusters.asked.is_empty() {
        line(f, "clusters", &[some(&clusters.asked)])?;
    }
    let left_out: Vec<String> = clusters
        .left_out
        .iter()
        .map(|left| format!("{} by {}", some(&left.clusters), left.by))
        .collect();
    line(f, "left out", &left_out)?;
    let columns: Vec<String> = scan
        .columns
        .iter()
        .map(|column| format!("{}: {}", column.name, column.ty))
        .collect();
    line(f, "columns", &wrapped(&columns, WIDTH - LABEL - 4))?;
    line(f, "filters", &filters(&scan.filters))?;
    if let Some(limit) = &scan.limit {
        line(f, "rows", &[rows(limit)])?;
    }
    if let Some(made) = &scan.groups {
        line(f, "groups", &[groups(made)])?;
    }
    let others: Vec<String> = scan.shared_with.iter().map(ToString::to_string).collect();
    if !others.is_empty() {
        line(
            f,
            "shared",
            &[format!("fetched once, together with {}", others.join(", "))],
        )?;
    }
    for ask in &scan.asks {
        // A cluster's own connection is called after it and the plugin, which stands above.
        let suffix = format!("/{}", scan.source.as_deref().unwrap_or_default());
        let short = |name: &String| match name.strip_suffix(&suffix) {
            Some(cluster) if ask.of_clusters => cluster.to_owned(),
            _ => name.clone(),
        };
        let connections = some(&ask.connections.iter().map(short).collect::<Vec<_>>());
        match &ask.error {
            None => line(f, "asks", &[format!("{connections}: {}", ask.request)])?,
            Some(error) => line(
                f,
                "fails",
                &[format!("{connections}: {}: {}", error.code, error.message)],
            )?,
        }
        if let Some(cost) = &ask.cost {
            let each = match ask.connections.len() {
                1 => "",
                _ => " each",
            };
            line(f, "cost", &[format!("{connections}: {cost}{each}")])?;
        }
    }
    Ok(())
}

/// The lines of one thing, its name before the first.
fn line(f: &mut fmt::Formatter<'_>, label: &str, lines: &[String]) -> fmt::Result {
    for (position, text) in lines.iter().enumerate() {
        let label = if position == 0 { label } else { "" };
        writeln!(f, "   {label:LABEL$} {text}")?;
    }
    Ok(())
}

fn filters(filters: &[FilterExplanation]) -> Vec<String> {
    let widest = filters
        .iter()
        .map(|filter| filter.condition.chars().count())
        .filter(|width| *width <= WIDTH / 2)
        .max()
        .unwrap_or(0);
    filters
        .iter()
        .map(|filter| {
            let by = match (filter.pushed, &filter.why) {
                (Taken::Exact, _) => "by the source".to_owned(),
                (Taken::Inexact, _) => "by the source, checked again here".to_owned(),
                (Taken::No, None) => "here".to_owned(),
                (Taken::No, Some(why)) => format!("here: {why}"),
            };
            format!("{:widest$}   {by}", filter.condition)
        })
        .collect()
}

fn rows(limit: &LimitExplanation) -> String {
    let by = if limit.by.is_empty() {
        format!("take {}", limit.rows)
    } else {
        format!("top {} by {}", limit.rows, limit.by.join(", "))
    };
    match limit.pushed {
        Taken::Exact => format!("{by} of each source, and again here"),
        Taken::Inexact => format!("{by}, here: each source stops soon after"),
        Taken::No => match &limit.why {
            Some(why) => format!("{by}, here: {why}"),
            None => format!("{by}, here: each source gives all"),
        },
    }
}

fn groups(made: &GroupsExplanation) -> String {
    let mut parts = made.calls.join(", ");
    if parts.is_empty() {
        parts.push_str("distinct ");
    } else if !made.by.is_empty() {
        parts.push_str(" by ");
    }
    parts.push_str(&made.by.join(", "));
    match (made.pushed, &made.why) {
        (Taken::No, Some(why)) => format!("{parts}   here: {why}"),
        (Taken::No, None) => format!("{parts}   here"),
        _ => format!("{parts}   made by each source, merged here"),
    }
}

/// Names, cut where there are too many to read.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(NAMES).map(String::as_str);
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMES) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// Items with commas, in lines of at most this width where an item is not wider itself.
fn wrapped(items: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let comma = if position + 1 < items.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if line.chars().count() + item.chars().count() + 2 <= width => {
                line.push_str(&format!(" {item}{comma}"));
            }
            _ => lines.push(format!("{item}{comma}")),
        }
    }
    lines
}
