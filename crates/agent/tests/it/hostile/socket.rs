//! The halves' own protocol, spoken wrongly: packets that are no questions, bodies that are no files, too
//! many connections. The root half stays, and still obeys what people sign.

use super::people::Draft;
use super::victim::{Victim, nap};
use agent::halves::{Answer, Ask, MESSAGE_BYTES_MAX, body_of, encode};
use model::run::{PermitAnswer, PermitClaim};
use model::{Digest, OrderId, RunId};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, sockopt,
};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

/// A connection that says what it likes.
fn raw(path: &Path) -> OwnedFd {
    let kind = SocketType::SEQPACKET;
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, kind, flags, None).unwrap();
    rustix::net::connect(&socket, &SocketAddrUnix::new(path).unwrap()).unwrap();
    let span = Some(Duration::from_secs(10));
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, span).unwrap();
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, span).unwrap();
    socket
}

/// Sends a packet and returns the bytes of the answer; 0: the connection was closed.
fn say(socket: &OwnedFd, packet: &[u8]) -> usize {
    if rustix::net::send(socket, packet, SendFlags::NOSIGNAL).is_err() {
        return 0;
    }
    let mut buffer = vec![0_u8; MESSAGE_BYTES_MAX];
    rustix::net::recv(socket, &mut buffer[..], RecvFlags::empty()).map_or(0, |(count, _)| count)
}

#[test]
fn packets_that_are_no_questions_close_the_connection_and_nothing_else() {
    let mut victim = Victim::new();
    let before = victim.look();
    let path = victim.dir().join("agent.sock");
    let good = encode(&Ask::Work { wait_secs: 0 }).unwrap();
    let packets = [
        vec![0xff; 16],
        vec![0xff; 60_000],
        vec![0x80; 11],
        [good.clone(), vec![0]].concat(),
        good[..1].to_vec(),
        vec![5],
        vec![5, 0xff, 0xff, 0xff, 0xff, 0x0f],
    ];
    for packet in packets {
        assert_eq!(say(&raw(&path), &packet), 0, "{:?} was answered", &packet[..1]);
    }
    for byte in 0..=255 {
        say(&raw(&path), &[byte, 0xff, 0x00, 0xff]);
    }
    assert!(say(&raw(&path), &good) > 0);
    assert_eq!(victim.look(), before);
    let draft = Draft::new(victim.id());
    victim.obeys(&draft.answer());
}

#[test]
fn questions_without_their_body_or_with_another_kind_of_file_fail() {
    let mut victim = Victim::new();
    let before = victim.look();
    let failed = |answer: Answer| matches!(answer, Answer::Failed { .. });
    let (reader, _writer) = std::io::pipe().unwrap();
    let bodies: [(&str, Option<File>); 8] = [
        ("nothing", None),
        ("empty", Some(body_of(b"").unwrap())),
        ("a list", Some(body_of(b"[]").unwrap())),
        ("no JSON", Some(body_of(&[0xff; 1_000]).unwrap())),
        ("nested", Some(body_of("[".repeat(1_000_000).as_bytes()).unwrap())),
        ("33 MB", Some(body_of(&vec![b' '; 33 << 20]).unwrap())),
        ("a folder", Some(File::open("/").unwrap())),
        ("without end", Some(File::open("/dev/zero").unwrap())),
    ];
    for (name, body) in &bodies {
        assert!(failed(victim.ask(&Ask::Orders, body.as_ref()).unwrap()), "{name}");
    }
    let sha256 = Digest::of(b"x");
    for body in [None, Some(body_of(b"x").unwrap()), Some(File::from(OwnedFd::from(reader)))] {
        let answer = victim.ask(&Ask::Fetched { sha256 }, body.as_ref()).unwrap();
        assert!(failed(answer), "nobody asked for it");
    }
    assert_eq!(victim.look(), before);
    let draft = Draft::new(victim.id());
    victim.obeys(&draft.answer());
}

