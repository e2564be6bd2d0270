//! The operators, each with what it does to the columns.

use super::Writer;
use super::view::{Col, Use, View};
use crate::ty::Ty;

impl Writer {
    /// An operator on these columns, which then are those after it; `None` when it does not fit.
    pub(super) fn operator_of(&mut self, name: &str, view: &mut View) -> Option<String> {
        match name {
            "where" => Some(format!("where {}", self.condition(view))),
            "extend" => {
                let before = view.clone();
                let mut items = Vec::new();
                for _ in 0..self.rng.between(1, 3) {
                    let (item, col) = self.item(&before, true);
                    // Sometimes in the place of a column.
                    if self.rng.chance(20)
                        && let Some(old) = self.rng.choose(&before.cols).cloned()
                        && !items
                            .iter()
                            .any(|(name, _): &(String, String)| *name == old.name)
                    {
                        let value = item.split_once(" = ").map(|(_, value)| value.to_owned())?;
                        view.set(Col::new(old.name.clone(), col.ty).usable(col.usable));
                        items.push((old.name.clone(), format!("{} = {value}", old.name)));
                    } else {
                        items.push((col.name.clone(), item));
                        view.set(col);
                    }
                }
                let items: Vec<String> = items.into_iter().map(|(_, item)| item).collect();
                Some(format!("extend {}", items.join(", ")))
            }
            "project" => {
                let before = view.clone();
                let mut items = Vec::new();
                view.cols.clear();
                for _ in 0..self.rng.between(2, 6) {
                    let (item, col) = if self.rng.chance(45)
                        && let Some(old) = self.rng.choose(&before.cols).cloned()
                    {
                        (old.name.clone(), old)
                    } else {
                        self.item(&before, false)
                    };
                    if !view.has(&col.name) {
                        items.push(item);
                        view.set(col);
                    }
                }
                Some(format!("project {}", items.join(", ")))
            }
            "project-away" => {
                if view.cols.len() < 2 {
                    return None;
                }
                let mut names = Vec::new();
                for _ in 0..self.rng.between(1, (view.cols.len() - 1).min(3)) {
                    names.push(view.cols.remove(self.rng.below(view.cols.len())).name);
                }
                Some(format!("project-away {}", names.join(", ")))
            }
            "project-rename" => {
                let at = self.rng.below(view.cols.len());
                let new = self.fresh();
                let col = view.cols.get_mut(at)?;
                let old = std::mem::replace(&mut col.name, new.clone());
                Some(format!("project-rename {new} = {old}"))
            }
            "summarize" => self.summarize(view),
            "make-series" => self.make_series(view),
            "sort" => {
                let word = self.rng.text(&["sort", "sort", "order"]);
                Some(format!("{word} by {}", self.order(view)))
            }
            "take" => {
                view.taken = true;
                let word = self.rng.text(&["take", "limit"]);
                Some(format!(
                    "{word} {}",
                    self.rng.text(&["0", "1", "3", "5", "100"])
                ))
            }
            "top" => {
                view.taken = true;
                let count = self.rng.text(&["1", "2", "5", "10"]);
                Some(format!("top {count} by {}", self.order(view)))
            }
            "distinct" => self.distinct(view),
            "count" => {
                *view = View::new(vec![Col::new("count_", Ty::Long).usable(Use::Tame)]);
                Some("count".to_owned())
            }
            "getschema" => {
                *view = View::new(vec![
                    Col::new("column", Ty::String),
                    Col::new("type", Ty::String),
                ]);
                Some("getschema".to_owned())
            }
            "join" => self.join(view),
            "lookup" => self.lookup(view),
            "union" => {
                let count = self.rng.between(1, 2);
                let branches: Vec<String> = (0..count).map(|_| self.united(view)).collect();
                Some(format!("union {}", branches.join(", ")))
            }
            "mv-expand" => self.mv_expand(view),
            _ => self.parse(view),
        }
    }

    /// A condition, sometimes with a query in a set.
    fn condition(&mut self, view: &View) -> String {
        if self.rng.chance(25)
            && let Some(test) = self.subquery(view)
        {
            return match self.rng.below(4) {
                0 => format!("{} and {test}", self.any(view, &Ty::Bool)),
                1 => format!("{} or {test}", self.any(view, &Ty::Bool)),
                2 => format!("not ({test})"),
                _ => test,
            };
        }
        self.any(view, &Ty::Bool)
    }

