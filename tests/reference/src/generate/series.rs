//! `make-series`.

use super::Writer;
use super::view::{Col, Use, View};
use crate::ty::Ty;

impl Writer {
    pub(super) fn make_series(&mut self, view: &mut View) -> Option<String> {
        let on = view.readable(|col| {
            col.ty == Ty::Datetime || matches!(col.ty, Ty::Long | Ty::Real) && col.is_tame()
        });
        let on: Vec<Col> = on.into_iter().cloned().collect();
        let on = self.rng.choose(&on)?.clone();
        let before = view.clone();
        let (keys, by) = self.keys(&before, 0);
        if keys.iter().any(|(_, col)| col.name == on.name) {
            return None;
        }
        view.cols = keys.into_iter().map(|(_, col)| col).collect();
        view.set(Col::new(on.name.clone(), Ty::list(on.ty.clone())));
        let mut series = Vec::new();
        for _ in 0..self.rng.between(1, 3) {
            let name = self.fresh();
            let aggregate = self.rng.text(&[
                "count",
                "countif",
                "dcount",
                "sum",
                "sumif",
                "avg",
                "min",
                "max",
                "percentile",
            ]);
            let aggregated = self.aggregate_of(&before, &aggregate);
            let numeric = matches!(
                aggregated.ty,
                Ty::Long | Ty::Real | Ty::Timespan | Ty::Quantity
            );
            if !numeric && aggregated.ty != Ty::Datetime {
                continue;
            }
            let default = match (&aggregated.ty, self.rng.below(4)) {
                (Ty::Long, 0) => format!(" default = {}", self.small()),
                (Ty::Real, 0) => " default = -1.5".to_owned(),
                (Ty::Timespan, 0) => " default = 5m".to_owned(),
                (Ty::Quantity, 0) => " default = 2".to_owned(),
                (_, 1) => " default = null".to_owned(),
                _ => String::new(),
            };
            series.push(format!("{name} = {}{default}", aggregated.text));
            let usable = match aggregated.usable {
                Use::Tame => Use::Any,
                other => other,
            };
            view.set(Col::new(name, Ty::list(aggregated.ty)).usable(usable));
        }
        if series.is_empty() {
            return None;
        }
        let range = self.range(&on.ty);
        let mut text = format!("make-series {} on {} {range}", series.join(", "), on.name);
        if !by.is_empty() {
            text.push_str(&format!(" by {}", by.join(", ")));
        }
        Some(text)
    }
}
