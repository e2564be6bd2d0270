//! Expressions of a type that is asked for: a leaf, an operator or a call.

use super::view::{Col, View};
use super::{MAX_DEPTH, Writer};
use crate::ty::Ty;

impl Writer {
    /// An expression of a type, at most this many levels deep.
    pub(super) fn expr(&mut self, view: &View, ty: &Ty, depth: u32) -> String {
        if depth == 0 || self.rng.chance(30) {
            return self.leaf(view, ty);
        }
        if self.rng.chance(45)
            && let Some(text) = self.operator(view, ty, depth - 1)
        {
            return text;
        }
        match self.call_of(view, ty, depth - 1) {
            Some(text) => text,
            None => self.leaf(view, ty),
        }
    }

    /// An expression of any depth.
    pub(super) fn any(&mut self, view: &View, ty: &Ty) -> String {
        let depth = u32::try_from(self.rng.between(0, MAX_DEPTH as usize)).unwrap_or(0);
        self.expr(view, ty, depth)
    }

    /// An argument whose parameter has this type: also what converts to it.
    pub(super) fn arg(&mut self, view: &View, ty: &Ty, depth: u32) -> String {
        let converts = matches!(
            ty,
            Ty::String | Ty::Long | Ty::Real | Ty::Datetime | Ty::Timespan
        );
        if converts && self.rng.chance(6) {
            return self.expr(view, &Ty::Dynamic, depth.min(1));
        }
        if *ty == Ty::Real && self.rng.chance(20) {
            return self.expr(view, &Ty::Long, depth);
        }
        self.expr(view, ty, depth)
    }

    /// Something that has one type with others of this type.
    pub(super) fn adapting(&mut self, view: &View, ty: &Ty, depth: u32) -> String {
        match self.rng.below(12) {
            0 => "null".to_owned(),
            1 if *ty == Ty::Real || *ty == Ty::Quantity => self.expr(view, &Ty::Long, depth),
            2 if !ty.is_nested() && *ty != Ty::Dynamic => {
                self.expr(view, &Ty::Dynamic, depth.min(1))
            }
            _ => self.expr(view, ty, depth),
        }
    }

    /// A number whose sums are exact.
    pub(super) fn tame(&mut self, view: &View, ty: &Ty) -> String {
        let cols = view.readable(|col| col.ty == *ty && col.is_tame());
        let names: Vec<String> = cols.into_iter().map(|col: &Col| col.name.clone()).collect();
        match self.rng.choose(&names) {
            Some(name) => name.clone(),
            None => match ty {
                Ty::Real => self.rng.text(&["0.25", "1.5", "-2.75"]),
                Ty::Quantity => self.literal(ty),
                _ => self.small(),
            },
        }
    }

