//! A smaller case that shows the same: fewer operators, items and rows.

use trawl_reference::generate::Case;

/// Most tries: each runs the engine.
const MAX_TRIES: usize = 250;

/// The smallest case found for which this still holds.
pub fn shrink(case: &Case, holds: impl Fn(&Case) -> bool) -> Case {
    let mut best = case.clone();
    let mut tries = 0;
    loop {
        let mut smaller = None;
        for query in shorter(&best.query) {
            tries += 1;
            let candidate = Case {
                query,
                ..best.clone()
            };
            if tries < MAX_TRIES && holds(&candidate) {
                smaller = Some(candidate);
                break;
            }
        }
        if smaller.is_none() {
            smaller = fewer_rows(&best, |candidate| {
                tries += 1;
                tries < MAX_TRIES && holds(candidate)
            });
        }
        match smaller {
            Some(candidate) => best = candidate,
            None => return best,
        }
    }
}

/// The query without one of its lines, or without one item of a line.
fn shorter(query: &str) -> Vec<String> {
    let lines: Vec<&str> = query.lines().collect();
    let mut queries = Vec::new();
    for at in (0..lines.len()).rev() {
        let mut fewer = lines.clone();
        fewer.remove(at);
        queries.push(fewer.join("\n"));
    }
    for at in (0..lines.len()).rev() {
        let parts = items(lines[at]);
        for part in 0..parts.len() {
            if parts.len() < 2 {
                break;
            }
            let mut kept = parts.clone();
            let removed = kept.remove(part);
            // The first item stands behind the operator's name.
            let head = match removed.trim_start().split_once(' ') {
                Some((bar, rest)) if part == 0 && bar == "|" => {
                    let name = rest.split(' ').next().unwrap_or_default();
                    format!("| {name} ")
                }
                _ => String::new(),
            };
            let mut fewer: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            fewer[at] = format!("{head}{}", kept.join(",").trim_start());
            queries.push(fewer.join("\n"));
        }
    }
    queries
}

/// The parts of a line between commas that stand in no bracket and no text.
fn items(line: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quote) = (vec![String::new()], 0, None);
    for character in line.chars() {
        match (quote, character) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(character);
    }
    parts
}

fn fewer_rows(case: &Case, mut holds: impl FnMut(&Case) -> bool) -> Option<Case> {
    for (name, table) in &case.tables {
        let count = table.rows.len();
        if count == 0 || !case.query.contains(name.as_str()) {
            continue;
        }
        let halves = [(0, count / 2), (count / 2, count)];
        let singles = (0..count).map(|at| (at, at + 1));
        for (from, to) in halves.into_iter().chain(singles) {
            let mut candidate = case.clone();
            let rows = &mut candidate.tables.get_mut(name).unwrap().rows;
            rows.drain(from..to);
            if rows.len() < count && holds(&candidate) {
                return Some(candidate);
            }
        }
    }
    None
}
