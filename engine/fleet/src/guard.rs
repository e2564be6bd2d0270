//! Where an address that came over HTTP may lead. It judges addresses, after names were resolved: a name says nothing.
//!
//! Clusters stand in private networks, so those are open. What is refused is this machine, its link, and the services that clouds
//! answer to machines alone: who could have us call those would speak with our identity.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;

/// Services of clouds for the machine itself that stand outside of link-local networks: Google over IPv6, Alibaba, Oracle, Azure.
const METADATA: &[IpAddr] = &[
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
];

/// Networks that an operator opened beyond what may always be contacted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
}

/// A network that an operator named is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a network such as `10.0.0.0/8` or `fd00::/8`, or one address, got `{0}`")]
pub struct WrongNetwork(String);

impl Guard {
    /// A guard that opens these networks besides.
    ///
    /// # Errors
    /// One is no network.
    pub fn allowing<'a>(
        networks: impl IntoIterator<Item = &'a str>,
    ) -> Result<Guard, WrongNetwork> {
        let networks = networks.into_iter().map(|text| {
            let one = || IpAddr::from_str(text).ok().map(IpNet::from);
            let network = IpNet::from_str(text).ok().or_else(one);
            network.ok_or_else(|| WrongNetwork(text.to_owned()))
        });
        Ok(Guard {
            allowed: networks.collect::<Result<Vec<_>, _>>()?.into(),
        })
    }

    /// Whether the address may be contacted.
    ///
    /// # Errors
    /// It may not; the text says what kind of address it is.
    pub fn check(&self, address: IpAddr) -> Result<(), &'static str> {
        let address = address.to_canonical();
        if self
            .allowed
            .iter()
            .any(|network| network.contains(&address))
        {
            return Ok(());
        }
        let within = embedded(address).map_or(Ok(()), |inner| self.check(IpAddr::V4(inner)));
        within.and_then(|()| kind(address).map_or(Ok(()), Err))
    }
}

/// What kind of refused address it is.
fn kind(address: IpAddr) -> Option<&'static str> {
    if METADATA.contains(&address) || is_of_aws(address) {
        return Some("a cloud's metadata address");
    }
    let found = match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            [
                (v4.is_loopback(), "a loopback address"),
                (v4.is_link_local(), "a link-local address"),
                (a == 0, "an unspecified address"),
                (v4.is_multicast(), "a multicast address"),
                (a >= 240, "a reserved address"),
                ((a, b, c) == (192, 0, 0), "a reserved address"),
            ]
        }
        IpAddr::V6(v6) => {
            let [a, b, ..] = v6.segments();
            [
                (v6.is_loopback(), "a loopback address"),
                (v6.is_unicast_link_local(), "a link-local address"),
                (v6.is_unspecified(), "an unspecified address"),
                (v6.is_multicast(), "a multicast address"),
                // Site-local, which was given up: some systems still route it.
                (a & 0xffc0 == 0xfec0, "a reserved address"),
                ((a, b) == (0x100, 0), "a reserved address"),
            ]
        }
    };
    found.into_iter().find(|(is, _)| *is).map(|(_, kind)| kind)
}

/// Whether all of AWS' services for its instances stand there: metadata, time, EKS Pod Identity.
fn is_of_aws(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.segments().starts_with(&[0xfd00, 0xec2]))
}

/// The IPv4 address that a translator would contact for this one: NAT64, 6to4 and what was mapped or compatible once.
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else {
        return None;
    };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        (0x64, 0xff9b, 0, 0, 0, 0) | (0x64, 0xff9b, 1, _, _, _) => Some(of(g, h)),
        (0x2002, high, low, ..) => Some(of(high, low)),
        // `::1` and `::` are addresses of their own.
        (0, 0, 0, 0, 0, 0) if g != 0 => Some(of(g, h)),
        (0, 0, 0, 0, 0xffff, 0) => Some(of(g, h)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(guard: &Guard, address: &str) -> Result<(), &'static str> {
        guard.check(address.parse().unwrap())
    }

    #[test]
    fn private_networks_are_open_and_the_machine_its_link_and_metadata_are_not() {
        let guard = Guard::default();
        for open in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "8.8.8.8",
            "100.64.0.1",
            "fd12::1",
            "2001:db8::1",
        ] {
            assert_eq!(check(&guard, open), Ok(()), "{open}");
        }
        for (refused, kind) in [
            ("127.0.0.1", "a loopback address"),
            ("127.255.0.9", "a loopback address"),
            ("::1", "a loopback address"),
            ("::ffff:127.0.0.1", "a loopback address"),
            ("::127.0.0.1", "a loopback address"),
            ("64:ff9b::7f00:1", "a loopback address"),
            ("64:ff9b:1::a9fe:a9fe", "a link-local address"),
            ("2002:7f00:1::", "a loopback address"),
            ("169.254.169.254", "a link-local address"),
            ("::ffff:169.254.169.254", "a link-local address"),
            ("fe80::1", "a link-local address"),
            ("fd00:ec2::254", "a cloud's metadata address"),
            ("fd00:ec2::23", "a cloud's metadata address"),
            ("100.100.100.200", "a cloud's metadata address"),
            ("168.63.129.16", "a cloud's metadata address"),
            ("0.0.0.0", "an unspecified address"),
            ("0.1.2.3", "an unspecified address"),
            ("::", "an unspecified address"),
            ("224.0.0.1", "a multicast address"),
            ("ff02::1", "a multicast address"),
            ("255.255.255.255", "a reserved address"),
            ("192.0.0.1", "a reserved address"),
        ] {
            assert_eq!(check(&guard, refused), Err(kind), "{refused}");
        }
    }

    #[test]
    fn an_operator_opens_networks_and_single_addresses() {
        let guard = Guard::allowing(["127.0.0.0/8", "fe80::1"]).unwrap();
        for open in [
            "127.0.0.1",
            "::ffff:127.9.9.9",
            "64:ff9b::7f00:1",
            "fe80::1",
        ] {
            assert_eq!(check(&guard, open), Ok(()), "{open}");
        }
        assert!(check(&guard, "::1").is_err());
        assert!(check(&guard, "169.254.169.254").is_err());
        for wrong in ["", "localhost", "10.0.0.0/33", "10.0.0.0/8,::/0"] {
            assert!(Guard::allowing([wrong]).is_err(), "{wrong}");
        }
    }
}
