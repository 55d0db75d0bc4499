//! A server that is out for harm, and that also owns the network half: it speaks to the real root half
//! through the halves' socket. Whatever it delivers that people did not sign for this host and this
//! moment, nothing is done, and the host says why, signed.
//!
//! No test can change the machine that it runs on: what people sign here begins with a set of packages
//! that no host has, or asks for a file whose content nobody knows, or runs in a cage.

mod damage;
mod fields;
mod floors;
mod limits;
mod objects;
mod people;
mod permits;
mod reasons;
mod socket;
mod victim;
