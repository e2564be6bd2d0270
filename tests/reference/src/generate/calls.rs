//! Calls: which function gives which type, and the functions that go with any type.

use super::view::{SCALARS, View};
use super::{Writer, pools};
use crate::ty::Ty;

/// Functions that give the type of what they choose from.
const CHOOSING: [&str; 3] = ["iff", "case", "coalesce"];

/// Functions of a row that are not called inside others: the last digits of their reals are left open.
pub const INEXACT: [&str; 2] = ["pow", "log"];

impl Writer {
    /// A call that gives this type; `None` when no function does.
    pub(super) fn call_of(&mut self, view: &View, ty: &Ty, depth: u32) -> Option<String> {
        let own: &[&str] = match ty {
            Ty::Bool => &[
                "isnull",
                "isnotnull",
                "isempty",
                "isnotempty",
                "tobool",
                "iequals",
                "label_match",
                "ip_in_cidr",
            ],
            Ty::Long => &[
                "tolong",
                "datetime_part",
                "unixtime",
                "strlen",
                "indexof",
                "array_length",
                "array_sum",
                "abs",
                "hash",
                "bin",
                "min_of",
                "max_of",
            ],
            Ty::Real => &[
                "toreal",
                "ceiling",
                "floor",
                "round",
                "bin",
                "abs",
                "min_of",
                "max_of",
                "array_sum",
            ],
            Ty::String => &[
                "tostring",
                "typeof",
                "format_datetime",
                "strcat",
                "substring",
                "trim",
                "tolower",
                "toupper",
                "replace",
                "replace_regex",
                "extract",
                "base64_decode",
                "strcat_array",
                "min_of",
                "max_of",
            ],
            Ty::Datetime => &[
                "todatetime",
                "now",
                "ago",
                "bin",
                "startofday",
                "startofweek",
                "startofmonth",
                "unixtime",
                "min_of",
                "max_of",
            ],
            Ty::Timespan => &["totimespan", "bin", "abs", "min_of", "max_of"],
            Ty::Quantity => &["quantity", "abs", "min_of", "max_of"],
            Ty::Dynamic => &["parse_json", "pick"],
            Ty::List(item) => match **item {
                Ty::String => &[
                    "split",
                    "extract_all",
                    "bag_keys",
                    "array_concat",
                    "array_sort",
                    "array_slice",
                    "set_union",
                    "set_intersect",
                    "set_difference",
                ],
                Ty::Long | Ty::Real | Ty::Datetime => &[
                    "array_concat",
                    "array_sort",
                    "array_slice",
                    "set_union",
                    "set_intersect",
                    "set_difference",
                ],
                _ => &[],
            },
            _ => &[],
        };
        let chooses = own.is_empty() || self.rng.chance(12);
        let name = if chooses {
            self.rng.text(&CHOOSING)
        } else {
            self.rng.text(own)
        };
        self.call(view, &name, ty, depth)
    }

