//! Grants as they are written in a clusters.yaml: the block to paste, and putting it into a file that somebody wrote by hand, of
//! which every other character stays. Where the file is written in a way that is not understood here, nothing is changed.

use trawl_fleet::scalar;

/// Operations of endpoints on some clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The plugin's installed name.
    pub plugin: &'a str,
    /// Names of clusters, or globs over them.
    pub clusters: &'a [String],
    /// For each endpoint its operations.
    pub endpoints: Vec<(&'a str, Vec<&'a str>)>,
}

impl Wanted<'_> {
    /// The whole block, for a file that has no `plugins` yet.
    pub fn block(&self) -> String {
        format!("plugins:\n{}", self.entry("  "))
    }

    /// The plugin with its grants.
    fn entry(&self, indent: &str) -> String {
        let more = format!("{indent}  ");
        format!("{indent}{}:\n{}", scalar(self.plugin), self.grants(&more))
    }

    fn grants(&self, indent: &str) -> String {
        let more = format!("{indent}  ");
        format!("{indent}grants:\n{}", self.items(&more))
    }

    /// A grant for each endpoint.
    fn items(&self, indent: &str) -> String {
        let clusters: Vec<String> = self.clusters.iter().map(|it| quoted(it)).collect();
        let clusters = clusters.join(", ");
        let mut text = String::new();
        for (endpoint, operations) in &self.endpoints {
            let endpoint = scalar(endpoint);
            text.push_str(&format!(
                "{indent}- clusters: [{clusters}]\n{indent}  endpoint: {endpoint}\n{indent}  operations:\n"
            ));
            for operation in operations {
                text.push_str(&format!("{indent}    - {}\n", quoted(operation)));
            }
        }
        text
    }

    /// The text of a clusters.yaml with these grants in it.
    ///
    /// # Errors
    /// It is written in a way that is not understood here; the text says which.
    pub fn put_into(&self, text: &str) -> Result<String, String> {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let Some(plugins) = key_at(&lines, 0..lines.len(), 0, "plugins") else {
            let end = if text.ends_with('\n') || text.is_empty() {
                ""
            } else {
                "\n"
            };
            return Ok(format!("{text}{end}\n{}", self.block()));
        };
        let inside = block_of(&lines, plugins, "plugins")?;
        let Some(depth) = depth_of(&lines, inside.clone()) else {
            return Ok(with(&lines, plugins + 1, &self.entry("  ")));
        };
        let Some(plugin) = key_at(&lines, inside.clone(), depth, self.plugin) else {
            let entry = self.entry(&" ".repeat(depth));
            return Ok(with(&lines, end_of(&lines, inside), &entry));
        };
        let inside = block_of(&lines, plugin, self.plugin)?;
        let Some(deeper) = depth_of(&lines, inside.clone()) else {
            let grants = self.grants(&" ".repeat(depth + 2));
            return Ok(with(&lines, plugin + 1, &grants));
        };
        let Some(grants) = key_at(&lines, inside.clone(), deeper, "grants") else {
            let grants = self.grants(&" ".repeat(deeper));
            return Ok(with(&lines, end_of(&lines, inside), &grants));
        };
        let items = list_of(&lines, grants, deeper)?;
        let indent = depth_of(&lines, items.clone()).unwrap_or(deeper + 2);
        let items = end_of(&lines, items).max(grants + 1);
        Ok(with(&lines, items, &self.items(&" ".repeat(indent))))
    }
}

/// Text in quotes, so that nothing in it means anything to YAML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What a line says, without its comment where that stands alone, and how deep it begins; none for a line that says nothing.
fn said(line: &str) -> Option<(usize, &str)> {
    let text = line.trim();
    (!text.is_empty() && !text.starts_with('#')).then(|| {
        let depth = line.len().saturating_sub(line.trim_start().len());
        (depth, text)
    })
}

/// The line of a key at this depth.
fn key_at(lines: &[&str], among: std::ops::Range<usize>, depth: usize, key: &str) -> Option<usize> {
    let forms = [key.to_owned(), format!("\"{key}\""), format!("'{key}'")];
    among.into_iter().find(|at| {
        let line = lines.get(*at).and_then(|line| said(line));
        line.is_some_and(|(found, text)| {
            let name = text.split_once(':').map(|(name, _)| name.trim_end());
            found == depth && name.is_some_and(|name| forms.iter().any(|it| it == name))
        })
    })
}

/// The lines below a key whose value stands in a block.
fn block_of(lines: &[&str], at: usize, key: &str) -> Result<std::ops::Range<usize>, String> {
    let (depth, text) = lines
        .get(at)
        .and_then(|line| said(line))
        .unwrap_or_default();
    let value = text.split_once(':').map_or("", |(_, value)| value.trim());
    if !value.is_empty() && !value.starts_with('#') {
        return Err(format!(
            "line {}: the value of `{key}` stands in one line with it",
            at + 1
        ));
    }
    let first = at + 1;
    let ends = |line: &&str| said(line).is_some_and(|(found, _)| found <= depth);
    let length = lines.iter().skip(first).position(ends);
    Ok(first..length.map_or(lines.len(), |length| first + length))
}

/// The lines of the list below a key; its items may stand as deep as the key.
fn list_of(lines: &[&str], at: usize, depth: usize) -> Result<std::ops::Range<usize>, String> {
    block_of(lines, at, "grants")?;
    let first = at + 1;
    let ends = |line: &&str| {
        said(line).is_some_and(|(found, text)| {
            found < depth || (found == depth && !text.starts_with('-'))
        })
    };
    let length = lines.iter().skip(first).position(ends);
    Ok(first..length.map_or(lines.len(), |length| first + length))
}

/// How deep the first line stands that says something.
fn depth_of(lines: &[&str], among: std::ops::Range<usize>) -> Option<usize> {
    let lines = lines.get(among).unwrap_or_default();
    lines
        .iter()
        .find_map(|line| said(line))
        .map(|(depth, _)| depth)
}

/// Behind the last line that says something.
fn end_of(lines: &[&str], among: std::ops::Range<usize>) -> usize {
    let first = among.start;
    let lines = lines.get(among).unwrap_or_default();
    let last = lines.iter().rposition(|line| said(line).is_some());
    last.map_or(first, |last| first + last + 1)
}

/// The lines with a text before one of them.
fn with(lines: &[&str], at: usize, text: &str) -> String {
    let before = lines.iter().take(at).copied().collect::<String>();
    let behind = lines.iter().skip(at).copied().collect::<String>();
    let newline = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{before}{newline}{text}{behind}")
}

#[cfg(test)]
#[path = "grant_text/tests.rs"]
mod tests;