    /// The keys of a sort.
    fn order(&mut self, view: &View) -> String {
        let mut keys = Vec::new();
        for _ in 0..self.rng.between(1, 3) {
            let plain = view.readable(|col| !col.ty.is_nested());
            let plain: Vec<String> = plain.into_iter().map(|col| col.name.clone()).collect();
            let key = match self.rng.choose(&plain) {
                Some(name) if self.rng.chance(75) => name.clone(),
                _ => {
                    let types = [
                        Ty::Long,
                        Ty::Real,
                        Ty::String,
                        Ty::Dynamic,
                        Ty::Datetime,
                        Ty::Bool,
                    ];
                    let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Long);
                    self.expr(view, &ty, 1)
                }
            };
            keys.push(format!(
                "{key}{}",
                self.rng.text(&["", " asc", " desc", " asc"])
            ));
        }
        keys.join(", ")
    }

    fn summarize(&mut self, view: &mut View) -> Option<String> {
        let before = view.clone();
        let (keys, by) = self.keys(&before, 0);
        if !keys.is_empty() && self.rng.chance(8) {
            let name = self.rng.text(&["arg_max", "arg_min"]);
            let types = [Ty::Long, Ty::Real, Ty::Datetime];
            let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Long);
            let key = self.expr(&before, &ty, 0);
            view.cols = keys.iter().map(|(_, col)| col.clone()).collect();
            for col in &before.cols {
                if !view.has(&col.name) {
                    view.set(col.clone().usable(Use::Opaque));
                }
            }
            return Some(format!("summarize {name}({key}, *) by {}", by.join(", ")));
        }
        view.cols = keys.iter().map(|(_, col)| col.clone()).collect();
        let mut items = Vec::new();
        let least = usize::from(keys.is_empty());
        for _ in 0..self.rng.between(least, 3) {
            let (item, col) = self.summary(&before, &keys);
            if !view.has(&col.name) {
                items.push(item);
                view.set(col);
            }
        }
        if items.is_empty() && keys.is_empty() {
            return None;
        }
        let mut text = "summarize".to_owned();
        if !items.is_empty() {
            text.push_str(&format!(" {}", items.join(", ")));
        }
        if !by.is_empty() {
            text.push_str(&format!(" by {}", by.join(", ")));
        }
        Some(text)
    }

    fn distinct(&mut self, view: &mut View) -> Option<String> {
        if self.rng.chance(40) {
            if !view.cols.iter().all(Col::is_readable) {
                return None;
            }
            return Some("distinct *".to_owned());
        }
        let before = view.clone();
        let (keys, items) = self.keys(&before, 1);
        view.cols = keys.into_iter().map(|(_, col)| col).collect();
        Some(format!("distinct {}", items.join(", ")))
    }

    fn mv_expand(&mut self, view: &mut View) -> Option<String> {
        let item_type = |ty: &Ty| match ty {
            Ty::List(item) => Some((**item).clone()),
            Ty::Map(value) => Some(Ty::Struct(vec![
                ("key".to_owned(), Ty::String),
                ("value".to_owned(), (**value).clone()),
            ])),
            Ty::Dynamic => Some(Ty::Dynamic),
            _ => None,
        };
        let expandable: Vec<Col> = view
            .cols
            .iter()
            .filter(|col| item_type(&col.ty).is_some() && col.usable != Use::Opaque)
            .cloned()
            .collect();
        let kind = self.rng.text(&["", "", "kind=outer ", "kind=inner "]);
        let col = match self.rng.choose(&expandable) {
            Some(col) if self.rng.chance(85) => col.clone(),
            _ => {
                let name = self.fresh();
                let types = [Ty::list(Ty::String), Ty::list(Ty::Long), Ty::Dynamic];
                let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Dynamic);
                let list = self.expr(view, &ty, 1);
                view.set(Col::new(name.clone(), item_type(&ty)?));
                return Some(format!("mv-expand {kind}{name} = {list}"));
            }
        };
        let item = item_type(&col.ty)?;
        if self.rng.chance(50) {
            view.set(Col::new(col.name.clone(), item));
            return Some(format!("mv-expand {kind}{}", col.name));
        }
        let name = self.fresh();
        view.set(Col::new(name.clone(), item));
        Some(format!("mv-expand {kind}{name} = {}", col.name))
    }

    fn parse(&mut self, view: &mut View) -> Option<String> {
        let text = match self.named(view, &Ty::String) {
            Some(name) if self.rng.chance(80) => name,
            _ => self.expr(view, &Ty::String, 1),
        };
        let types = [
            Ty::Long,
            Ty::Real,
            Ty::Bool,
            Ty::Datetime,
            Ty::Timespan,
            Ty::Quantity,
            Ty::String,
        ];
        let mut parts = Vec::new();
        let mut captured = Vec::new();
        let literals = ["pod ", "-", " took ", "a", ",", " ", "1", "ms", "beta"];
        if self.rng.chance(50) {
            parts.push(self.quoted_of(&literals));
        }
        for _ in 0..self.rng.between(1, 3) {
            if !captured.is_empty() && self.rng.chance(30) {
                parts.push("*".to_owned());
            } else {
                let name = self.fresh();
                let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::String);
                if self.rng.chance(50) {
                    parts.push(format!("{name}: {ty}"));
                    captured.push(Col::new(name, ty));
                } else {
                    parts.push(name.clone());
                    captured.push(Col::new(name, Ty::String));
                }
            }
            parts.push(self.quoted_of(&literals));
        }
        if self.rng.chance(70) {
            parts.push("*".to_owned());
        }
        for col in captured {
            view.set(col);
        }
        Some(format!("parse {text} with {}", parts.join(" ")))
    }

    /// `render`, the last of a query.
    pub(super) fn render(&mut self, view: &View) -> String {
        let kind = self
            .rng
            .text(&["table", "timechart", "barchart", "piechart", "stat"]);
        let lists = view.cols.iter().find(|col| {
            matches!(&col.ty, Ty::List(item) if item.is_number()) && !col.name.starts_with('`')
        });
        match lists {
            Some(col) if kind == "table" => {
                format!("render table with (sparkline = {})", col.name)
            }
            _ => format!("render {kind}"),
        }
    }

    /// The range of a series on a type: start, end, step.
    pub(super) fn range(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Datetime => self.rng.text(&[
                "from datetime(2026-03-28T23:00:00) to datetime(2026-03-29T04:00:00) step 1h",
                "from datetime(2026-01-01) to datetime(2027-01-01) step 30d",
                "from ago(2h) to now() step 15m",
                "from datetime(1969-12-31) to datetime(1970-01-02) step 7h",
            ]),
            Ty::Real => self
                .rng
                .text(&["from -3.0 to 4.0 step 0.5", "from 0.25 to 11.0 step 2.5"]),
            _ => self.rng.text(&[
                "from 0 to 10 step 3",
                "from -5 to 13 step 1",
                "from 2 to 3 step 5",
            ]),
        }
    }
}
