//! Releases and packages on given days.
