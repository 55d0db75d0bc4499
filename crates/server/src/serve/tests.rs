//! Seats: connections of one address are counted and given back.

use super::Peers;
use std::net::IpAddr;
use std::sync::Arc;

#[test]
fn an_address_gets_no_more_than_its_seats_and_gets_them_back() {
    let peers = Arc::new(Peers::default());
    let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
    let first = peers.sit(one, 2);
    let second = peers.sit(one, 2);
    assert!(first.is_some() && second.is_some());
    assert!(peers.sit(one, 2).is_none());
    assert!(peers.sit(other, 2).is_some());
    drop(first);
    assert!(peers.sit(one, 2).is_some());
    drop(second);
    assert!(peers.counts.lock().unwrap().is_empty(), "nothing is remembered of who left");
}
