//! Program through its own contract, over the layers that a real request passes, with a stand-in for family.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "clippy takes only functions marked #[test] for tests, and a story has more"
)]

mod access;
mod configs;
mod house;
mod imports;
mod lists;
mod programs;
mod records;
mod states;
mod tokens;
mod upstream;
