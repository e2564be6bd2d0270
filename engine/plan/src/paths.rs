//! Paths below dynamic columns: which the query uses and as what, learnt in a first binding, so that the second can ask the
//! source for each as one typed column.

use std::collections::BTreeMap;

use trawl_lang::span::Span;

use crate::catalog::ScanColumn;
use crate::catalog::Step;
use crate::relation::Origin;
use crate::types::Type;

/// How the query uses each path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathUses {
    uses: BTreeMap<Origin, Vec<Type>>,
}

impl PathUses {
    /// The path is read; its type is not said.
    pub fn read(&mut self, origin: &Origin) {
        self.uses.entry(origin.clone()).or_default();
    }

    /// The path is read as this type.
    pub fn read_as(&mut self, origin: &Origin, ty: &Type) {
        let types = self.uses.entry(origin.clone()).or_default();
        if !types.contains(ty) {
            types.push(ty.clone());
        }
    }

    /// The columns that a scan must put out for its paths: the one type that all uses agree on, else dynamic.
    pub fn columns(&self, site: Span) -> Vec<(Origin, ScanColumn, Type)> {
        self.uses
            .iter()
            .filter(|(origin, _)| origin.site == site)
            .map(|(origin, types)| {
                let column = ScanColumn {
                    name: column_name(origin),
                    column: origin.column.clone(),
                    path: origin.path.clone(),
                };
                (origin.clone(), column, agreed(types))
            })
            .collect()
    }
}

fn agreed(types: &[Type]) -> Type {
    match types {
        [] => Type::Dynamic,
        [first, rest @ ..] => rest
            .iter()
            .try_fold(first.clone(), |all, ty| all.common(ty))
            .unwrap_or(Type::Dynamic),
    }
}

/// `status.phase`, `status.conditions[0].type`.
pub fn column_name(origin: &Origin) -> String {
    let mut name = origin.column.clone();
    for step in &origin.path {
        match step {
            Step::Key(key) => {
                name.push('.');
                name.push_str(key);
            }
            Step::Index(index) => name.push_str(&format!("[{index}]")),
        }
    }
    name
}
