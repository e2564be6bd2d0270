//! Items of `extend`, `project`, `print`: every function of a row is as likely as any other.

use super::calls::INEXACT;
use super::view::{Col, SCALARS, Use, View};
use super::{MAX_DEPTH, Writer, pools};
use crate::functions::{ALL, Function};
use crate::ty::Ty;

impl Writer {
    /// An item and the column that it makes. `named` items always have a written name.
    pub(super) fn item(&mut self, view: &View, named: bool) -> (String, Col) {
        if !named && self.rng.chance(20) {
            let plain = view.readable(|_| true);
            let plain: Vec<Col> = plain.into_iter().cloned().collect();
            if let Some(col) = self.rng.choose(&plain).cloned() {
                return self.unnamed(col);
            }
        }
        let name = self.fresh();
        let (text, ty, usable) = self.value(view);
        (
            format!("{name} = {text}"),
            Col::new(name, ty).usable(usable),
        )
    }

    /// A column, or a path below it, that brings its own name.
    fn unnamed(&mut self, col: Col) -> (String, Col) {
        if let Ty::Struct(fields) = &col.ty
            && self.rng.chance(50)
            && let Some((field, ty)) = self.rng.choose(fields).cloned()
        {
            return (format!("{}.{field}", col.name), Col::new(field, ty));
        }
        if let Ty::List(item) = &col.ty
            && let Ty::Struct(fields) = &**item
            && self.rng.chance(50)
            && let Some((field, ty)) = self.rng.choose(fields).cloned()
        {
            let text = format!("{}[*].{field}", col.name);
            return (text, Col::new(field, Ty::list(ty)));
        }
        (col.name.clone(), col)
    }

    /// A value of any type, and how far it can be used.
    fn value(&mut self, view: &View) -> (String, Ty, Use) {
        let depth = MAX_DEPTH - 1;
        if self.rng.chance(60) {
            let scalars: Vec<&str> = ALL
                .iter()
                .filter(|(_, function)| matches!(function, Function::Scalar(_)))
                .map(|(name, _)| *name)
                .collect();
            let name = match self.rng.below(30) {
                0 => self.rng.text(&INEXACT),
                _ => self.rng.text(&scalars),
            };
            if let Some((text, ty)) = self.called(view, &name, depth) {
                let usable = if INEXACT.contains(&name.as_str()) {
                    Use::Opaque
                } else {
                    Use::Any
                };
                return (text, ty, usable);
            }
        }
        let ty = self.some_type();
        (self.any(view, &ty), ty, Use::Any)
    }

    fn some_type(&mut self) -> Ty {
        match self.rng.below(5) {
            0 => Ty::list(Ty::Long),
            1 => Ty::list(Ty::String),
            _ => self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long),
        }
    }

    /// A call of a function, with the type that it then has.
    fn called(&mut self, view: &View, name: &str, depth: u32) -> Option<(String, Ty)> {
        let text_struct = |fields: &[&str]| {
            let fields = fields.iter().map(|f| ((*f).to_owned(), Ty::String));
            Ty::Struct(fields.collect())
        };
        let types: Vec<Ty> = match name {
            "parse_image" => {
                let image = self.meaning(view, &pools::IMAGES);
                let ty = text_struct(&["registry", "repository", "tag", "digest"]);
                return Some((format!("parse_image({image})"), ty));
            }
            "parse_version" => {
                let version = self.meaning(view, &pools::VERSIONS);
                let numbers = ["major", "minor", "patch"].map(|f| (f.to_owned(), Ty::Long));
                let texts = ["prerelease", "build", "key"].map(|f| (f.to_owned(), Ty::String));
                let fields = numbers.into_iter().chain(texts).collect();
                return Some((format!("parse_version({version})"), Ty::Struct(fields)));
            }
            "pack" => return Some(self.packed(view, depth)),
            "pick" if self.rng.chance(60) && view.readable(|col| col.name == "es").len() == 1 => {
                let col = view.cols.iter().find(|col| col.name == "es")?;
                let Ty::List(item) = &col.ty else {
                    return None;
                };
                let item = (**item).clone();
                let args = self.rng.text(&[
                    "\"t\", \"a\"",
                    "\"t\", null",
                    "\"v\", 1",
                    "\"v\", 2.0",
                    "\"t\", k",
                ]);
                if args.ends_with('k')
                    && view
                        .readable(|c| c.name == "k" && c.ty == Ty::String)
                        .is_empty()
                {
                    return None;
                }
                return Some((format!("pick(es, {args})"), item));
            }
            "isnull" | "isnotnull" | "isempty" | "isnotempty" | "tobool" | "iequals"
            | "label_match" | "ip_in_cidr" => vec![Ty::Bool],
            "tolong" | "datetime_part" | "strlen" | "indexof" | "array_length" | "hash" => {
                vec![Ty::Long]
            }
            "toreal" | "ceiling" | "floor" | "round" | "pow" | "log" => vec![Ty::Real],
            "array_sum" => vec![Ty::Long, Ty::Real],
            "tostring" | "typeof" | "format_datetime" | "strcat" | "substring" | "trim"
            | "tolower" | "toupper" | "replace" | "replace_regex" | "extract" | "base64_decode"
            | "strcat_array" => vec![Ty::String],
            "todatetime" | "now" | "ago" | "startofday" | "startofweek" | "startofmonth" => {
                vec![Ty::Datetime]
            }
            "unixtime" => vec![Ty::Long, Ty::Datetime],
            "totimespan" => vec![Ty::Timespan],
            "quantity" => vec![Ty::Quantity],
            "parse_json" | "pick" => vec![Ty::Dynamic],
            "abs" => vec![Ty::Long, Ty::Real, Ty::Timespan, Ty::Quantity],
            "bin" => vec![Ty::Long, Ty::Real, Ty::Timespan, Ty::Datetime],
            "split" | "extract_all" | "bag_keys" => vec![Ty::list(Ty::String)],
            "array_concat" | "array_sort" | "array_slice" | "set_union" | "set_intersect"
            | "set_difference" => {
                vec![Ty::list(Ty::Long), Ty::list(Ty::String), Ty::list(Ty::Real)]
            }
            "min_of" | "max_of" => vec![
                Ty::Long,
                Ty::Real,
                Ty::String,
                Ty::Datetime,
                Ty::Timespan,
                Ty::Quantity,
            ],
            _ => vec![self.some_type()],
        };
        let ty = self.rng.choose(&types)?.clone();
        Some((self.call(view, name, &ty, depth)?, ty))
    }

    /// `pack(...)`, fields with written and with implied names.
    pub(super) fn packed(&mut self, view: &View, depth: u32) -> (String, Ty) {
        let mut fields: Vec<(String, Ty)> = Vec::new();
        let mut texts = Vec::new();
        let plain = view.readable(|col| !col.ty.is_nested() && !col.name.starts_with('`'));
        let plain: Vec<Col> = plain.into_iter().cloned().collect();
        if let Some(col) = self.rng.choose(&plain) {
            texts.push(col.name.clone());
            fields.push((col.name.clone(), col.ty.clone()));
        }
        for name in ["p", "w"] {
            let ty = self
                .rng
                .choose(&[Ty::Long, Ty::String, Ty::Bool, Ty::list(Ty::Long)])
                .cloned()
                .unwrap_or(Ty::Long);
            texts.push(format!("{name} = {}", self.expr(view, &ty, depth.min(1))));
            fields.push((name.to_owned(), ty));
        }
        (format!("pack({})", texts.join(", ")), Ty::Struct(fields))
    }
}
