#![cfg(test)]
//! The command line as people and scripts meet it: real program, own folders, a server that is a script.

mod approve;
mod assess;
mod bench;
mod exposure;
mod failures;
mod help;
mod up;
