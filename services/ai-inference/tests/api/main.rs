//! The service through its door and its queue, over a real database, queue and object store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "clippy takes only functions marked #[test] for tests, and a story has more"
)]
#![allow(clippy::disallowed_methods, reason = "tasks of a test end with it")]

mod allowance;
mod endings;
mod house;
mod imports;
mod models;
mod photos;
mod providers;
