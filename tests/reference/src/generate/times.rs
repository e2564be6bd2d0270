//! Arguments of the functions of time.

use super::view::View;
use super::{Writer, pools};
use crate::ty::Ty;

impl Writer {
    /// The arguments of a function of times that gives a type; `None` when it cannot.
    pub(super) fn time_args(
        &mut self,
        view: &View,
        name: &str,
        ty: &Ty,
        depth: u32,
    ) -> Option<Vec<String>> {
        let mut args = Vec::new();
        match name {
            "now" => {}
            "ago" => args.push(self.arg(view, &Ty::Timespan, depth)),
            "bin" => {
                args.push(self.expr(view, ty, depth));
                // A width that is no constant may also be zero or negative.
                let width = if *ty == Ty::Long {
                    Ty::Long
                } else {
                    Ty::Timespan
                };
                let columns = view.readable(|col| col.ty == width);
                let columns: Vec<String> = columns.into_iter().map(|c| c.name.clone()).collect();
                args.push(match (ty, self.rng.choose(&columns).cloned()) {
                    (Ty::Real, _) => self.rng.text(&["0.5", "2", "0.25", "1.5"]),
                    (_, Some(column)) if self.rng.chance(25) => column,
                    (Ty::Long, _) => self.rng.text(&["1", "5", "10", "7"]),
                    _ => self.rng.text(&pools::WIDTHS),
                });
            }
            "startofday" | "startofweek" | "startofmonth" => {
                args.push(self.moment(view, depth));
                args.extend(self.zone());
            }
            "datetime_part" => {
                args.push(self.quoted_of(&pools::PARTS));
                args.push(self.moment(view, depth));
                args.extend(self.zone());
            }
            "format_datetime" => {
                args.push(self.moment(view, depth));
                args.push(format!("\"{}\"", self.rng.text(&pools::FORMATS)));
                args.extend(self.zone());
            }
            "unixtime" => args.push(match ty {
                Ty::Long => self.expr(view, &Ty::Datetime, depth),
                _ if self.rng.chance(70) => self.expr(view, &Ty::Long, depth),
                _ => self.tame(view, &Ty::Real),
            }),
            _ => return None,
        }
        Some(args)
    }

    /// A moment that is likely near a change of clocks.
    fn moment(&mut self, view: &View, depth: u32) -> String {
        if self.rng.chance(60) {
            self.leaf(view, &Ty::Datetime)
        } else {
            self.expr(view, &Ty::Datetime, depth)
        }
    }

    fn zone(&mut self) -> Option<String> {
        self.rng
            .chance(75)
            .then(|| self.rng.text(&pools::ZONES))
            .map(|zone| format!("\"{zone}\""))
    }
}
