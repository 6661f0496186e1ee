//! The service through its door, over a real database, queue and object store; the services it calls are stand-ins.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "clippy takes only functions marked #[test] for tests, and a story has more"
)]

mod access;
mod archive;
mod entries;
mod export;
mod history;
mod house;
mod imports;
mod photos;
mod ranges;
mod revisions;
mod upstream;
