//! Where two tables meet: `join`, `lookup`, `union`, and sets that are queries.

use super::view::{Col, Use, View};
use super::{Writer, tables};
use crate::ty::Ty;

/// Most joins of a query: each multiplies the rows.
const MAX_JOINS: usize = 2;

impl Writer {
    /// A table or `let` for the other side: its name and the columns that may be read.
    fn other_side(&mut self) -> (String, Vec<Col>) {
        if self.rng.chance(40)
            && let Some((name, view)) = self.rng.choose(&self.lets).cloned()
        {
            let cols: Vec<Col> = view.cols.into_iter().filter(Col::is_readable).collect();
            if !cols.is_empty() {
                return (name, cols);
            }
        }
        (self.rng.text(&tables::NAMES), self.base())
    }

    /// A type that a key of this type can meet.
    fn meets(left: &Ty, right: &Ty) -> bool {
        left == right && !left.is_nested()
            || left.is_number() && right.is_number()
            || *left == Ty::Dynamic && matches!(right, Ty::String | Ty::Long)
            || *right == Ty::Dynamic && matches!(left, Ty::String | Ty::Long)
    }

    /// Pairs of keys: for each the text after `on`, what the right side projects, and the right column's name and type.
    fn join_keys(
        &mut self,
        view: &View,
        right: &[Col],
        by_name: bool,
    ) -> Vec<(String, String, Col)> {
        let mut keys: Vec<(String, String, Col)> = Vec::new();
        for _ in 0..self.rng.between(1, 2) {
            let plain = view.readable(|col| !col.ty.is_nested() && col.ty != Ty::Bool);
            let plain: Vec<Col> = plain.into_iter().cloned().collect();
            let Some(left) = self.rng.choose(&plain).cloned() else {
                continue;
            };
            let named = by_name && left.ty != Ty::Dynamic && self.rng.chance(65);
            let fits = |col: &&Col| {
                if named {
                    col.ty == left.ty
                } else {
                    Self::meets(&left.ty, &col.ty)
                }
            };
            let partners: Vec<Col> = right.iter().filter(fits).cloned().collect();
            let Some(partner) = self.rng.choose(&partners).cloned() else {
                continue;
            };
            if named {
                if keys.iter().any(|(_, _, col)| col.name == left.name) {
                    continue;
                }
                let made = Col::new(left.name.clone(), partner.ty);
                let item = format!("{} = {}", left.name, partner.name);
                keys.push((left.name, item, made));
            } else {
                let name = self.fresh();
                let on = if self.rng.chance(70) {
                    format!("$left.{} == $right.{name}", left.name)
                } else {
                    format!("$right.{name} == $left.{}", left.name)
                };
                let item = format!("{name} = {}", partner.name);
                keys.push((on, item, Col::new(name, partner.ty)));
            }
        }
        keys
    }

    pub(super) fn join(&mut self, view: &mut View) -> Option<String> {
        if self.joins >= MAX_JOINS {
            return None;
        }
        let kind = self.rng.text(&[
            "",
            "kind=inner ",
            "kind=leftouter ",
            "kind=rightouter ",
            "kind=fullouter ",
            "kind=leftsemi ",
            "kind=leftanti ",
        ]);
        let semi = kind.contains("semi") || kind.contains("anti");
        let coalesces = kind.contains("right") || kind.contains("full");
        let alias = !semi && self.rng.chance(35);
        let (table, cols) = self.other_side();
        let keys = self.join_keys(view, &cols, !(alias && coalesces));
        if keys.is_empty() {
            return None;
        }
        self.joins += 1;
        let mut made: Vec<Col> = keys.iter().map(|(_, _, col)| col.clone()).collect();
        let mut items: Vec<String> = keys.iter().map(|(_, item, _)| item.clone()).collect();
        for _ in 0..self.rng.below(4) {
            let col = self.rng.choose(&cols)?.clone();
            let name = self.fresh();
            items.push(format!("{name} = {}", col.name));
            made.push(Col { name, ..col });
        }
        let mut right = format!("{table} | project {}", items.join(", "));
        if self.rng.chance(25) {
            let condition = self.any(&View::new(made.clone()), &Ty::Bool);
            right.push_str(&format!(" | where {condition}"));
        }
        let on: Vec<String> = keys.into_iter().map(|(on, _, _)| on).collect();
        let on = on.join(", ");
        if semi {
            return Some(format!("join {kind}({right}) on {on}"));
        }
        if alias {
            let name = self.plain();
            let fields = made.into_iter().map(|col| (bare(&col.name), col.ty));
            let fields: Vec<(String, Ty)> = fields.collect();
            let quoted = fields.iter().any(|(name, _)| name.contains(' '));
            let usable = if quoted { Use::Opaque } else { Use::Any };
            view.set(Col::new(name.clone(), Ty::Struct(fields)).usable(usable));
            return Some(format!("join {kind}({right}) as {name} on {on}"));
        }
        for col in made {
            if !view.has(&col.name) {
                view.set(col);
            }
        }
        Some(format!("join {kind}({right}) on {on}"))
    }

