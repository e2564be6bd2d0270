//! `ip_in_cidr(ip, cidr) -> bool`

use trawl_lang::Diagnostic;
use trawl_lang::span::Span;

use crate::bind::Binder;
use crate::expr::{Bound, Result};
use crate::functions::support::{partial, typed};
use crate::functions::{Group, Scalar};
use crate::kernels::platform::cidr::{IpInCidr, Network, NotANetwork};
use crate::types::Type;
use crate::value::Value;

/// `ip_in_cidr`
pub const FUNCTION: Scalar = Scalar {
    name: "ip_in_cidr",
    group: Group::Platform,
    signature: "ip_in_cidr(ip, cidr) -> bool",
    summary: "Whether an address lies in a network.",
    notes: "IPv4 and IPv6, never one in the other. Without `/n` the network is one address. Null where the address or a \
        computed network is none.",
    named: false,
    arity: 2..=2,
    examples: &[
        (r#"ip_in_cidr("10.1.2.3", "10.0.0.0/8")"#, "true"),
        (r#"ip_in_cidr("fd00::1", "fd00::/8")"#, "true"),
        (r#"ip_in_cidr("10.1.2.3", "10.1.2.4")"#, "false"),
        (r#"ip_in_cidr("10.1.2.3", "::/0")"#, "false"),
        (r#"ip_in_cidr("10.1.2", "10.0.0.0/8")"#, "null"),
        (
            r#"ip_in_cidr("10.1.2.3", iff(true, "10.0.0.0/99", ""))"#,
            "null",
        ),
    ],
    bind,
};

fn bind(binder: &mut Binder<'_>, arguments: Vec<Bound>, span: Span) -> Result<Bound> {
    let parameters = [("ip", Type::String), ("cidr", Type::String)];
    let arguments = typed(binder, FUNCTION.name, arguments, &parameters)?;
    if let Some(network) = arguments.get(1)
        && let Some(Value::String(text)) = &network.value
        && let Err(reason) = text.parse::<Network>()
    {
        let expected = match reason {
            NotANetwork::Address => "expected an address of IPv4 or IPv6 before the `/`",
            NotANetwork::Prefix => "expected at most 32 bits of IPv4, 128 of IPv6 after the `/`",
        };
        return Err(
            Diagnostic::error("Q0331", format!("`{text}` is not a network"))
                .label(network.span, expected)
                .help("for instance `10.0.0.0/8` or `fd00::/8`")
                .into(),
        );
    }
    Ok(partial(IpInCidr, arguments, Type::Bool, span))
}
