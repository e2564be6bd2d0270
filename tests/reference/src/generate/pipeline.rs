//! Sources and the pipe: operator after operator, with the columns that each leaves.

use super::view::{Col, View};
use super::{Writer, tables};
use crate::ty::Ty;

/// Operators in the middle of a pipe.
const OPERATORS: [&str; 19] = [
    "where",
    "extend",
    "project",
    "project-away",
    "project-rename",
    "summarize",
    "make-series",
    "sort",
    "take",
    "top",
    "distinct",
    "count",
    "join",
    "lookup",
    "union",
    "mv-expand",
    "parse",
    "getschema",
    "where",
];

/// What may follow rows that were chosen.
const ABOVE_CHOSEN: [&str; 5] = [
    "extend",
    "project",
    "project-away",
    "project-rename",
    "count",
];

/// What a branch or a `let` may do: its rows are all certain.
const CERTAIN: [&str; 9] = [
    "where",
    "extend",
    "project",
    "project-rename",
    "summarize",
    "distinct",
    "mv-expand",
    "parse",
    "sort",
];

impl Writer {
    /// A query; `closed` ones leave no choice of rows, so that others can be built on them.
    pub(super) fn pipeline(&mut self, operators: usize, closed: bool) -> (String, View) {
        let (mut text, mut view) = self.source(true);
        for _ in 0..operators {
            if view.ended {
                break;
            }
            for _ in 0..8 {
                let name = if view.taken {
                    self.rng.text(&ABOVE_CHOSEN)
                } else if closed {
                    self.rng.text(&CERTAIN)
                } else {
                    self.rng.text(&OPERATORS)
                };
                let mut next = view.clone();
                if let Some(operator) = self.operator_of(&name, &mut next) {
                    text.push_str(&format!("\n| {operator}"));
                    view = next;
                    break;
                }
            }
        }
        if !closed && self.rng.chance(6) {
            let render = self.render(&view);
            text.push_str(&format!("\n| {render}"));
        }
        if closed && !text.contains('|') {
            text.push_str("\n| where true");
        }
        (text, view)
    }

    /// A source; most are tables.
    fn source(&mut self, unions: bool) -> (String, View) {
        match self.rng.below(20) {
            0 => {
                let mut items = Vec::new();
                let mut view = View::default();
                for _ in 0..self.rng.between(1, 4) {
                    let (item, col) = self.item(&View::default(), true);
                    items.push(item);
                    view.set(col);
                }
                (format!("print {}", items.join(", ")), view)
            }
            1 | 2 => self.datatable(),
            3 if unions => {
                let (first, view) = self.source(false);
                let mut union = view;
                let other = self.united(&mut union);
                (format!("union ({first}), {other}"), union)
            }
            4 => {
                let (text, view) = self.source(false);
                (format!("({text})"), view)
            }
            5..=7 if !self.lets.is_empty() => {
                let bound = self.rng.choose(&self.lets).cloned();
                let (name, view) = bound.unwrap_or_default();
                (name, view)
            }
            _ => {
                let name = self.rng.text(&tables::NAMES);
                let mut cols = self.base();
                if self.rng.chance(25) {
                    let virtuals = "cluster, region, environment, account, tags";
                    let text = format!("{name} | project-away {virtuals}");
                    return (text, View::new(cols));
                }
                // A few columns are easier to read when something is wrong.
                while cols.len() > 9 {
                    cols.remove(self.rng.below(cols.len()));
                }
                let names: Vec<&str> = cols.iter().map(|col| col.name.as_str()).collect();
                let text = format!("{name} | project {}", names.join(", "));
                (text, View::new(cols))
            }
        }
    }

    fn datatable(&mut self) -> (String, View) {
        let types = [
            Ty::Bool,
            Ty::Long,
            Ty::Real,
            Ty::String,
            Ty::Datetime,
            Ty::Timespan,
            Ty::Quantity,
        ];
        let mut view = View::default();
        for _ in 0..self.rng.between(1, 4) {
            let name = self.fresh();
            let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Long);
            view.set(Col::new(name, ty));
        }
        let columns: Vec<String> = view
            .cols
            .iter()
            .map(|col| format!("{}: {}", col.name, col.ty))
            .collect();
        let mut cells = Vec::new();
        for _ in 0..self.rng.between(1, 6) {
            for col in &view.cols {
                cells.push(if self.rng.chance(12) {
                    "null".to_owned()
                } else if col.ty == Ty::Quantity {
                    self.rng.text(&["1", "0.5", "\"500m\"", "\"2Gi\"", "-3"])
                } else {
                    self.literal(&col.ty)
                });
            }
        }
        let text = format!("datatable({})[{}]", columns.join(", "), cells.join(", "));
        (text, view)
    }
}
