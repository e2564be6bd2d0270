//! `parse_image(text) -> struct<registry: string, repository: string, tag: string, digest: string>`

use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::platform::image::ParseImage;
use crate::types::Type;

/// `parse_image`
pub const FUNCTION: Scalar = Scalar {
    name: "parse_image",
    group: Group::Platform,
    signature: "parse_image(text) -> struct<registry: string, repository: string, tag: string, digest: string>",
    summary: "The parts of a container image's reference; null where it is none.",
    notes: "Docker's grammar and defaults: without a registry it is `docker.io`, there a repository of one part is \
        `library/…`, and `latest` is the tag if neither tag nor digest is written. A part that is missing is null.",
    named: false,
    arity: 1..=1,
    examples: &[
        (
            r#"parse_image("nginx")"#,
            r#"{"registry":"docker.io","repository":"library/nginx","tag":"latest","digest":null}"#,
        ),
        (
            r#"parse_image("registry.k8s.io/pause:3.10").tag"#,
            r#""3.10""#,
        ),
        (
            r#"parse_image("localhost:5000/team/api:v1").repository"#,
            r#""team/api""#,
        ),
        (
            r#"parse_image("a/b@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855").tag"#,
            "null",
        ),
        (r#"parse_image("Not An Image")"#, "null"),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let arguments = typed(binder, FUNCTION.name, arguments, &[("text", Type::String)])?;
    Ok(partial(ParseImage, arguments, ParseImage::ty(), span))
}
