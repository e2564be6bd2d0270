//! Calls of the functions of lists, sets and bags.

use super::Writer;
use super::view::{Use, View};
use crate::ty::Ty;

impl Writer {
    /// A call of a function that gives a type and takes lists; `None` when it cannot.
    pub(super) fn list_call(
        &mut self,
        view: &View,
        name: &str,
        ty: &Ty,
        depth: u32,
    ) -> Option<String> {
        let args: Vec<String> = match name {
            "array_length" => vec![self.some_list(view, depth)],
            "array_sum" => match ty {
                Ty::Long => vec![self.expr(view, &Ty::list(Ty::Long), depth)],
                _ if self.rng.chance(30) => vec![self.document_list(view)],
                _ => {
                    let (a, b) = (self.tame(view, &Ty::Real), self.tame(view, &Ty::Real));
                    vec![format!("[{a}, {b}, null]")]
                }
            },
            "strcat_array" => {
                let ty = self
                    .rng
                    .choose(&[Ty::String, Ty::Long])
                    .cloned()
                    .unwrap_or(Ty::Long);
                let list = if self.rng.chance(20) {
                    self.document_list(view)
                } else {
                    self.expr(view, &Ty::list(ty), depth)
                };
                vec![list, self.quoted_of(&[",", "", " - "])]
            }
            "array_concat" | "set_union" | "set_intersect" | "set_difference" => {
                let mut args = vec![self.expr(view, ty, depth)];
                let least = usize::from(name != "array_concat");
                for _ in 0..self.rng.between(least, 2) {
                    args.push(match (ty, self.rng.below(10)) {
                        (Ty::List(item), 0) if **item == Ty::Real => {
                            self.expr(view, &Ty::list(Ty::Long), depth)
                        }
                        (_, 1) => "[]".to_owned(),
                        (_, 2) => "[null]".to_owned(),
                        _ => self.expr(view, ty, depth),
                    });
                }
                args
            }
            "array_sort" => {
                let bags: Vec<String> = view
                    .cols
                    .iter()
                    .filter(|col| col.usable == Use::Bag && col.ty == *ty)
                    .map(|col| col.name.clone())
                    .collect();
                let list = match self.rng.choose(&bags) {
                    Some(bag) if self.rng.chance(70) => bag.clone(),
                    _ => self.expr(view, ty, depth),
                };
                let mut args = vec![list];
                if self.rng.chance(60) {
                    args.push(self.rng.text(&["\"asc\"", "\"desc\""]));
                }
                args
            }
            "array_slice" => vec![
                self.expr(view, ty, depth),
                self.position(view),
                self.position(view),
            ],
            "bag_keys" => {
                let map = Ty::Map(Box::new(Ty::String));
                match self.rng.below(3) {
                    0 => vec![self.named(view, &map)?],
                    1 => vec![self.expr(view, &Ty::Dynamic, 0)],
                    _ => vec![format!(
                        "pack(p = {}, q = 1)",
                        self.expr(view, &Ty::Long, 0)
                    )],
                }
            }
            "pick" => {
                let list = self.expr(view, &Ty::Dynamic, 0);
                let field = self.rng.text(&["t", "v", "missing"]);
                let value = match field.as_str() {
                    "t" => self.rng.text(&["\"a\"", "\"b\"", "null"]),
                    _ => self.rng.text(&["1", "2", "null"]),
                };
                vec![list, format!("\"{field}\""), value]
            }
            "split" => vec![
                self.arg(view, &Ty::String, depth),
                self.quoted_of(&[",", "a", "", " ", "é", ",,"]),
            ],
            "extract_all" => vec![self.pattern(view), self.arg(view, &Ty::String, depth)],
            _ => return None,
        };
        Some(format!("{name}({})", args.join(", ")))
    }

    /// A list of any kind, also one whose order is open.
    fn some_list(&mut self, view: &View, depth: u32) -> String {
        let lists: Vec<String> = view
            .cols
            .iter()
            .filter(|col| matches!(col.ty, Ty::List(_)) && col.usable != Use::Opaque)
            .map(|col| col.name.clone())
            .collect();
        match self.rng.below(4) {
            0 => self.document_list(view),
            1 => self.expr(view, &Ty::list(Ty::Long), depth),
            _ => match self.rng.choose(&lists) {
                Some(list) => list.clone(),
                None => self.expr(view, &Ty::list(Ty::String), depth),
            },
        }
    }

    /// A document that may hold a list.
    fn document_list(&mut self, view: &View) -> String {
        if self.rng.chance(50) {
            let texts = ["[1,2,3]", "[2.5,null,\"4\"]", "[]", "{}", "[\"b\",1,true]"];
            let text = self.rng.text(&texts);
            return format!("parse_json({})", self.quoted(&text));
        }
        self.expr(view, &Ty::Dynamic, 0)
    }
}
