//! The reader with models that the tests make themselves.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy takes only functions marked #[test] for tests, and a story has more"
)]

mod network;
mod reads;
mod refuses;
