//! Owns the JSON paths of printed columns: `.status.conditions[?(@.type=="Ready")].status`. It reads what definitions
//! use (members, indexes, `[*]` and filters for equality); any other path finds nothing.

use serde_json::Value;

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    Member(&'a str),
    Index(usize),
    All,
    /// Items whose member is this text.
    Where(&'a str, &'a str),
}

/// The first value a path leads to.
pub(super) fn find<'a>(path: &str, object: &'a Value) -> Option<&'a Value> {
    let steps = parse(path)?;
    let mut found = vec![object];
    for step in &steps {
        found = found
            .into_iter()
            .flat_map(|value| follow(step, value))
            .collect();
    }
    found.first().copied()
}

fn follow<'a>(step: &Step<'_>, value: &'a Value) -> Vec<&'a Value> {
    match step {
        Step::Member(name) => value.get(*name).into_iter().collect(),
        Step::Index(index) => value.get(*index).into_iter().collect(),
        Step::All => value.as_array().into_iter().flatten().collect(),
        Step::Where(member, text) => value
            .as_array()
            .into_iter()
            .flatten()
            .filter(|item| item[*member] == *text)
            .collect(),
    }
}

fn parse(path: &str) -> Option<Vec<Step<'_>>> {
    let (mut steps, mut rest) = (Vec::new(), path);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, left) = after.split_at(end);
            steps.push(Step::Member(name));
            rest = left;
        } else {
            let (inside, left) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(bracket(inside)?);
            rest = left;
        }
    }
    Some(steps)
}

/// What stands between brackets: `0`, `*`, `?(@.type=="Ready")`.
fn bracket(inside: &str) -> Option<Step<'_>> {
    if inside == "*" {
        return Some(Step::All);
    }
    if let Ok(index) = inside.parse() {
        return Some(Step::Index(index));
    }
    let filter = inside.strip_prefix("?(@.")?.strip_suffix(')')?;
    let (member, text) = filter.split_once("==")?;
    let text = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    Some(Step::Where(member.trim(), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_to_the_first_value_they_describe() {
        let object = json!({
            "spec": {"hosts": ["a", "b"]},
            "status": {"conditions": [{"type": "Synced", "status": "x"}, {"type": "Ready", "status": "True"}]},
        });
        for (path, expected) in [
            (".spec.hosts", Some(json!(["a", "b"]))),
            (".spec.hosts[1]", Some(json!("b"))),
            (".spec.hosts[*]", Some(json!("a"))),
            (
                ".status.conditions[?(@.type==\"Ready\")].status",
                Some(json!("True")),
            ),
            (
                ".status.conditions[?(@.type == \"Ready\")].status",
                Some(json!("True")),
            ),
            (".status.conditions[?(@.type==\"Nope\")].status", None),
            (".spec.nope.deeper", None),
            (".spec[", None),
            ("spec", None),
            (".spec.hosts[?(@.x>1)]", None),
        ] {
            assert_eq!(find(path, &object).cloned(), expected, "{path}");
        }
    }
}
