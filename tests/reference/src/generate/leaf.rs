//! The ends of expressions: columns, paths below them, scalars by name, literals.

use super::view::{Col, View};
use super::{Writer, pools};
use crate::ty::Ty;

impl Writer {
    /// A text as a literal, in one of the forms.
    pub(super) fn quoted(&mut self, text: &str) -> String {
        let form = self.rng.below(10);
        if form == 0 && !text.contains('\n') {
            return format!("@\"{}\"", text.replace('"', "\"\""));
        }
        let escaped = text
            .replace('\\', "\\\\")
            .replace('\n', "\\n")
            .replace('\t', "\\t");
        if form == 1 {
            return format!("'{}'", escaped.replace('\'', "\\'"));
        }
        format!("\"{}\"", escaped.replace('"', "\\\""))
    }

    /// A literal text out of a pool.
    pub(super) fn quoted_of(&mut self, pool: &[&str]) -> String {
        let text = self.rng.text(pool);
        self.quoted(&text)
    }

    /// A constant of a type.
    pub(super) fn literal(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Bool => self.rng.text(&["true", "false"]),
            Ty::Long => match self.rng.below(10) {
                0 => "9223372036854775807".to_owned(),
                1 => self.rng.text(&["1Ki", "2Mi", "1.5Gi", "1Ti"]),
                _ => self.small(),
            },
            Ty::Real => self.rng.text(&[
                "0.25", "1.5", "-2.75", "10.0", "0.0", "1e300", "2.5e-7", "3.5", "-1e3",
            ]),
            Ty::String => {
                let pool = match self.rng.below(3) {
                    0 => &pools::KEYS[..],
                    _ => &pools::TEXTS[..],
                };
                self.quoted_of(pool)
            }
            Ty::Datetime => {
                let moment = self.rng.text(&pools::MOMENTS);
                let moment = moment.trim_end_matches('Z');
                let zone = if self.rng.chance(30) { "" } else { "Z" };
                format!("datetime({moment}{zone})")
            }
            Ty::Timespan => {
                let span = self.rng.text(&pools::SPAN_LITERALS);
                if self.rng.chance(15) {
                    format!("-{span}")
                } else {
                    span
                }
            }
            Ty::Quantity => format!("quantity({})", self.quoted_of(&pools::QUANTITIES)),
            Ty::Dynamic => format!("parse_json({})", self.quoted_of(&pools::DOCUMENTS)),
            Ty::List(item) => {
                let count = self.rng.below(4);
                let mut items: Vec<String> = (0..count).map(|_| self.literal(item)).collect();
                if items.is_empty() {
                    // An empty list alone would be a list of nothing: one item says of what.
                    let item = self.literal(item);
                    return format!("array_slice([{item}], 1, 0)");
                }
                if self.rng.chance(20) {
                    items.push("null".to_owned());
                }
                format!("[{}]", items.join(", "))
            }
            Ty::Struct(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, ty)| format!("{name} = {}", self.literal(ty)))
                    .collect();
                format!("pack({})", fields.join(", "))
            }
            Ty::Map(_) | Ty::Null => "null".to_owned(),
        }
    }

    /// A long near others.
    pub(super) fn small(&mut self) -> String {
        self.rng
            .choose(&pools::SMALL)
            .copied()
            .unwrap_or(0)
            .to_string()
    }

    /// A column of a type, or a path to one, or a scalar by its name.
    pub(super) fn named(&mut self, view: &View, ty: &Ty) -> Option<String> {
        let mut found: Vec<String> = Vec::new();
        for col in view.readable(|_| true) {
            if col.ty == *ty {
                // Plain columns are likelier than paths.
                found.extend([col.name.clone(), col.name.clone(), col.name.clone()]);
            }
            found.extend(self.paths(col, ty));
        }
        for (name, known) in &self.scalars {
            if known == ty {
                found.push(format!("@{name}"));
            }
        }
        self.rng.choose(&found).cloned()
    }

    /// Paths below a column that have a type.
    fn paths(&self, col: &Col, ty: &Ty) -> Vec<String> {
        let name = &col.name;
        let mut found = Vec::new();
        match &col.ty {
            Ty::Struct(fields) => {
                for (field, field_ty) in fields {
                    if field_ty == ty {
                        found.push(format!("{name}.{field}"));
                    }
                    match field_ty {
                        Ty::List(item) if **item == *ty => {
                            found.push(format!("{name}.{field}[0]"));
                        }
                        Ty::Struct(inner) => found.extend(
                            inner
                                .iter()
                                .filter(|(_, inner)| inner == ty)
                                .map(|(inner, _)| format!("{name}.{field}.{inner}")),
                        ),
                        _ => {}
                    }
                }
            }
            Ty::Map(value) if **value == *ty => {
                found.extend(["app", "tier"].map(|key| format!("{name}.{key}")));
                found.push(format!("{name}[\"x.y/z\"]"));
                found.push(format!("{name}[\"missing\"]"));
            }
            Ty::List(item) => {
                if **item == *ty {
                    found.extend(["0", "-1", "2", "-9"].map(|at| format!("{name}[{at}]")));
                }
                if let Ty::Struct(fields) = &**item {
                    for (field, field_ty) in fields {
                        if field_ty == ty {
                            found.push(format!("{name}[0].{field}"));
                            found.push(format!("{name}[-1].{field}"));
                        }
                        if Ty::list(field_ty.clone()) == *ty {
                            found.push(format!("{name}[*].{field}"));
                        }
                    }
                }
            }
            Ty::Dynamic if *ty == Ty::Dynamic => found.extend(
                ["a", "b", "g", "c[0]", "c[-1]", "d.e", "[0]", "missing", "c"].map(|path| {
                    let dot = if path.starts_with('[') { "" } else { "." };
                    format!("{name}{dot}{path}")
                }),
            ),
            _ => {}
        }
        found
    }

    /// A leaf of a type.
    pub(super) fn leaf(&mut self, view: &View, ty: &Ty) -> String {
        if self.rng.chance(80)
            && let Some(name) = self.named(view, ty)
        {
            return name;
        }
        if matches!(ty, Ty::Map(_)) {
            // There is no literal of a map.
            return self.named(view, ty).unwrap_or_else(|| self.literal(ty));
        }
        self.literal(ty)
    }
}
