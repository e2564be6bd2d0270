//! The 79 functions, by group. Owns the table from names to them and the reading of arguments.

mod aggregate;
mod calendar;
mod cidr;
mod collection;
pub(crate) mod convert;
mod fixed;
mod image;
mod labels;
mod list;
mod math;
mod null;
mod pattern;
mod string;
mod time;
mod version;

use trawl_lang::ast::{Arg, Item};

use crate::error::{Result, invalid};
use crate::eval::{Node, Scope, coerce};
use crate::ty::Ty;
use crate::value::Value;

/// How a function of a row or of a group is made from its arguments.
#[derive(Clone, Copy)]
pub enum Function {
    /// Of one row.
    Scalar(fn(Call) -> Result<Node>),
    /// Of the rows of a group.
    Aggregate(fn(Call) -> Result<Node>),
}

/// The arguments of a call.
pub struct Call {
    /// They, in order.
    pub args: Vec<Node>,
    /// Their names, written or implied; only `pack` looks.
    pub names: Vec<Option<String>>,
    /// `now()`.
    pub now: i64,
}

impl Call {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.args.len()
    }

    /// The argument at a position.
    ///
    /// # Errors
    /// When there is none.
    pub fn any(&self, at: usize) -> Result<Node> {
        match self.args.get(at) {
            Some(node) => Ok(node.clone()),
            None => invalid(format!("argument {at} is missing")),
        }
    }

    /// The argument at a position as a type.
    ///
    /// # Errors
    /// When there is none or it does not become that.
    pub fn arg(&self, at: usize, ty: &Ty) -> Result<Node> {
        coerce(self.any(at)?, ty)
    }

    /// The argument at a position, which is a constant text.
    ///
    /// # Errors
    /// When it is not.
    pub fn constant_text(&self, at: usize) -> Result<String> {
        match self.any(at)?.literal {
            Some(Value::Text(text)) => Ok(text),
            _ => invalid(format!("argument {at} must be a constant text")),
        }
    }

    /// The argument as a list: one, or a document that holds one.
    ///
    /// # Errors
    /// When it is neither.
    pub fn list(&self, at: usize) -> Result<(Node, Ty)> {
        let node = self.any(at)?;
        match &node.ty {
            Ty::List(item) => {
                let item = (**item).clone();
                Ok((node, item))
            }
            Ty::Dynamic => Ok((list::of_document(node), Ty::Dynamic)),
            Ty::Null => Ok((coerce(node, &Ty::list(Ty::Null))?, Ty::Null)),
            other => invalid(format!("{other} is no list")),
        }
    }
}