#[test]
fn answers_to_what_was_never_asked_change_nothing() {
    let mut victim = Victim::new();
    let before = victim.look();
    let (run, order) = (RunId(1), OrderId(1));
    let claim = PermitClaim { run, order, attempt: 1 };
    let words = [
        PermitAnswer::Granted { permit_seq: u64::MAX, valid_secs: u32::MAX },
        PermitAnswer::Cancelled { by: "eve".into() },
    ];
    for answer in words {
        let ask = Ask::Permit { claim: claim.clone(), answer };
        assert_eq!(victim.ask(&ask, None).unwrap(), Answer::Done);
    }
    let sha256 = Digest::of(b"x");
    victim.ask(&Ask::FetchFailed { sha256, text: "x".repeat(50_000) }, None).unwrap();
    victim.ask(&Ask::Delivered { id: sha256 }, None).unwrap();
    victim.settle(0);
    assert_eq!(victim.look(), before);
    let draft = Draft::new(victim.id());
    victim.obeys(&draft.answer());
}

#[test]
fn a_hundred_connections_do_not_keep_the_root_half_from_answering() {
    let mut victim = Victim::new();
    let path = victim.dir().join("agent.sock");
    let idle: Vec<OwnedFd> = (0..100).map(|_| raw(&path)).collect();
    // The one that was there first is served; the surplus is turned away.
    let draft = Draft::new(victim.id());
    victim.obeys(&draft.answer());
    drop(idle);
    for _ in 0..500 {
        if say(&raw(&path), &encode(&Ask::Work { wait_secs: 0 }).unwrap()) > 0 {
            let draft = Draft::new(victim.id());
            victim.connect();
            victim.obeys(&draft.answer());
            return;
        }
        nap();
    }
    panic!("no connection is taken any more: {}", victim.log());
}

/// A server that says something new each time, and never takes an answer, must not fill the disk.
#[test]
fn refusals_that_nobody_takes_stay_few() {
    let mut victim = Victim::new();
    let mut sent = 0;
    while sent < 1_200 {
        let base = Draft::new(victim.id());
        let mut answer = base.answer();
        let mut orders = Vec::new();
        for _ in 0..50 {
            sent += 1;
            let mut order = answer.orders[0].clone();
            let text = format!("{{\"order\":{sent}}}");
            order.envelope.payload =
                base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text.as_bytes());
            orders.push(order);
        }
        answer.orders = orders;
        victim.deliver(&answer);
        let inbox = victim.root_dir("inbox");
        while !super::victim::names(&inbox).is_empty() {
            // Only wakes the root half; what it hands out is dropped.
            victim.ask(&Ask::Delivered { id: Digest::of(b"x") }, None).unwrap();
            nap();
        }
    }
    let waiting = super::victim::names(&victim.root_dir("outbox")).len();
    assert!((100..=1_000).contains(&waiting), "{waiting} refusals wait");
    // What is over is told all the same.
    let draft = Draft::new(victim.id());
    victim.obeys(&draft.answer());
    victim.settle(0);
}

/// The statements come once and would be kept with each order.
#[test]
fn a_huge_answer_is_not_multiplied_on_the_disk() {
    let mut victim = Victim::new();
    let mut answer = Draft::new(victim.id()).answer();
    answer.root.as_mut().unwrap().payload = "A".repeat(8 << 20);
    let order = answer.orders[0].clone();
    answer.orders = (0..40_u8)
        .map(|index| {
            let mut one = order.clone();
            one.envelope.payload = "A".repeat(4 * (usize::from(index) + 1));
            one
        })
        .collect();
    let before = victim.look();
    victim.deliver(&answer);
    let inbox = victim.root_dir("inbox");
    let bytes: u64 = super::victim::names(&inbox)
        .iter()
        .filter_map(|name| std::fs::metadata(inbox.join(name)).ok())
        .map(|found| found.len())
        .sum();
    assert!(bytes < 4 << 20, "{bytes} bytes wait in the inbox");
    victim.settle(0);
    assert_eq!(victim.refusals.len(), 40);
    assert_eq!(victim.look(), before);
}
