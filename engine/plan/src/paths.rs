//! Paths below dynamic columns: which the query reads and as what, learnt in a first binding, so that the second can ask the
//! source for each reading as one typed column.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{ScanColumn, Step};
use crate::relation::{Origin, ScanId};
use crate::types::Type;

/// How the query reads each path.
///
/// A path is offered as a document and as every type that it is read as: reading it as one type must not change what another
/// place of the query sees, and the source is asked only for what the plan uses in the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathUses {
    uses: BTreeMap<Origin, BTreeSet<Type>>,
}

impl PathUses {
    /// The path is read as a document.
    pub fn read(&mut self, origin: &Origin) {
        self.read_as(origin, &Type::Dynamic);
    }

    /// The path is read as this type.
    pub fn read_as(&mut self, origin: &Origin, ty: &Type) {
        self.uses
            .entry(origin.clone())
            .or_default()
            .insert(ty.clone());
    }

    /// The columns that a scan must offer for its paths.
    pub fn columns(&self, scan: ScanId) -> Vec<(Origin, ScanColumn, Type)> {
        let own = self.uses.iter().filter(|(origin, _)| origin.scan == scan);
        own.flat_map(|(origin, types)| types.iter().map(move |ty| (origin, ty)))
            .map(|(origin, ty)| {
                let column = ScanColumn {
                    name: format!("{}::{ty}", path_text(origin)),
                    column: origin.column.clone(),
                    path: origin.path.clone(),
                };
                (origin.clone(), column, ty.clone())
            })
            .collect()
    }
}

/// `status.phase`, `spec.containers[0].image`, `spec["a.b"]`: different for different paths.
pub fn path_text(origin: &Origin) -> String {
    let mut text = origin.column.clone();
    for step in &origin.path {
        match step {
            Step::Key(key) if key.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                text.push('.');
                text.push_str(key);
            }
            Step::Key(key) => text.push_str(&format!("[{key:?}]")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_paths_have_different_texts() {
        let origin = |path: Vec<Step>| Origin {
            scan: 1,
            column: "spec".to_owned(),
            path,
        };
        let key = |key: &str| Step::Key(key.to_owned());
        let one = path_text(&origin(vec![key("a.b")]));
        let two = path_text(&origin(vec![key("a"), key("b")]));
        assert_eq!((one.as_str(), two.as_str()), ("spec[\"a.b\"]", "spec.a.b"));
    }
}
