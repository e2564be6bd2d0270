//! Random valid queries with tables to run them on, each from one number. What it writes is valid by construction: it knows the
//! columns and their types after every operator.

mod aggregates;
mod bools;
mod calls;
mod combine;
mod items;
mod leaf;
mod lists;
mod operators;
mod pipeline;
mod pools;
mod rng;
mod scalars;
mod series;
mod tables;
mod texts;
mod times;
mod view;

use rng::Rng;
use view::{Col, View};

use crate::table::Tables;
use crate::ty::Ty;

/// 2026-07-31T12:00:00Z, the `now()` of every case.
pub const NOW: i64 = 1_785_499_200_000_000_000;

/// Deepest nesting of an expression.
const MAX_DEPTH: u32 = 3;

/// A query and what it runs on.
#[derive(Debug, Clone)]
pub struct Case {
    /// The number it was made from.
    pub seed: u64,
    /// The tables that it can name.
    pub tables: Tables,
    /// Its text.
    pub query: String,
    /// `now()`, in nanoseconds since the Unix epoch.
    pub now: i64,
}

/// The case of a number.
pub fn case(seed: u64) -> Case {
    let mut rng = Rng::new(seed);
    let tables = tables::tables(&mut rng);
    let mut writer = Writer {
        rng,
        scalars: Vec::new(),
        lets: Vec::new(),
        names: 0,
        joins: 0,
    };
    let query = writer.file();
    Case {
        seed,
        tables,
        query,
        now: NOW,
    }
}

/// What has been written so far, as far as the rest depends on it.
struct Writer {
    rng: Rng,
    /// Parameters and scalar `let`s.
    scalars: Vec<(String, Ty)>,
    /// Tables bound by `let`, with their columns.
    lets: Vec<(String, View)>,
    /// How many names were made.
    names: usize,
    /// How many joins there are: each multiplies the rows.
    joins: usize,
}

impl Writer {
    /// A name that nothing has yet; sometimes one that needs quotes.
    fn fresh(&mut self) -> String {
        self.names += 1;
        if self.rng.chance(4) {
            format!("`odd name {}`", self.names)
        } else {
            format!("x{}", self.names)
        }
    }

    /// A name that needs no quotes.
    fn plain(&mut self) -> String {
        self.names += 1;
        format!("y{}", self.names)
    }

    /// `param`s, `let`s and the query.
    fn file(&mut self) -> String {
        let mut text = String::new();
        if self.rng.chance(10) {
            text.push_str("syntax 1;\n");
        }
        for _ in 0..self.rng.below(5).saturating_sub(2) {
            let name = self.plain();
            let types = [
                Ty::Bool,
                Ty::Long,
                Ty::Real,
                Ty::String,
                Ty::Datetime,
                Ty::Timespan,
            ];
            let ty = self.rng.choose(&types).cloned().unwrap_or(Ty::Long);
            let value = self.literal(&ty);
            if self.rng.chance(50) {
                text.push_str(&format!("param {name}: {ty} = {value};\n"));
            } else {
                text.push_str(&format!("let {name} = {value};\n"));
            }
            self.scalars.push((name, ty));
        }
        if self.rng.chance(25) {
            let name = self.plain();
            let (query, view) = self.pipeline(2, true);
            text.push_str(&format!("let {name} = {query};\n"));
            self.lets.push((name, view));
        }
        let operators = self.rng.between(1, 6);
        let (query, _) = self.pipeline(operators, false);
        text.push_str(&query);
        text
    }

    /// The columns of the tables, as a view.
    fn base(&self) -> Vec<Col> {
        tables::columns()
    }
}
