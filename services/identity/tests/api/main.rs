//! Identity through its own contract: every rule, over the layers that a real request passes.

#![allow(clippy::unwrap_used, reason = "the whole crate is a test")]

mod accounts;
mod guessing;
mod house;
mod keys;
mod locks;
mod passwords;
mod providers;
mod sessions;
