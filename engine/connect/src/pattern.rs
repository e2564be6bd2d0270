//! Patterns of paths: which requests an operation matches, and which operations cover others. `{x}` is one segment, `{x...}` at the
//! end is the rest, anything else is literal.

use trawl_fleet::Operation;

/// One segment of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    /// This text.
    Literal(&'a str),
    /// Any segment.
    One,
    /// One segment or more.
    Rest,
}

/// The parts of a pattern; none when it matches nothing.
fn parts(pattern: &str) -> Option<Vec<Part<'_>>> {
    let below = pattern.strip_prefix('/')?;
    if below.is_empty() {
        return Some(Vec::new());
    }
    let parts: Vec<Part<'_>> = below.split('/').map(part).collect();
    let rest = parts.iter().position(|part| *part == Part::Rest);
    let is_last = |at: usize| at.saturating_add(1) == parts.len();
    rest.is_none_or(is_last).then_some(parts)
}

fn part(segment: &str) -> Part<'_> {
    let variable = segment
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    match variable {
        Some(name) if name.ends_with("...") => Part::Rest,
        Some(_) => Part::One,
        None => Part::Literal(segment),
    }
}

/// Whether the pattern matches the segments. Segments are compared before they are encoded, and a
/// valid one holds no slash, so that a segment can never match two.
pub(crate) fn matches(pattern: &str, segments: &[String]) -> bool {
    let Some(parts) = parts(pattern) else {
        return false;
    };
    let mut segments = segments.iter();
    for part in parts {
        let Some(segment) = segments.next() else {
            return false;
        };
        match part {
            Part::Rest => return true,
            Part::One => {}
            Part::Literal(literal) if literal == segment => {}
            Part::Literal(_) => return false,
        }
    }
    segments.next().is_none()
}

/// Whether everything that `wanted` matches is matched by `granted` too: methods and actions are equal, `{x}` covers a literal or
/// another `{y}`, and `{x...}` covers one segment or more, whatever they are.
pub fn covers(granted: &Operation, wanted: &Operation) -> bool {
    if granted.method != wanted.method || granted.action != wanted.action {
        return false;
    }
    let (Some(granted), Some(wanted)) = (parts(&granted.path), parts(&wanted.path)) else {
        return false;
    };
    let mut wanted = wanted.into_iter();
    for part in granted {
        let covered = match (part, wanted.next()) {
            (_, None) => false,
            (Part::Rest, Some(_)) => return true,
            (Part::One, Some(wanted)) => wanted != Part::Rest,
            (Part::Literal(_), Some(wanted)) => part == wanted,
        };
        if !covered {
            return false;
        }
    }
    wanted.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(path: &str) -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn patterns_match_whole_paths() {
        for (pattern, path, expected) in [
            ("/api/v1/pods", "api/v1/pods", true),
            ("/api/v1/pods", "api/v1/pods/x", false),
            ("/api/v1/pods", "api/v1", false),
            ("/api/v1/pods", "api/v1/Pods", false),
            (
                "/api/v1/namespaces/{ns}/pods",
                "api/v1/namespaces/a/pods",
                true,
            ),
            (
                "/api/v1/namespaces/{ns}/pods",
                "api/v1/namespaces/a/b/pods",
                false,
            ),
            (
                "/api/v1/namespaces/{ns}/pods",
                "api/v1/namespaces/pods",
                false,
            ),
            ("/apis/{rest...}", "apis/apps/v1/deployments", true),
            ("/apis/{rest...}", "apis", false),
            ("/apis/{rest...}/x", "apis/a/x", false),
            ("/", "", true),
            ("/", "a", false),
            ("", "", false),
            ("api", "api", false),
            ("/{a}", "{a}", true),
            ("/a{b}", "a{b}", true),
            ("/a{b}", "ax", false),
        ] {
            assert_eq!(
                matches(pattern, &segments(path)),
                expected,
                "{pattern} {path}"
            );
        }
    }

    fn operation(text: &str) -> Operation {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_covers_what_is_narrower() {
        for (granted, wanted, expected) in [
            ("GET /a/b", "GET /a/b", true),
            ("GET /a/b", "GET /a/c", false),
            ("GET /a/b", "GET /a/{x}", false),
            ("GET /a/{x}", "GET /a/b", true),
            ("GET /a/{x}", "GET /a/{y}", true),
            ("GET /a/{x}", "GET /a/b/c", false),
            ("GET /a/{x}", "GET /a/{y...}", false),
            ("GET /a/{x}", "GET /a", false),
            ("GET /a", "GET /a/b", false),
            ("GET /{x...}", "GET /a/{y}/c", true),
            ("GET /{x...}", "GET /{y...}", true),
            ("GET /a/{x...}", "GET /a/b", true),
            ("GET /a/{x...}", "GET /a/{y...}", true),
            ("GET /a/{x...}", "GET /a/b/{y...}", true),
            ("GET /a/{x...}", "GET /a", false),
            ("GET /a/{x...}", "GET /{y...}", false),
            ("GET /{x}/{y...}", "GET /{z...}", false),
            ("GET /", "GET /", true),
            ("GET /", "GET /a", false),
            ("GET /{x...}", "GET /", false),
            ("GET /a", "HEAD /a", false),
            ("POST /", "POST / A.B", false),
            ("POST / A.B", "POST /", false),
            ("POST / A.B", "POST / A.B", true),
            ("POST / A.B", "POST / A.C", false),
            ("POST /{x...} A.B", "POST /p A.B", true),
        ] {
            assert_eq!(
                covers(&operation(granted), &operation(wanted)),
                expected,
                "{granted} over {wanted}"
            );
        }
    }

    #[test]
    fn a_pattern_that_matches_nothing_covers_nothing_and_is_not_covered() {
        let odd = |path: &str| Operation {
            path: path.to_owned(),
            ..operation("GET /")
        };
        for path in ["", "a", "/{x...}/b"] {
            assert!(!covers(&odd(path), &operation("GET /a/b")), "{path}");
            assert!(!covers(&operation("GET /{x...}"), &odd(path)), "{path}");
        }
    }

    proptest::proptest! {
        /// What is covered cannot be used to reach anything that was not granted.
        #[test]
        fn what_a_covered_pattern_matches_is_matched(
            granted in "(/(a|b|\\{x\\})){0,3}(/\\{x\\.\\.\\.\\})?",
            wanted in "(/(a|b|\\{y\\})){0,3}(/\\{y\\.\\.\\.\\})?",
            path in proptest::collection::vec("a|b|c", 0..5),
        ) {
            let pattern = |text: &str| if text.is_empty() { "/".to_owned() } else { text.to_owned() };
            let (granted, wanted) = (pattern(&granted), pattern(&wanted));
            let both = |path: &str| operation(&format!("GET {path}"));
            if covers(&both(&granted), &both(&wanted)) && matches(&wanted, &path) {
                assert!(matches(&granted, &path), "{granted} over {wanted}: {path:?}");
            }
        }
    }
}