/// All functions by name.
pub const ALL: &[(&str, Function)] = &[
    ("abs", Function::Scalar(math::abs)),
    ("ago", Function::Scalar(time::ago)),
    ("arg_max", Function::Aggregate(aggregate::arg_max)),
    ("arg_min", Function::Aggregate(aggregate::arg_min)),
    ("array_concat", Function::Scalar(list::array_concat)),
    ("array_length", Function::Scalar(list::array_length)),
    ("array_slice", Function::Scalar(list::array_slice)),
    ("array_sort", Function::Scalar(list::array_sort)),
    ("array_sum", Function::Scalar(list::array_sum)),
    ("avg", Function::Aggregate(aggregate::avg)),
    ("bag_keys", Function::Scalar(collection::bag_keys)),
    ("base64_decode", Function::Scalar(string::base64_decode)),
    ("bin", Function::Scalar(time::bin)),
    ("case", Function::Scalar(null::case)),
    ("ceiling", Function::Scalar(math::ceiling)),
    ("coalesce", Function::Scalar(null::coalesce)),
    ("count", Function::Aggregate(aggregate::count)),
    ("countif", Function::Aggregate(aggregate::countif)),
    ("datetime_part", Function::Scalar(calendar::datetime_part)),
    ("dcount", Function::Aggregate(aggregate::dcount)),
    ("extract", Function::Scalar(pattern::extract)),
    ("extract_all", Function::Scalar(pattern::extract_all)),
    ("floor", Function::Scalar(math::floor)),
    (
        "format_datetime",
        Function::Scalar(calendar::format_datetime),
    ),
    ("hash", Function::Scalar(fixed::hash)),
    ("iequals", Function::Scalar(string::iequals)),
    ("iff", Function::Scalar(null::iff)),
    ("indexof", Function::Scalar(string::indexof)),
    ("ip_in_cidr", Function::Scalar(cidr::ip_in_cidr)),
    ("isempty", Function::Scalar(null::isempty)),
    ("isnotempty", Function::Scalar(null::isnotempty)),
    ("isnotnull", Function::Scalar(null::isnotnull)),
    ("isnull", Function::Scalar(null::isnull)),
    ("label_match", Function::Scalar(labels::label_match)),
    ("log", Function::Scalar(math::log)),
    ("make_list", Function::Aggregate(aggregate::make_list)),
    ("make_set", Function::Aggregate(aggregate::make_set)),
    ("max", Function::Aggregate(aggregate::max)),
    ("max_of", Function::Scalar(math::max_of)),
    ("min", Function::Aggregate(aggregate::min)),
    ("min_of", Function::Scalar(math::min_of)),
    ("now", Function::Scalar(time::now)),
    ("pack", Function::Scalar(collection::pack)),
    ("parse_image", Function::Scalar(image::parse_image)),
    ("parse_json", Function::Scalar(convert::parse_json)),
    ("parse_version", Function::Scalar(version::parse_version)),
    ("percentile", Function::Aggregate(aggregate::percentile)),
    ("pick", Function::Scalar(collection::pick)),
    ("pow", Function::Scalar(math::pow)),
    ("quantity", Function::Scalar(convert::quantity)),
    ("replace", Function::Scalar(string::replace)),
    ("replace_regex", Function::Scalar(pattern::replace_regex)),
    ("round", Function::Scalar(math::round)),
    (
        "set_difference",
        Function::Scalar(collection::set_difference),
    ),
    ("set_intersect", Function::Scalar(collection::set_intersect)),
    ("set_union", Function::Scalar(collection::set_union)),
    ("split", Function::Scalar(string::split)),
    ("startofday", Function::Scalar(calendar::startofday)),
    ("startofmonth", Function::Scalar(calendar::startofmonth)),
    ("startofweek", Function::Scalar(calendar::startofweek)),
    ("stdev", Function::Aggregate(aggregate::stdev)),
    ("strcat", Function::Scalar(string::strcat)),
    ("strcat_array", Function::Scalar(list::strcat_array)),
    ("strlen", Function::Scalar(string::strlen)),
    ("substring", Function::Scalar(string::substring)),
    ("sum", Function::Aggregate(aggregate::sum)),
    ("sumif", Function::Aggregate(aggregate::sumif)),
    ("take_any", Function::Aggregate(aggregate::take_any)),
    ("tobool", Function::Scalar(convert::tobool)),
    ("todatetime", Function::Scalar(convert::todatetime)),
    ("tolong", Function::Scalar(convert::tolong)),
    ("tolower", Function::Scalar(string::tolower)),
    ("toreal", Function::Scalar(convert::toreal)),
    ("tostring", Function::Scalar(convert::tostring)),
    ("totimespan", Function::Scalar(convert::totimespan)),
    ("toupper", Function::Scalar(string::toupper)),
    ("trim", Function::Scalar(string::trim)),
    ("typeof", Function::Scalar(convert::type_of)),
    ("unixtime", Function::Scalar(time::unixtime)),
];

/// The function of a name.
pub fn find(name: &str) -> Option<Function> {
    ALL.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, function)| *function)
}

/// A call in the text.
///
/// # Errors
/// When there is no such function, or its arguments do not fit.
pub fn call(name: &str, args: &[Arg], scope: &Scope<'_>) -> Result<Node> {
    let Some(function) = find(name) else {
        return invalid(format!("no function {name}"));
    };
    let rows = Scope::row(scope.session, scope.columns);
    let scope = match function {
        Function::Scalar(_) => scope,
        Function::Aggregate(_) if scope.keys.is_none() => {
            return invalid(format!("{name} is an aggregate"));
        }
        Function::Aggregate(_) => &rows,
    };
    let mut call = Call {
        args: Vec::new(),
        names: Vec::new(),
        now: scope.session.now,
    };
    for arg in args {
        let Arg::Item(item) = arg else {
            return invalid("no * here");
        };
        call.args.push(Node::of(&item.expr, scope)?);
        call.names.push(implied(item));
    }
    match function {
        Function::Scalar(bind) | Function::Aggregate(bind) => bind(call),
    }
    .map_err(|error| match error {
        crate::error::Error::Invalid(message) => {
            crate::error::Error::Invalid(format!("{name}: {message}"))
        }
        other => other,
    })
}

fn implied(item: &Item) -> Option<String> {
    crate::eval::item_name(item).ok()
}
