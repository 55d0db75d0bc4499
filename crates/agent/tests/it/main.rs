//! The real root half as a process of its own, with a scripted network half and real signatures.
//! Nothing here is ever granted a permit: no test changes the machine's packages.
#![cfg(test)]

mod crashes;
mod dist;
mod hostile;
mod house;
mod orders;
