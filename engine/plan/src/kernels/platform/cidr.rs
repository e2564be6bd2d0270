//! `ip_in_cidr(ip, cidr)`: addresses and networks of IPv4 and IPv6, never across the two.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use datafusion_common::Result;

use crate::kernels::Kernel;
use crate::kernels::cache::Cache;
use crate::kernels::rows::texts;

/// `ip_in_cidr(ip, cidr)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IpInCidr;

impl Kernel for IpInCidr {
    fn name(&self) -> &str {
        "ip_in_cidr"
    }

    fn returns(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn call(&self, arguments: &[ArrayRef]) -> Result<ArrayRef> {
        let (ip, network) = (texts(arguments, 0)?, texts(arguments, 1)?);
        let mut networks = Cache::new();
        let results = ip.iter().zip(network).map(|(ip, network)| {
            let ip: IpAddr = ip?.parse().ok()?;
            let network = networks.get(network?, |text| text.parse::<Network>().ok());
            Some(network.as_ref()?.contains(ip))
        });
        Ok(Arc::new(results.collect::<BooleanArray>()))
    }
}

/// A network, or one address.
#[derive(Debug)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

/// The reason for which a text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotANetwork {
    /// What stands before the `/` is no address.
    Address,
    /// What stands after the `/` is no number of bits that the address has.
    Prefix,
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> std::result::Result<Self, NotANetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork::Address)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            None => bits,
            Some(prefix) if prefix.bytes().all(|digit| digit.is_ascii_digit()) => prefix
                .parse()
                .ok()
                .filter(|prefix| *prefix <= bits)
                .ok_or(NotANetwork::Prefix)?,
            Some(_) => return Err(NotANetwork::Prefix),
        };
        Ok(Self {
            address,
            prefix_bits,
        })
    }
}

impl Network {
    /// Whether an address lies in it; bits of the network's own address below the prefix do not count.
    fn contains(&self, ip: IpAddr) -> bool {
        let (different, bits) = match (self.address, ip) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => {
                (u128::from(network.to_bits() ^ ip.to_bits()), 32)
            }
            (IpAddr::V6(network), IpAddr::V6(ip)) => (network.to_bits() ^ ip.to_bits(), 128),
            _ => return false,
        };
        // The shift is as wide as the type where the prefix is `::/0`, and then nothing has to be equal.
        different.checked_shr(bits - self.prefix_bits).unwrap_or(0) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        for (ip, network, expected) in [
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("10.1.2.3", "10.99.0.0/8", true),
            ("10.1.2.3", "0.0.0.0/0", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.4", "10.1.2.3/32", false),
            ("fd00::1", "fd00::/8", true),
            ("fe00::1", "fd00::/8", false),
            ("fe00::1", "::/0", true),
            ("10.1.2.3", "::/0", false),
            ("::ffff:10.1.2.3", "10.0.0.0/8", false),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(ip.parse().unwrap()), expected, "{ip}");
        }
    }

    #[test]
    fn what_is_no_network_is_told_apart() {
        for (text, expected) in [
            ("10.0.0/8", NotANetwork::Address),
            ("", NotANetwork::Address),
            ("010.0.0.0/8", NotANetwork::Address),
            ("10.0.0.0/33", NotANetwork::Prefix),
            ("10.0.0.0/+8", NotANetwork::Prefix),
            ("10.0.0.0/", NotANetwork::Prefix),
            ("::/129", NotANetwork::Prefix),
        ] {
            assert_eq!(text.parse::<Network>().unwrap_err(), expected, "{text}");
        }
    }
}
