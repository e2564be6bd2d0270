//! Types as declarations name them: of parameters, of `datatable`, of the columns of `parse`.

use trawl_lang::Diagnostic;
use trawl_lang::ast;

use crate::expr::Result;
use crate::types::Type;

/// The type that a declaration names.
///
/// # Errors
/// When there is no such type.
pub(crate) fn declared_type(ty: &ast::TypeName) -> Result<Type> {
    match ty {
        ast::TypeName::Named(name) => Type::named(&name.name).ok_or_else(|| {
            Diagnostic::error("Q0313", format!("no type `{}`", name.name))
                .label(name.span, "not a type")
                .help(format!("types: {}, list<…>", Type::NAMES.join(", ")))
                .into()
        }),
        ast::TypeName::List(item, _) => Ok(Type::List(Box::new(declared_type(item)?))),
    }
}
