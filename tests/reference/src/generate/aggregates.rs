//! Aggregates and the keys of groups.

use super::Writer;
use super::view::{Col, SCALARS, Use, View};
use crate::ty::Ty;

/// Types that `min` and its kin take.
const ORDERED: [Ty; 6] = [
    Ty::Long,
    Ty::Real,
    Ty::String,
    Ty::Datetime,
    Ty::Timespan,
    Ty::Quantity,
];

/// An aggregate in the text.
pub struct Aggregated {
    /// The call.
    pub text: String,
    /// Its type.
    pub ty: Ty,
    /// How far the result can be used.
    pub usable: Use,
}

impl Writer {
    /// A call of an aggregate: every one is as likely as any other.
    pub(super) fn aggregate(&mut self, view: &View) -> Aggregated {
        let name = self.rng.text(&[
            "count",
            "countif",
            "dcount",
            "sum",
            "sumif",
            "avg",
            "min",
            "max",
            "percentile",
            "stdev",
            "make_list",
            "make_set",
            "arg_max",
            "arg_min",
            "take_any",
        ]);
        self.aggregate_of(view, &name)
    }

    /// A call of this aggregate.
    pub(super) fn aggregate_of(&mut self, view: &View, name: &str) -> Aggregated {
        let result = |args: String, ty: Ty, usable: Use| Aggregated {
            text: format!("{name}({args})"),
            ty,
            usable,
        };
        match name {
            "count" => result(String::new(), Ty::Long, Use::Tame),
            "countif" => result(self.expr(view, &Ty::Bool, 2), Ty::Long, Use::Tame),
            "dcount" => {
                let ty = self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long);
                let ty = if ty == Ty::Dynamic { Ty::String } else { ty };
                result(self.expr(view, &ty, 1), Ty::Long, Use::Tame)
            }
            "sum" | "sumif" => {
                let (value, ty) = match self.rng.below(4) {
                    0 => (self.tame(view, &Ty::Real), Ty::Real),
                    1 => (self.tame(view, &Ty::Quantity), Ty::Quantity),
                    2 => (self.expr(view, &Ty::Timespan, 1), Ty::Timespan),
                    _ => (self.expr(view, &Ty::Long, 1), Ty::Long),
                };
                if name == "sum" {
                    return result(value, ty, Use::Any);
                }
                let condition = self.expr(view, &Ty::Bool, 1);
                result(format!("{value}, {condition}"), ty, Use::Any)
            }
            "avg" | "stdev" => {
                let types = [Ty::Real, Ty::Long, Ty::Quantity];
                let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Real);
                if name == "avg" && self.rng.chance(25) {
                    let span = self.leaf(view, &Ty::Timespan);
                    return result(span, Ty::Timespan, Use::Any);
                }
                result(self.tame(view, &ty), Ty::Real, Use::Opaque)
            }
            "min" | "max" => {
                if self.rng.chance(10) {
                    let value = self.expr(view, &Ty::Dynamic, 1);
                    return result(value, Ty::Real, Use::Any);
                }
                let ty = match self.rng.below(7) {
                    6 => Ty::Bool,
                    _ => self.rng.choose(&ORDERED).cloned().unwrap_or(Ty::Long),
                };
                result(self.expr(view, &ty, 2), ty, Use::Any)
            }
            "percentile" => {
                let types = [Ty::Long, Ty::Real, Ty::Datetime, Ty::Timespan, Ty::Quantity];
                let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Long);
                let rank = self
                    .rng
                    .text(&["0", "1", "25", "50", "90", "99.9", "100", "33.3"]);
                let (value, ty) = if self.rng.chance(10) {
                    (self.expr(view, &Ty::Dynamic, 1), Ty::Real)
                } else {
                    (self.expr(view, &ty, 1), ty)
                };
                result(format!("{value}, {rank}"), ty, Use::Any)
            }
            "make_list" => {
                if self.rng.chance(20) {
                    let (value, ty) = self.packed(view, 1);
                    return result(value, Ty::list(ty), Use::Bag);
                }
                let ty = self.item_type(view);
                result(self.expr(view, &ty, 1), Ty::list(ty), Use::Bag)
            }
            "make_set" => {
                if self.rng.chance(10) {
                    let (value, ty) = self.packed(view, 0);
                    return result(value, Ty::list(ty), Use::Bag);
                }
                let ty = self.rng.choose(&ORDERED).cloned().unwrap_or(Ty::Long);
                result(self.expr(view, &ty, 1), Ty::list(ty), Use::Any)
            }
            "arg_max" | "arg_min" => {
                let key = self.rng.choose(&ORDERED).cloned().unwrap_or(Ty::Long);
                let key = self.expr(view, &key, 1);
                let ty = self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long);
                let value = self.expr(view, &ty, 1);
                result(format!("{key}, {value}"), ty, Use::Opaque)
            }
            _ => {
                let ty = self.item_type(view);
                result(self.expr(view, &ty, 1), ty, Use::Opaque)
            }
        }
    }

    fn item_type(&mut self, view: &View) -> Ty {
        let lists = !view.readable(|col| col.ty == Ty::list(Ty::Long)).is_empty();
        if lists && self.rng.chance(15) {
            return Ty::list(Ty::Long);
        }
        self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long)
    }

    /// An item of `summarize`: an aggregate or something computed of aggregates and keys.
    pub(super) fn summary(&mut self, view: &View, keys: &[(String, Col)]) -> (String, Col) {
        let name = self.fresh();
        let named = |text: String, ty: Ty, usable: Use| {
            let col = Col::new(name.clone(), ty).usable(usable);
            (format!("{name} = {text}"), col)
        };
        match self.rng.below(20) {
            0 => {
                let value = self.tame(view, &Ty::Long);
                named(format!("sum({value}) / count()"), Ty::Real, Use::Any)
            }
            1 => {
                let (a, b) = (
                    self.expr(view, &Ty::Datetime, 0),
                    self.expr(view, &Ty::Datetime, 0),
                );
                named(format!("max({a}) - min({b})"), Ty::Timespan, Use::Any)
            }
            2 => {
                let types = [Ty::Long, Ty::String, Ty::Datetime];
                let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Long);
                let value = self.expr(view, &ty, 1);
                let text = format!("array_sort(make_list({value}))");
                named(text, Ty::list(ty), Use::Any)
            }
            3 => {
                let condition = self.expr(view, &Ty::Bool, 1);
                let text = format!("iff(countif({condition}) > 1, \"many\", \"few\")");
                named(text, Ty::String, Use::Any)
            }
            4 if keys.iter().any(|(text, _)| is_plain(text)) => {
                let plain: Vec<&(String, Col)> =
                    keys.iter().filter(|key| is_plain(&key.0)).collect();
                let key = self
                    .rng
                    .choose(&plain)
                    .map_or_else(String::new, |key| key.0.clone());
                named(
                    format!("strcat(tostring({key}), \"!\", count())"),
                    Ty::String,
                    Use::Any,
                )
            }
            5 => {
                let value = self.expr(view, &Ty::Long, 1);
                let text = format!("coalesce(max({value}), 0) + count()");
                named(text, Ty::Long, Use::Any)
            }
            _ => {
                let aggregated = self.aggregate(view);
                if aggregated.text == "count()" && self.rng.chance(40) {
                    return (
                        aggregated.text,
                        Col::new("count_", Ty::Long).usable(Use::Tame),
                    );
                }
                named(aggregated.text, aggregated.ty, aggregated.usable)
            }
        }
    }

    /// A key: the expression as written, the item, and its column.
    pub(super) fn key(&mut self, view: &View) -> (String, String, Col) {
        let text_of = |ty: &Ty| {
            if *ty == Ty::Dynamic {
                Ty::String
            } else {
                ty.clone()
            }
        };
        let plain = view.readable(|col| !col.ty.is_nested());
        let plain: Vec<Col> = plain.into_iter().cloned().collect();
        if self.rng.chance(60)
            && let Some(col) = self.rng.choose(&plain).cloned()
        {
            let usable = col.usable;
            let made = Col::new(col.name.clone(), text_of(&col.ty)).usable(usable);
            return (col.name.clone(), col.name, made);
        }
        let times: Vec<String> = plain
            .iter()
            .filter(|col| col.ty == Ty::Datetime)
            .map(|col| col.name.clone())
            .collect();
        if self.rng.chance(40)
            && let Some(time) = self.rng.choose(&times).cloned()
        {
            let width = self.rng.text(&super::pools::WIDTHS);
            let text = format!("bin({time}, {width})");
            return (text.clone(), text, Col::new(time, Ty::Datetime));
        }
        let name = self.fresh();
        let ty = self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long);
        let text = self.expr(view, &ty, 2);
        let col = Col::new(name.clone(), text_of(&ty));
        (text.clone(), format!("{name} = {text}"), col)
    }

    /// Up to two keys with different names: their texts and columns, and the items.
    pub(super) fn keys(&mut self, view: &View, least: usize) -> (Vec<(String, Col)>, Vec<String>) {
        let mut keys: Vec<(String, Col)> = Vec::new();
        let mut items = Vec::new();
        for _ in 0..self.rng.between(least, 2) {
            let (text, item, col) = self.key(view);
            let taken = |(known, other): &(String, Col)| other.name == col.name || *known == text;
            if !keys.iter().any(taken) {
                keys.push((text, col));
                items.push(item);
            }
        }
        (keys, items)
    }
}

/// Whether a key is a name: it is then known by it beside aggregates.
fn is_plain(key: &str) -> bool {
    key.chars().all(|c| c.is_alphanumeric() || c == '_')
}
