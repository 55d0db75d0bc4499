#![cfg(test)]
//! Real hosts. They run with `PATCHWELL_LAB=1` only, as root; otherwise each test says that it is skipped.

mod change;
mod crash;
mod hosts;
mod product;

use lab::{Lab, Settings, Wish, base::Release, settings};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard};

/// One lab at a time: the machine's cores are few, and figures should mean something.
static ALONE: Mutex<()> = Mutex::new(());

/// Returns the right to make hosts, or `None` where they are not wanted.
fn lab_wanted() -> Option<MutexGuard<'static, ()>> {
    if !settings::is_wanted() {
        println!("skipped: PATCHWELL_LAB is not set");
        return None;
    }
    // A test that failed released its hosts all the same.
    Some(ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
}

fn say(line: &str) {
    println!("{line}");
}

fn wish(hosts: usize, gateway: SocketAddr) -> Wish {
    wish_of(Release::Bookworm, hosts, gateway)
}

fn wish_of(release: Release, hosts: usize, gateway: SocketAddr) -> Wish {
    Wish { hosts, release, packages: Vec::new(), gateway, proxy: "127.0.0.1:0".parse().unwrap() }
}

/// Boots hosts that have no server.
fn lab_of(hosts: usize) -> Lab {
    lab_with(hosts, nowhere())
}

/// The discard port: nobody listens there.
fn nowhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9))
}

/// Boots hosts whose server is at `gateway`.
fn lab_with(hosts: usize, gateway: SocketAddr) -> Lab {
    lab_of_release(Release::Bookworm, hosts, gateway)
}

/// As [`lab_with`], of any release.
fn lab_of_release(release: Release, hosts: usize, gateway: SocketAddr) -> Lab {
    Lab::up(&Settings::from_env(), &wish_of(release, hosts, gateway), &say).unwrap()
}
