//! Owns which resource of a cluster a name means, as kubectl takes it; refuses to ask the cluster.

use crate::discovery::Found;

/// Whether a resource can be listed, as its preferred version has it.
pub(super) fn is_table(found: &Found) -> bool {
    found.preferred && is_listable(found)
}

/// Secrets are our own table alone, which has no column for their values.
fn is_listable(found: &Found) -> bool {
    let secrets = found.group.is_empty() && found.plural == "secrets";
    !secrets && found.verbs.iter().any(|verb| verb == "list")
}

/// The name that means only this resource: `certificates.cert-manager.io`.
pub(super) fn full(found: &Found) -> String {
    if found.group.is_empty() {
        found.plural.clone()
    } else {
        format!("{}.{}", found.plural, found.group)
    }
}

/// Its other names: plural, singular and short ones. Another resource can have them too.
pub(super) fn short(found: &Found) -> Vec<String> {
    let plural = (!found.group.is_empty()).then(|| found.plural.clone());
    let singular = (!found.singular.is_empty()).then(|| found.singular.clone());
    let mut names: Vec<String> = plural
        .into_iter()
        .chain(singular)
        .chain(found.short_names.iter().cloned())
        .collect();
    names.dedup();
    names
}

/// The resource that a path means, and what there is to say of the choice. `plural.group` and `plural.version.group` mean one
/// resource, in backquotes or not; a plural, singular or short name means the core group's before any other, then the one that the
/// server lists first.
pub(super) fn find(path: &[String], all: &[Found]) -> Option<(Found, Option<String>)> {
    let name = path.join(".").to_lowercase();
    let listable = || all.iter().filter(|found| is_listable(found));
    if let Some(found) = listable().find(|found| found.preferred && full(found) == name) {
        return Some((found.clone(), None));
    }
    let versioned =
        |found: &&Found| format!("{}.{}.{}", found.plural, found.version, found.group) == name;
    if let Some(found) = listable().find(versioned) {
        return Some((found.clone(), None));
    }
    // The core group comes first in the list.
    let mut meant = listable().filter(|found| found.preferred && short(found).contains(&name));
    let found = meant.next()?;
    let others: Vec<String> = meant.map(full).collect();
    let note = (!others.is_empty()).then(|| {
        format!(
            "`{name}` is taken for `{}`; also called so: `{}`",
            full(found),
            others.join("`, `")
        )
    });
    Some((found.clone(), note))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(group: &str, version: &str, plural: &str, singular: &str, preferred: bool) -> Found {
        Found {
            group: group.into(),
            version: version.into(),
            plural: plural.into(),
            singular: singular.into(),
            short_names: vec![format!("{}x", &plural[..2])],
            kind: singular.to_uppercase(),
            namespaced: true,
            verbs: vec!["get".into(), "list".into()],
            categories: vec![],
            preferred,
            stale: false,
        }
    }

    #[test]
    fn names_are_taken_as_kubectl_takes_them() {
        let mut write_only = found("w.io", "v1", "reviews", "review", true);
        write_only.verbs = vec!["create".into()];
        let all = [
            found("", "v1", "podtemplates", "podtemplate", true),
            found("a.io", "v2", "clusters", "cluster", true),
            found("a.io", "v1", "clusters", "cluster", false),
            found("b.io", "v1", "clusters", "cluster", true),
            write_only,
            found("", "v1", "secrets", "secret", true),
        ];
        let note = Some("`cluster` is taken for `clusters.a.io`; also called so: `clusters.b.io`");
        for (path, expected, said) in [
            ("podtemplates", Some("podtemplates v1"), None),
            ("pox", Some("podtemplates v1"), None),
            ("clusters.a.io", Some("clusters.a.io v2"), None),
            ("Clusters.B.io", Some("clusters.b.io v1"), None),
            ("clusters.v1.a.io", Some("clusters.a.io v1"), None),
            ("cluster", Some("clusters.a.io v2"), note),
            ("clusters.c.io", None, None),
            ("clusters.v9.a.io", None, None),
            ("reviews", None, None),
            ("secrets", None, None),
            ("Secret", None, None),
            ("secrets.v1.", None, None),
            ("", None, None),
        ] {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            let got = find(&path, &all);
            let name = got
                .as_ref()
                .map(|(f, _)| format!("{} {}", full(f), f.version));
            assert_eq!(name.as_deref(), expected, "{path:?}");
            assert_eq!(got.and_then(|(_, note)| note).as_deref(), said, "{path:?}");
        }
    }
}
