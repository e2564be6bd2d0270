//! The nearest valid name for a misspelt one. Owns the measure of nearness; refuses far-fetched guesses.

use crate::limits::MAX_NEAREST_CHARS;

/// The candidate that `name` was most likely meant to be, or `None` when none is near.
///
/// Near means: equal but for case, or at most a third of the letters (at least one, at most four) inserted, dropped,
/// changed or swapped; failing that, the only candidate that begins with `name`. Of equally near ones the first wins.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    if length == 0 || length > MAX_NEAREST_CHARS {
        return None;
    }
    let allowed = (length / 3).clamp(1, 4);
    let lower = name.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    let mut beginning: Vec<&str> = Vec::new();
    for candidate in candidates {
        if candidate == name || candidate.chars().count() > MAX_NEAREST_CHARS {
            continue;
        }
        let candidate_lower = candidate.to_lowercase();
        let distance = strsim::damerau_levenshtein(&lower, &candidate_lower);
        // One letter exchanged for another in a name of one or two letters is a different name, not a slip.
        let plausible = distance == 0 || (distance <= allowed && distance < length);
        if plausible && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
        if length >= 3 && candidate_lower.starts_with(&lower) {
            beginning.push(candidate);
        }
    }
    match (best, beginning.as_slice()) {
        (Some((_, candidate)), _) => Some(candidate),
        (None, [only]) => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const FIELDS: [&str; 5] = [
        "containerStatuses",
        "phase",
        "podIP",
        "conditions",
        "startTime",
    ];

    #[test]
    fn finds_slips() {
        assert_eq!(
            nearest("containerStatus", FIELDS),
            Some("containerStatuses")
        );
        assert_eq!(nearest("phsae", FIELDS), Some("phase"));
        assert_eq!(nearest("podip", FIELDS), Some("podIP"));
        assert_eq!(nearest("cond", FIELDS), Some("conditions"));
    }

    #[test]
    fn refuses_the_far_fetched() {
        assert_eq!(nearest("x", FIELDS), None);
        assert_eq!(nearest("", FIELDS), None);
        assert_eq!(nearest("restartCount", FIELDS), None);
        assert_eq!(nearest(&"p".repeat(10_000), FIELDS), None);
    }

    #[test]
    fn does_not_suggest_the_name_itself() {
        assert_eq!(nearest("phase", FIELDS), None);
    }
}
