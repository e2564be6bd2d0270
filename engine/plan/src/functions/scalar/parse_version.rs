//! `parse_version(text) -> struct<major: long, minor: long, patch: long, prerelease: string, build: string, key: string>`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::platform::version::ParseVersion;
use crate::types::Type;

/// `parse_version`
pub const FUNCTION: Scalar = Scalar {
    name: "parse_version",
    group: Group::Platform,
    signature: "parse_version(text) -> struct<major: long, minor: long, patch: long, prerelease: string, build: string, key: string>",
    summary: "The parts of a version; null where it is none.",
    notes: "An optional `v`, one to three numbers (missing ones are 0), `-prerelease`, `+build`; `29+`, as some providers write, \
            reads 29. `key` is a text that sorts as versions do, a pre-release before its release. Parts that are not written, \
            `prerelease` and `build`, are null. Null for null, and for a text with anything else in it.",
    named: false,
    arity: 1..=1,
    examples: &[
        (r#"parse_version("v1.29.3-eks-a5b").minor"#, "29"),
        (
            r#"parse_version("1.30+k3s1")"#,
            r#"{"major":1,"minor":30,"patch":0,"prerelease":null,"build":"k3s1","key":"0000000001.0000000030.0000000000~"}"#,
        ),
        (
            r#"parse_version("1.9").key < parse_version("1.10").key"#,
            "true",
        ),
        (
            r#"parse_version("1.10.0-rc.1").key < parse_version("1.10").key"#,
            "true",
        ),
        (r#"parse_version("29+").major"#, "29"),
        (r#"parse_version("latest")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let arguments = typed(binder, FUNCTION.name, arguments, &[("text", Type::String)])?;
    Ok(partial(ParseVersion, arguments, ParseVersion::ty(), span))
}
