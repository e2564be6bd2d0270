//! What the generator knows of the rows at one place of a query: their columns and how far each can be used.

use crate::ty::Ty;

/// How far a column can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Everywhere.
    Any,
    /// Everywhere, also where rounding would show: numbers whose sums are exact.
    Tame,
    /// A list whose order is open.
    Bag,
    /// Only as it is: one of several right values, or a real that is right to some digits.
    Opaque,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Col {
    /// Its name, as it is written.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// How far it can be used.
    pub usable: Use,
}

impl Col {
    /// A column that can be used everywhere.
    pub fn new(name: impl Into<String>, ty: Ty) -> Self {
        Self {
            name: name.into(),
            ty,
            usable: Use::Any,
        }
    }

    /// The column, used so far.
    pub fn usable(self, usable: Use) -> Self {
        Self { usable, ..self }
    }

    /// Whether expressions may read it.
    pub fn is_readable(&self) -> bool {
        matches!(self.usable, Use::Any | Use::Tame)
    }

    /// Whether sums of it are exact.
    pub fn is_tame(&self) -> bool {
        self.usable == Use::Tame || self.ty == Ty::Quantity && self.usable == Use::Any
    }
}

/// The columns of the rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// In order.
    pub cols: Vec<Col>,
    /// Rows were chosen by `take`: only what looks at single rows may follow.
    pub taken: bool,
    /// Nothing may follow.
    pub ended: bool,
}

impl View {
    /// Columns.
    pub fn new(cols: Vec<Col>) -> Self {
        Self {
            cols,
            ..Self::default()
        }
    }

    /// The columns that expressions may read and that this is true of.
    pub fn readable(&self, fits: impl Fn(&Col) -> bool) -> Vec<&Col> {
        let readable = self.cols.iter().filter(|col| col.is_readable());
        readable.filter(|col| fits(col)).collect()
    }

    /// Whether there is a column of this name.
    pub fn has(&self, name: &str) -> bool {
        self.cols.iter().any(|col| col.name == name)
    }

    /// Replaces the column of this name in place, or appends it.
    pub fn set(&mut self, col: Col) {
        match self.cols.iter_mut().find(|known| known.name == col.name) {
            Some(known) => *known = col,
            None => self.cols.push(col),
        }
    }
}

/// Types that are one value.
pub const SCALARS: [Ty; 8] = [
    Ty::Bool,
    Ty::Long,
    Ty::Real,
    Ty::String,
    Ty::Datetime,
    Ty::Timespan,
    Ty::Quantity,
    Ty::Dynamic,
];
