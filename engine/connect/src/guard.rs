//! Addresses that came over HTTP are judged when they are contacted: a name after each resolution, so that a server of names that
//! answers otherwise the second time gains nothing, and an address that stands in the URL itself before each client.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use trawl_fleet::Guard;
use url::{Host, Url};

use crate::error::{Error, ErrorKind};

/// What an operator can do about a refused address.
pub(crate) const HINT: &str = "clusters that were registered over HTTP may not lead there: allow the network with `trawl serve --register-allow CIDR`, or name the cluster in clusters.yaml";

/// A name resolved to an address that may not be contacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    address: IpAddr,
    kind: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} is {}, which is refused",
            self.address, self.kind
        )
    }
}

impl std::error::Error for Refused {}

fn check(guard: &Guard, address: IpAddr) -> Result<(), Refused> {
    guard
        .check(address)
        .map_err(|kind| Refused { address, kind })
}

/// Judges an address that stands in the URL; clients contact those without resolving anything.
///
/// # Errors
/// It may not be contacted.
pub(crate) fn literal(guard: &Guard, url: &Url) -> Result<(), Error> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) => return Ok(()),
        None => return Err(Error::new(ErrorKind::InvalidConfig, "the URL has no host")),
    };
    check(guard, address)
        .map_err(|refused| Error::new(ErrorKind::PermissionDenied, refused.to_string()).hint(HINT))
}

/// The system's resolver, behind a guard.
#[derive(Debug)]
pub(crate) struct Resolver(Guard);

impl Resolver {
    /// One for a client.
    pub(crate) fn of(guard: &Guard) -> Arc<Resolver> {
        Arc::new(Resolver(guard.clone()))
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            // The port is the client's to set.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            // One address that is refused refuses the name: which one is contacted would be chance.
            for address in &found {
                check(&guard, address.ip())?;
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}
