//! The mesh as a service meets it: nearby and over the wire, with and without proof of who calls.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "clippy takes only functions marked #[test] for tests, and a story has more"
)]

mod mesh;
mod room;
mod serve;
mod tls;
mod tokens;

mod house;
mod upstream;
