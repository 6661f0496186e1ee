//! Who is connected: all together, and by where they come from.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge};

use super::rules::Crowd;

/// What counts as one client: an address, or of IPv6 the network a household has, since it may pick the rest at will.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6((u128::from(six) & !u128::from(u64::MAX)).into()),
        four => four,
    }
}

/// The places of a door.
pub(super) struct Places(Arc<Inner>);

struct Inner {
    crowd: Crowd,
    taken: Mutex<Taken>,
    open: Gauge<u64>,
    refused: Counter<u64>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_client: HashMap<IpAddr, usize>,
}

/// The place of one connection, until it is dropped.
pub(super) struct Place {
    client: IpAddr,
    inner: Arc<Inner>,
}

impl Places {
    pub(super) fn new(crowd: Crowd) -> Self {
        let meter = opentelemetry::global::meter("praan");
        let open = meter
            .u64_gauge("praan.connections.open")
            .with_description("How many connections the public door has.")
            .build();
        let refused = meter
            .u64_counter("praan.connections.refused")
            .with_description(
                "How many connections were one too many, of all (full) or of one client (client).",
            )
            .build();
        open.record(0, &[]);
        for reason in ["full", "client"] {
            refused.add(0, &[KeyValue::new("reason", reason)]);
        }
        Self(Arc::new(Inner { crowd, taken: Mutex::default(), open, refused }))
    }

    /// A place for a client; none when it would be one too many.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let (client, inner) = (network(address), &self.0);
        let mut taken = inner.taken();
        let reason = if taken.all >= inner.crowd.most {
            "full"
        } else if inner.crowd.most_per_client.is_some_and(|most| taken.of(client) >= most) {
            "client"
        } else {
            taken.all += 1;
            *taken.by_client.entry(client).or_default() += 1;
            inner.open.record(taken.all as u64, &[]);
            return Some(Place { client, inner: inner.clone() });
        };
        inner.refused.add(1, &[KeyValue::new("reason", reason)]);
        None
    }
}

impl Inner {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn of(&self, client: IpAddr) -> usize {
        self.by_client.get(&client).copied().unwrap_or_default()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.inner.taken();
        taken.all -= 1;
        self.inner.open.record(taken.all as u64, &[]);
        match taken.of(self.client) {
            0 | 1 => taken.by_client.remove(&self.client),
            more => taken.by_client.insert(self.client, more - 1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_household_is_one_client() {
        let one = |text: &str| network(at(text)).to_string();
        assert_eq!(one("2001:db8:1:2:aaaa::1"), one("2001:db8:1:2:bbbb::2"));
        assert_ne!(one("2001:db8:1:2::1"), one("2001:db8:1:3::1"));
        assert_eq!([one("192.0.2.1"), one("::ffff:192.0.2.1")], ["192.0.2.1", "192.0.2.1"]);
    }

    #[test]
    fn places_are_counted_by_client_and_all_together_and_come_back() {
        let places = Places::new(Crowd { most: 3, most_per_client: Some(2) });
        let first = places.take(at("192.0.2.1"));
        let second = places.take(at("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some());
        assert!(places.take(at("192.0.2.1")).is_none(), "a client has two");
        let third = places.take(at("192.0.2.2"));
        assert!(third.is_some());
        assert!(places.take(at("192.0.2.3")).is_none(), "there are three");
        drop(first);
        assert!(places.take(at("192.0.2.1")).is_some());
        drop((second, third));
        let taken = places.0.taken();
        assert_eq!((taken.all, taken.by_client.len()), (0, 0), "nobody is remembered");
    }

    #[test]
    fn behind_a_proxy_all_come_from_one_address() {
        let places = Places::new(Crowd { most: 1000, most_per_client: None });
        let taken: Vec<_> = (0..1000).map_while(|_| places.take(at("10.0.0.1"))).collect();
        assert_eq!(taken.len(), 1000);
    }
}
