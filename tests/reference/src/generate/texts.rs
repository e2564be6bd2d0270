//! Arguments of the functions of text and of the platform.

use super::view::{SCALARS, View};
use super::{Writer, pools};
use crate::ty::Ty;

impl Writer {
    /// The arguments of a function of texts; `None` for another function.
    pub(super) fn text_args(&mut self, view: &View, name: &str, depth: u32) -> Option<Vec<String>> {
        let text = Ty::String;
        let mut args = vec![self.arg(view, &text, depth)];
        match name {
            "strlen" | "tolower" | "toupper" => {}
            "iequals" => args.push(self.expr(view, &text, depth)),
            "strcat" => {
                for _ in 0..self.rng.between(1, 2) {
                    let ty = self.rng.choose(&SCALARS).cloned().unwrap_or(Ty::Long);
                    args.push(self.expr(view, &ty, depth));
                }
            }
            "substring" => {
                args.push(self.position(view));
                if self.rng.chance(60) {
                    args.push(self.position(view));
                }
            }
            "trim" => {
                if self.rng.chance(50) {
                    args.push(self.quoted_of(&["a", " -", "é,", "xyz", ""]));
                }
            }
            "replace" => {
                args.push(self.quoted_of(&["a", "alpha", "", "é", "aa", " "]));
                args.push(self.quoted_of(&["", "b", "<$0>", "aa"]));
            }
            "replace_regex" => {
                args.push(self.pattern(view));
                args.push(self.quoted_of(&["", "<$0>", "${1}x", "$1", "$name", "a$$b"]));
            }
            "extract" => {
                let text = args.pop()?;
                let regex = self.pattern(view);
                let group = self.rng.text(&["0", "1", "2", "7"]);
                args.extend([regex, group, text]);
            }
            "indexof" => {
                args.push(self.quoted_of(&["a", "l", "", "é", "beta", "aa"]));
                if self.rng.chance(50) {
                    args.push(self.position(view));
                }
            }
            "base64_decode" => args = vec![self.meaning(view, &pools::BASE64)],
            "parse_image" => args = vec![self.meaning(view, &pools::IMAGES)],
            "parse_version" => args = vec![self.meaning(view, &pools::VERSIONS)],
            "ip_in_cidr" => {
                args = vec![self.meaning(view, &pools::ADDRESSES)];
                let column = self.text_column(view);
                args.push(match column {
                    Some(column) if self.rng.chance(25) => format!("strcat({column}, \"/8\")"),
                    _ => self.quoted_of(&pools::NETWORKS),
                });
            }
            "label_match" => {
                let map = Ty::Map(Box::new(Ty::String));
                let labels = match self.rng.chance(60) {
                    true => self.named(view, &map),
                    false => None,
                };
                let labels = match labels {
                    Some(labels) => labels,
                    None => self.expr(view, &Ty::Dynamic, 0),
                };
                args = vec![labels, self.quoted_of(&pools::SELECTORS)];
            }
            _ => return None,
        }
        Some(args)
    }

    /// A position in a text or list, also before and beyond it.
    pub(super) fn position(&mut self, view: &View) -> String {
        if self.rng.chance(25) {
            self.expr(view, &Ty::Long, 1)
        } else {
            self.rng
                .text(&["0", "1", "2", "5", "-1", "-3", "100", "-100"])
        }
    }

    /// A regular expression: nearly always a constant, sometimes whatever a text holds.
    pub(super) fn pattern(&mut self, view: &View) -> String {
        match self.text_column(view) {
            // A constant that is no regular expression is a mistake; what a column holds is not.
            Some(column) if self.rng.chance(10) => format!("strcat({column}, \"+\")"),
            _ => self.regex(),
        }
    }

    /// A column of texts.
    fn text_column(&mut self, view: &View) -> Option<String> {
        let columns = view.readable(|col| col.ty == Ty::String);
        let columns: Vec<String> = columns.into_iter().map(|col| col.name.clone()).collect();
        self.rng.choose(&columns).cloned()
    }
}
