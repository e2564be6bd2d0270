//! `format_datetime(time, format [, zone]) -> string`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{constant_text, next, zone};
use crate::functions::{Group, Scalar};
use crate::kernels;
use crate::kernels::time_format::{Form, FormatTime, NotAForm, TOKENS};
use crate::types::Type;

/// `format_datetime`
pub const FUNCTION: Scalar = Scalar {
    name: "format_datetime",
    group: Group::Time,
    signature: "format_datetime(time, format [, zone]) -> string",
    summary: "A time as text, in a form of your own.",
    notes: "The format is a constant of these tokens: `yyyy` `yy` year, `MM` `M` month, `dd` `d` day, `HH` `H` hour, `hh` `h` \
            hour of half a day, `mm` `m` minute, `ss` `s` second, `f` to `fffffffff` so many digits of the second's fraction \
            (the rest is cut off), `tt` AM or PM, `zzz` the zone's offset as in `+02:00`. What is no letter stands for itself, \
            and so does `'quoted'` text. The zone is a constant IANA name, UTC unless given. A time that is null gives null.",
    named: false,
    arity: 2..=3,
    examples: &[
        (
            r#"format_datetime(datetime(2026-03-04T05:06:07Z), "yyyy-MM-dd HH:mm")"#,
            r#""2026-03-04 05:06""#,
        ),
        (
            r#"format_datetime(datetime(2026-07-04T22:06:07Z), "d.M.yy h:mm tt zzz", "Europe/Berlin")"#,
            r#""5.7.26 12:06 AM +02:00""#,
        ),
        (
            r#"format_datetime(datetime(2026-03-04T05:06:07.089Z), "yyyyMMdd'T'HHmmss.ff")"#,
            r#""20260304T050607.08""#,
        ),
        (r#"format_datetime(null, "yyyy")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let mut arguments = arguments.into_iter();
    let (time, format) = (next(&mut arguments)?, next(&mut arguments)?);
    let time = binder.coerce(time, &Type::Datetime, "the time of `format_datetime`")?;
    let text = constant_text(&format, "the format of `format_datetime`")?;
    let form = Form::parse(&text).map_err(|wrong| not_a_form(&wrong, &format))?;
    let zone = zone(arguments.next(), FUNCTION.name)?;
    let expr = kernels::call(FormatTime { form, zone }, vec![time.expr]);
    Ok(Bound::computed(expr, Type::String, time.nullable, span))
}

fn not_a_form(wrong: &NotAForm, format: &Bound) -> Diagnostic {
    let (message, help) = match wrong {
        NotAForm::Letters(letters) => (
            format!("`{letters}` is not a token of a time format"),
            format!("for the letters themselves write `'{letters}'`"),
        ),
        NotAForm::Unclosed => (
            "a quote in a time format has no end".to_owned(),
            "write `'` at the end of the quoted text too".to_owned(),
        ),
    };
    Diagnostic::error("Q0342", message)
        .label(format.span, "in this format")
        .help(format!("tokens: {TOKENS}"))
        .help(help)
}
