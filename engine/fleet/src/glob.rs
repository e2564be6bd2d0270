//! Globs over the names of clusters: `*` is any run of characters, `?` is one, everything else is itself.

/// Whether a glob matches a name from its beginning to its end.
pub fn glob_matches(glob: &str, name: &str) -> bool {
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    // The classic two-pointer walk: on a mismatch go back to the last star and let it eat one more.
    let (mut g, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match glob.get(g) {
            Some('*') => {
                star = Some((g, n));
                g += 1;
            }
            Some(c) if *c == '?' || name.get(n) == Some(c) => {
                g += 1;
                n += 1;
            }
            _ => match star {
                Some((at, eaten)) => {
                    star = Some((at, eaten + 1));
                    g = at + 1;
                    n = eaten + 1;
                }
                None => return false,
            },
        }
    }
    glob.get(g..)
        .is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (glob, name, matches) in [
            ("prod-*", "prod-ap", true),
            ("prod-*", "xprod-ap", false),
            ("*", "", true),
            ("p?od", "prod", true),
            ("*-*p", "prod-ap", true),
            ("prod", "prod-ap", false),
        ] {
            assert_eq!(glob_matches(glob, name), matches, "{glob} {name}");
        }
    }
}