    /// A call of a function that gives this type; `None` when it cannot.
    pub(super) fn call(&mut self, view: &View, name: &str, ty: &Ty, depth: u32) -> Option<String> {
        let args: Vec<String> = match name {
            "iff" => vec![
                self.expr(view, &Ty::Bool, depth),
                self.expr(view, ty, depth),
                self.adapting(view, ty, depth),
            ],
            "case" => {
                let mut args = vec![
                    self.expr(view, &Ty::Bool, depth),
                    self.adapting(view, ty, depth),
                ];
                if self.rng.chance(40) {
                    args.push(self.expr(view, &Ty::Bool, depth));
                    args.push(self.adapting(view, ty, depth));
                }
                args.push(self.expr(view, ty, depth));
                args
            }
            "coalesce" | "min_of" | "max_of" => {
                let mut args = vec![self.expr(view, ty, depth)];
                for _ in 0..self.rng.between(1, 2) {
                    args.push(self.adapting(view, ty, depth));
                }
                args
            }
            "isnull" | "isnotnull" => vec![self.anything(view, depth)],
            "isempty" | "isnotempty" => {
                let list = Ty::list(Ty::Long);
                let types = [
                    Ty::String,
                    Ty::Dynamic,
                    list,
                    Ty::list(Ty::String),
                    Ty::Map(Box::new(Ty::String)),
                ];
                let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::String);
                match ty {
                    Ty::Map(_) => match self.named(view, &ty) {
                        Some(map) => vec![map],
                        None => vec![self.expr(view, &Ty::String, depth)],
                    },
                    ty => vec![self.expr(view, &ty, depth)],
                }
            }
            "tobool" => {
                vec![self.converted(view, &pools::TRUTHS, &[Ty::Long, Ty::Real, Ty::Bool], depth)]
            }
            "tolong" => vec![self.converted(
                view,
                &pools::NUMBERS,
                &[Ty::Real, Ty::Quantity, Ty::Bool, Ty::Long],
                depth,
            )],
            "toreal" => vec![self.converted(
                view,
                &pools::NUMBERS,
                &[Ty::Long, Ty::Quantity, Ty::Bool, Ty::Real],
                depth,
            )],
            "todatetime" => vec![self.converted(view, &pools::TIMES, &[Ty::Datetime], depth)],
            "totimespan" => vec![self.converted(view, &pools::SPANS, &[Ty::Timespan], depth)],
            "quantity" => match self.rng.below(4) {
                0 => vec![self.expr(view, &Ty::Long, depth)],
                1 => vec![self.tame(view, &Ty::Real)],
                _ => vec![self.meaning(view, &pools::QUANTITIES)],
            },
            "parse_json" => vec![self.meaning(view, &pools::DOCUMENTS)],
            "typeof" => vec![self.anything(view, depth)],
            "tostring" => vec![self.printable(view, depth)],
            "hash" => {
                let ty = self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long);
                let mut args = vec![self.expr(view, &ty, depth)];
                if self.rng.chance(50) {
                    args.push(self.arg(view, &Ty::Long, depth.min(1)));
                }
                args
            }
            "abs" => vec![self.expr(view, ty, depth)],
            "ceiling" | "floor" => vec![self.arg(view, &Ty::Real, depth)],
            "round" => {
                let mut args = vec![self.arg(view, &Ty::Real, depth)];
                if self.rng.chance(50) {
                    args = vec![self.tame(view, &Ty::Real), self.rng.text(&["0", "1", "2"])];
                }
                args
            }
            "pow" => vec![
                self.arg(view, &Ty::Real, depth),
                self.arg(view, &Ty::Real, depth),
            ],
            "log" => {
                let mut args = vec![self.arg(view, &Ty::Real, depth)];
                if self.rng.chance(50) {
                    let base = self.rng.text(&["2", "10", "1", "0.5", ""]);
                    args.push(if base.is_empty() {
                        self.tame(view, &Ty::Real)
                    } else {
                        base
                    });
                }
                args
            }
            "array_length" | "array_sum" | "array_concat" | "array_sort" | "array_slice"
            | "strcat_array" | "set_union" | "set_intersect" | "set_difference" | "bag_keys"
            | "pick" | "split" | "extract_all" => return self.list_call(view, name, ty, depth),
            "now" | "ago" | "bin" | "startofday" | "startofweek" | "startofmonth"
            | "datetime_part" | "format_datetime" | "unixtime" => {
                self.time_args(view, name, ty, depth)?
            }
            _ => self.text_args(view, name, depth)?,
        };
        Some(format!("{name}({})", args.join(", ")))
    }

    /// What a `to*` function is given: a text of its pool, another type, or a document.
    fn converted(&mut self, view: &View, pool: &[&str], types: &[Ty], depth: u32) -> String {
        match self.rng.below(10) {
            0..=4 => self.meaning(view, pool),
            5 | 6 => self.expr(view, &Ty::Dynamic, depth.min(1)),
            _ => {
                let ty = self.rng.choose(types).cloned().unwrap_or(Ty::String);
                self.expr(view, &ty, depth)
            }
        }
    }

    /// A value of any type.
    fn anything(&mut self, view: &View, depth: u32) -> String {
        if self.rng.chance(30) {
            let cols = view.readable(|_| true);
            let names: Vec<String> = cols.into_iter().map(|col| col.name.clone()).collect();
            if let Some(name) = self.rng.choose(&names) {
                return name.clone();
            }
        }
        let ty = self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long);
        self.expr(view, &ty, depth)
    }

    /// A value whose text is fixed: any scalar, and what is nested of longs and texts.
    fn printable(&mut self, view: &View, depth: u32) -> String {
        if self.rng.chance(25) {
            let types = [
                Ty::list(Ty::Long),
                Ty::list(Ty::String),
                Ty::Map(Box::new(Ty::String)),
            ];
            let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Long);
            if let Some(name) = self.named(view, &ty) {
                return name;
            }
        }
        let ty = self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long);
        self.expr(view, &ty, depth)
    }
}
