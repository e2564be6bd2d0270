//! What a source can be asked by name: a column of the plan, or the key of one of its maps.

use datafusion::logical_expr::Expr;
use trawl_host::types::{self, Column, Literal, PathStep};
use trawl_plan::kernels::map_get::MapGet;
use trawl_plan::kernels::match_call;

use super::literal::literal;

/// The column of a request that an expression stands for, if it is one; `column` gives what to ask for a column of the plan.
pub fn reference(expr: &Expr, column: &dyn Fn(&str) -> Option<Column>) -> Option<Column> {
    if let Expr::Column(named) = expr {
        return column(&named.name);
    }
    let (_, args) = match_call::<MapGet>(expr)?;
    let [Expr::Column(map), Expr::Literal(key, _)] = args else {
        return None;
    };
    let Literal::Utf8(key) = literal(key)? else {
        return None;
    };
    let mut column = column(&map.name)?;
    let output = types::Field {
        name: format!("{}.{key}", column.name),
        data_type: types::DataType::Utf8,
        nullable: true,
        children: 0,
        description: None,
        metadata: Vec::new(),
    };
    column.path.push(PathStep::Key(key));
    Some(Column {
        output: vec![output],
        ..column
    })
}

/// The position of a column among those that a request names, which it joins if it is new.
pub fn position(refs: &mut Vec<Column>, column: &Column) -> Option<u32> {
    let known = refs.iter().position(|known| known == column);
    let position = known.unwrap_or_else(|| {
        refs.push(column.clone());
        refs.len() - 1
    });
    u32::try_from(position).ok()
}
