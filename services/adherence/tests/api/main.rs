//! Adherence through its own contract, over the layers that a real request passes, with stand-ins for program and family.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "clippy takes only functions marked #[test] for tests, and a story has more"
)]

mod access;
mod dashboard;
mod equality;
mod events;
mod house;
mod leaderboard;
mod model;
mod plans;
mod random;
mod recording;
mod scores;
mod tokens;
mod upstream;