    pub(super) fn lookup(&mut self, view: &mut View) -> Option<String> {
        let (table, cols) = self.other_side();
        let mut keys = self.join_keys(view, &cols, true);
        // Numbers that differ may be one number of the other side's type.
        keys.retain(|(on, _, right)| {
            let left = view.cols.iter().find(|col| {
                on.split(' ')
                    .any(|word| word.strip_prefix("$left.").unwrap_or(word) == col.name)
            });
            left.is_none_or(|left| left.ty == right.ty || !right.ty.is_number())
        });
        if keys.is_empty() {
            return None;
        }
        let on: Vec<String> = keys.iter().map(|(on, _, _)| on.clone()).collect();
        let by: Vec<String> = keys.iter().map(|(_, item, _)| item.clone()).collect();
        let source = View::new(cols.clone());
        let mut made: Vec<Col> = keys.into_iter().map(|(_, _, col)| col).collect();
        // Documents group by their text.
        for col in made.iter_mut().filter(|col| col.ty == Ty::Dynamic) {
            col.ty = Ty::String;
        }
        let dynamic_key = |col: &Col| {
            cols.iter()
                .any(|known| known.ty == Ty::Dynamic && by_ends(&by, known, col))
        };
        if made.iter().any(dynamic_key) {
            return None;
        }
        // What follows a lookup that fails may keep it from running at all: it is the last.
        let fails = self.rng.chance(12);
        view.ended = fails;
        let right = if !fails {
            let name = self.fresh();
            let aggregate = self.rng.text(&["count", "max", "sum", "make_set"]);
            let aggregated = self.aggregate_of(&source, &aggregate);
            made.push(Col::new(name.clone(), aggregated.ty).usable(aggregated.usable));
            format!(
                "{table} | summarize {name} = {} by {}",
                aggregated.text,
                by.join(", ")
            )
        } else {
            format!("{table} | project {}", by.join(", "))
        };
        if self.rng.chance(25) {
            let name = self.plain();
            let whole = made.iter().all(Col::is_readable);
            let fields: Vec<(String, Ty)> = made
                .into_iter()
                .map(|col| (bare(&col.name), col.ty))
                .collect();
            let quoted = fields.iter().any(|(name, _)| name.contains(' '));
            let usable = if whole && !quoted {
                Use::Any
            } else {
                Use::Opaque
            };
            view.set(Col::new(name.clone(), Ty::Struct(fields)).usable(usable));
            return Some(format!("lookup ({right}) as {name} on {}", on.join(", ")));
        }
        for col in made {
            if !view.has(&col.name) {
                view.set(col);
            }
        }
        Some(format!("lookup ({right}) on {}", on.join(", ")))
    }

    /// A branch of a union with these columns, which then are those of both.
    pub(super) fn united(&mut self, view: &mut View) -> String {
        let (table, cols) = self.other_side();
        let mut items = Vec::new();
        for col in view.cols.iter_mut() {
            if !col.is_readable() || self.rng.chance(30) {
                continue;
            }
            let fits = |other: &&Col| {
                other.ty == col.ty
                    || other.ty.is_number()
                        && col.ty.is_number()
                        && !matches!(
                            (&other.ty, &col.ty),
                            (Ty::Real, Ty::Quantity) | (Ty::Quantity, Ty::Real)
                        )
            };
            let partners: Vec<Col> = cols.iter().filter(fits).cloned().collect();
            let Some(partner) = self.rng.choose(&partners) else {
                continue;
            };
            // Quantities take no real that is not exact, and tame ones stay so only together.
            if let Some(common) = col.ty.common(&partner.ty) {
                if common != col.ty || !partner.is_tame() {
                    col.usable = Use::Any;
                }
                col.ty = common;
            }
            items.push(if partner.name == col.name {
                col.name.clone()
            } else {
                format!("{} = {}", col.name, partner.name)
            });
        }
        if (items.is_empty() || self.rng.chance(30))
            && let Some(extra) = self.rng.choose(&cols).cloned()
        {
            let name = self.fresh();
            items.push(format!("{name} = {}", extra.name));
            view.set(Col { name, ..extra });
        }
        format!("({table} | project {})", items.join(", "))
    }

    /// `x in (query)`.
    pub(super) fn subquery(&mut self, view: &View) -> Option<String> {
        let (table, cols) = self.other_side();
        let plain = view.readable(|col| !col.ty.is_nested() && col.ty != Ty::Bool);
        let plain: Vec<Col> = plain.into_iter().cloned().collect();
        let left = self.rng.choose(&plain)?.clone();
        let partners: Vec<Col> = cols
            .iter()
            .filter(|col| Self::meets(&left.ty, &col.ty))
            .cloned()
            .collect();
        let partner = self.rng.choose(&partners)?.clone();
        let condition = if self.rng.chance(60) {
            self.any(&View::new(cols), &Ty::Bool)
        } else {
            "true".to_owned()
        };
        let not = self.rng.text(&["", "!"]);
        let name = &partner.name;
        Some(format!(
            "{} {not}in ({table} | where {condition} | project {name})",
            left.name
        ))
    }
}

/// Whether one of the items makes this column of that one.
fn by_ends(items: &[String], from: &Col, made: &Col) -> bool {
    let item = format!("{} = {}", made.name, from.name);
    items.contains(&item)
}

/// A name without its quotes.
fn bare(name: &str) -> String {
    name.trim_matches('`').to_owned()
}
