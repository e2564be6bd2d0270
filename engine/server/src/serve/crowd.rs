//! How many connections there are, in all and of each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The connections.
pub(super) struct Crowd {
    all: Arc<Semaphore>,
    of: Arc<Mutex<HashMap<IpAddr, usize>>>,
    per_address: usize,
}

/// Room for one more.
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
}

/// A connection's place, given up when it is dropped.
pub(super) struct Place {
    _turn: Turn,
    of: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Crowd {
    /// Room for so many connections, and for so many of each address.
    pub(super) fn new(all: usize, per_address: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            of: Arc::default(),
            per_address,
        }
    }

    /// Waits until there is room; none when there never will be.
    pub(super) async fn turn(&self) -> Option<Turn> {
        let permit = Arc::clone(&self.all).acquire_owned().await;
        permit.ok().map(|_permit| Turn { _permit })
    }

    /// The place of a connection of an address; none when that has as many as it may.
    pub(super) fn place(&self, turn: Turn, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let own = of.entry(address).or_default();
        if *own >= self.per_address {
            tracing::warn!(%address, "has {own} connections, and one more was closed");
            return None;
        }
        *own += 1;
        Some(Place {
            _turn: turn,
            of: Arc::clone(&self.of),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = of.get_mut(&self.address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                of.remove(&self.address);
            }
        }
    }
}

/// What counts as one address: whoever has one of IPv6 has the 2^64 beside it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_are_counted_and_given_back() {
        let crowd = Crowd::new(3, 2);
        let one: IpAddr = "10.0.0.1".parse().unwrap();
        let same: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        let other: IpAddr = "10.0.0.2".parse().unwrap();
        let first = crowd.place(crowd.turn().await.unwrap(), one);
        let second = crowd.place(crowd.turn().await.unwrap(), same);
        assert!(first.is_some() && second.is_some());
        assert!(crowd.place(crowd.turn().await.unwrap(), one).is_none());
        let third = crowd.place(crowd.turn().await.unwrap(), other);
        assert!(third.is_some());
        assert_eq!(crowd.all.available_permits(), 0);
        drop((first, second, third));
        assert_eq!(crowd.all.available_permits(), 3);
        assert!(crowd.of.lock().unwrap().is_empty());
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let at = |text: &str| network(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::2"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_ne!(at("10.0.0.1"), at("10.0.0.2"));
    }
}
