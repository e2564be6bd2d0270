//! `ip_in_cidr`: whether an address is in a network.

use std::net::IpAddr;

use super::Call;
use crate::error::{Result, invalid};
use crate::eval::Node;
use crate::ty::Ty;
use crate::value::Value;

pub fn ip_in_cidr(call: Call) -> Result<Node> {
    let (ip, cidr) = (call.arg(0, &Ty::String)?, call.arg(1, &Ty::String)?);
    if let Some(Value::Text(text)) = &cidr.literal
        && network(text).is_none()
    {
        return invalid(format!("{text} is no network"));
    }
    Ok(Node::strict(
        Ty::Bool,
        vec![ip, cidr],
        |values| match values {
            [Value::Text(ip), Value::Text(cidr)] => {
                inside(ip, cidr).map_or(Value::Null, Value::Bool)
            }
            _ => Value::Null,
        },
    ))
}

fn inside(ip: &str, cidr: &str) -> Option<bool> {
    let ip: IpAddr = ip.parse().ok()?;
    let (base, prefix) = network(cidr)?;
    if ip.is_ipv4() != base.is_ipv4() {
        return Some(false);
    }
    let (ip, base) = (bits(ip), bits(base));
    Some(ip.get(..prefix)? == base.get(..prefix)?)
}

/// The bits of an address, from the first.
fn bits(ip: IpAddr) -> Vec<bool> {
    let bytes = match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let bits = |byte: u8| (0..8).map(move |at| byte & (0x80 >> at) != 0);
    bytes.into_iter().flat_map(bits).collect()
}

/// The address and the length of the prefix; an address alone is its own network.
fn network(text: &str) -> Option<(IpAddr, usize)> {
    let (ip, prefix) = match text.split_once('/') {
        Some((ip, prefix)) => (ip, Some(prefix)),
        None => (text, None),
    };
    let ip: IpAddr = ip.parse().ok()?;
    let most = bits(ip).len();
    let prefix = match prefix {
        Some(prefix) if prefix.chars().all(|c| c.is_ascii_digit()) => prefix.parse().ok()?,
        Some(_) => return None,
        None => most,
    };
    (prefix <= most).then_some((ip, prefix))
}
