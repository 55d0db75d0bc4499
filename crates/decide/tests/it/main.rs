//! Decisions against what others publish and against other programs: real versions, vectors and
//! scores, and the package managers' own comparers where they are installed.
#![cfg(test)]

mod deadlines;
mod lifecycle;
mod scores;
mod shared;
mod versions;
