//! Family through its own contract: every rule, over the layers that a real request passes.

#![allow(clippy::unwrap_used, reason = "the whole crate is a test")]

mod access;
mod clock;
mod families;
mod grants;
mod house;
mod identity;
mod imports;
mod invitations;
mod members;
mod records;
