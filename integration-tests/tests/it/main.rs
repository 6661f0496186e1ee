//! The stories the house is held to, one file each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "clippy takes only functions marked #[test] for tests, and a story has more"
)]

mod bad_input;
mod browser;
mod crash;
mod examples;
mod faults;
mod grpc;
mod jobs;
mod plans;
mod processes;
mod stories;
mod strangers;
mod structure;
mod telemetry;
mod topologies;
mod writers;
