//! Truths: comparisons, words on text, sets, logic.

use super::view::{SCALARS, View};
use super::{Writer, pools};
use crate::ty::Ty;

impl Writer {
    /// An operator that gives a truth value.
    pub(super) fn truth(&mut self, view: &View, depth: u32) -> String {
        match self.rng.below(14) {
            0..=4 => self.comparison(view, depth),
            5 | 6 => self.words(view, depth),
            7 => self.within(view, depth),
            8 => {
                let value = self.expr(view, &Ty::String, depth);
                let first = self.quoted_of(&pools::KEYS);
                let second = self.expr(view, &Ty::String, 0);
                let not = self.not();
                format!("({value} {not}has_any ({first}, {second}))")
            }
            9 => {
                let types = [Ty::Long, Ty::Real, Ty::String, Ty::Datetime, Ty::Timespan];
                let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Long);
                let value = self.expr(view, &ty, depth);
                let (low, high) = (self.other(view, &ty, depth), self.other(view, &ty, depth));
                let not = self.not();
                format!("({value} {not}between ({low} .. {high}))")
            }
            10 => format!("(not {})", self.expr(view, &Ty::Bool, depth)),
            _ => {
                let word = self.rng.text(&["and", "or"]);
                let count = self.rng.between(2, 3);
                let parts: Vec<String> = (0..count)
                    .map(|_| self.expr(view, &Ty::Bool, depth))
                    .collect();
                format!("({})", parts.join(&format!(" {word} ")))
            }
        }
    }

    fn not(&mut self) -> String {
        self.rng.text(&["", "", "!"])
    }

    /// What can be compared with a value of this type.
    fn other(&mut self, view: &View, ty: &Ty, depth: u32) -> String {
        match self.rng.below(12) {
            0 => "null".to_owned(),
            1 if *ty != Ty::Dynamic => self.expr(view, &Ty::Dynamic, 0),
            2 | 3 if *ty == Ty::Real => self.expr(view, &Ty::Long, depth),
            2 if *ty == Ty::Long => self.expr(view, &Ty::Real, depth),
            2 if *ty == Ty::Quantity => self.expr(view, &Ty::Long, depth),
            3 if *ty == Ty::Quantity => self.expr(view, &Ty::Real, depth.min(1)),
            4 if *ty == Ty::Quantity => self.rng.text(&["\"500m\"", "\"1Ki\"", "0.5", "2"]),
            2 if *ty == Ty::Datetime => {
                let moment = self.rng.text(&pools::MOMENTS);
                format!("\"{moment}\"")
            }
            2 if *ty == Ty::Timespan => self.rng.text(&["\"5m\"", "\"1h30m\"", "\"-5m\""]),
            _ => self.expr(view, ty, depth),
        }
    }

    fn comparison(&mut self, view: &View, depth: u32) -> String {
        let ty = self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long);
        let op = if ty == Ty::Bool {
            self.rng.text(&["==", "!="])
        } else {
            self.rng.text(&["==", "!=", "<", "<=", ">", ">=", "=="])
        };
        let (left, right) = (self.expr(view, &ty, depth), self.other(view, &ty, depth));
        if right == "null" && !matches!(op.as_str(), "==" | "!=") {
            return format!("({left} == null)");
        }
        if ty == Ty::Bool && right.starts_with("parse_json") {
            return format!("({left} {op} true)");
        }
        if self.rng.chance(20) {
            format!("({right} {op} {left})")
        } else {
            format!("({left} {op} {right})")
        }
    }

    fn words(&mut self, view: &View, depth: u32) -> String {
        let left = self.arg(view, &Ty::String, depth);
        let not = self.not();
        if self.rng.chance(20) {
            let regex = self.regex();
            return format!("({left} {not}matches regex {regex})");
        }
        let word = self
            .rng
            .text(&["has", "contains", "startswith", "endswith"]);
        let case = self.rng.text(&["", "", "_cs"]);
        let right = match self.rng.below(4) {
            0 => self.expr(view, &Ty::String, depth),
            1 => self.quoted_of(&["alpha", "BETA", "web-7", "é", "7", "-", "aa", "l", "ß"]),
            _ => self.quoted_of(&pools::KEYS),
        };
        format!("({left} {not}{word}{case} {right})")
    }

    /// A regular expression, verbatim so that its backslashes stay.
    pub(super) fn regex(&mut self) -> String {
        format!("@\"{}\"", self.rng.text(&pools::REGEXES))
    }

    fn within(&mut self, view: &View, depth: u32) -> String {
        let types = [
            Ty::Long,
            Ty::Real,
            Ty::String,
            Ty::Datetime,
            Ty::Timespan,
            Ty::Quantity,
            Ty::Bool,
            Ty::Dynamic,
        ];
        let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Long);
        let value = self.expr(view, &ty, depth);
        // The items of a document are of one type: what it is then read as.
        let items = if ty == Ty::Dynamic {
            self.rng.choose(&[Ty::Long, Ty::String]).cloned()
        } else {
            None
        };
        let item_ty = items.unwrap_or(ty);
        let count = self.rng.between(1, 4);
        let mut items: Vec<String> = Vec::new();
        for _ in 0..count {
            items.push(if self.rng.chance(70) {
                self.literal(&item_ty)
            } else {
                self.expr(view, &item_ty, depth.min(1))
            });
        }
        if self.rng.chance(10) {
            items.push("null".to_owned());
        }
        let not = self.not();
        format!("({value} {not}in ({}))", items.join(", "))
    }
}