    /// An operator that gives this type.
    fn operator(&mut self, view: &View, ty: &Ty, depth: u32) -> Option<String> {
        let w = self;
        let sides = |w: &mut Self, left: &Ty, op: &str, right: &Ty| {
            let left = w.expr(view, left, depth);
            let right = w.expr(view, right, depth);
            Some(format!("({left} {op} {right})"))
        };
        match ty {
            Ty::Bool => Some(w.truth(view, depth)),
            Ty::Long => {
                if w.rng.chance(10) {
                    return Some(format!("-({})", w.expr(view, ty, depth)));
                }
                let op = w.rng.text(&["+", "-", "*", "%"]);
                if w.rng.chance(8) {
                    return sides(w, &Ty::Long, &op, &Ty::Dynamic);
                }
                sides(w, &Ty::Long, &op, &Ty::Long)
            }
            Ty::Real => match w.rng.below(12) {
                0 => Some(format!("-({})", w.expr(view, ty, depth))),
                1 => sides(w, &Ty::Timespan, "/", &Ty::Timespan),
                2 => sides(w, &Ty::Long, "/", &Ty::Long),
                3 => sides(w, &Ty::Quantity, "/", &Ty::Quantity),
                4 => sides(w, &Ty::Dynamic, "+", &Ty::Dynamic),
                5 => {
                    let op = w.rng.text(&["+", "-", "*", "/", "%"]);
                    sides(w, &Ty::Long, &op, &Ty::Real)
                }
                _ => {
                    let op = w.rng.text(&["+", "-", "*", "/", "%"]);
                    sides(w, &Ty::Real, &op, &Ty::Real)
                }
            },
            Ty::Datetime => match w.rng.below(3) {
                0 => sides(w, &Ty::Timespan, "+", &Ty::Datetime),
                1 => sides(w, &Ty::Datetime, "-", &Ty::Timespan),
                _ => sides(w, &Ty::Datetime, "+", &Ty::Timespan),
            },
            Ty::Timespan => match w.rng.below(7) {
                0 => sides(w, &Ty::Datetime, "-", &Ty::Datetime),
                1 => sides(w, &Ty::Timespan, "%", &Ty::Timespan),
                2 => sides(w, &Ty::Timespan, "*", &Ty::Long),
                3 => sides(w, &Ty::Real, "*", &Ty::Timespan),
                4 => sides(w, &Ty::Timespan, "/", &Ty::Long),
                _ => {
                    let op = w.rng.text(&["+", "-"]);
                    sides(w, &Ty::Timespan, &op, &Ty::Timespan)
                }
            },
            Ty::Quantity => match w.rng.below(5) {
                0 => Some(format!("-({})", w.expr(view, ty, depth))),
                1 => {
                    let op = w.rng.text(&["+", "-", "%"]);
                    sides(w, &Ty::Quantity, &op, &Ty::Quantity)
                }
                2 => {
                    let op = w.rng.text(&["+", "-", "*", "/", "%"]);
                    let (left, right) = (w.expr(view, ty, depth), w.tame(view, &Ty::Real));
                    Some(format!("({left} {op} {right})"))
                }
                3 => {
                    let op = w.rng.text(&["+", "-", "*", "/"]);
                    sides(w, &Ty::Long, &op, &Ty::Quantity)
                }
                _ => {
                    let op = w.rng.text(&["+", "-", "*", "/", "%"]);
                    sides(w, &Ty::Quantity, &op, &Ty::Long)
                }
            },
            Ty::List(item) => {
                let count = w.rng.between(1, 3);
                let mut items = vec![w.expr(view, item, depth)];
                for _ in 1..count {
                    items.push(w.adapting_item(view, item, depth));
                }
                Some(format!("[{}]", items.join(", ")))
            }
            Ty::Dynamic => {
                let document = w.expr(view, &Ty::Dynamic, 0);
                let step = w.rng.text(&[".a", ".b", "[0]", "[-1]", "[\"c\"]", ".d.e"]);
                Some(format!("{document}{step}"))
            }
            Ty::String => match w.rng.below(4) {
                0 => {
                    let field = w.rng.text(&["registry", "repository", "tag", "digest"]);
                    let image = w.meaning(view, &super::pools::IMAGES);
                    Some(format!("parse_image({image}).{field}"))
                }
                1 => {
                    let field = w.rng.text(&["prerelease", "build", "key"]);
                    let version = w.meaning(view, &super::pools::VERSIONS);
                    Some(format!("parse_version({version}).{field}"))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// An item of a list whose first item has this type.
    fn adapting_item(&mut self, view: &View, ty: &Ty, depth: u32) -> String {
        match self.rng.below(8) {
            0 => "null".to_owned(),
            1 if *ty == Ty::Real => self.expr(view, &Ty::Long, depth),
            _ => self.expr(view, ty, depth),
        }
    }

    /// A text that means something to a function: out of its pool, or of the column that mixes all.
    pub(super) fn meaning(&mut self, view: &View, pool: &[&str]) -> String {
        let mixed: Vec<String> = view
            .readable(|col| col.ty == Ty::String)
            .into_iter()
            .map(|col| col.name.clone())
            .collect();
        match self.rng.below(10) {
            0..=5 => self.quoted_of(pool),
            6 => self.arg(view, &Ty::String, 1),
            _ if mixed.iter().any(|name| name == "u") => "u".to_owned(),
            _ => match self.rng.choose(&mixed) {
                Some(name) => name.clone(),
                None => self.quoted_of(pool),
            },
        }
    }
}
