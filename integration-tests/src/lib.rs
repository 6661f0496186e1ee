//! The harness of the stories: a whole mesh, brought up in one line, and clients that use it as the three kinds of users do.
//!
//! [`house::House`] is a mesh inside the test; [`process::Process`] is the real binary, which can be killed.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

pub mod api;
pub mod collector;
pub mod fleet;
pub mod floods;
pub mod house;
pub mod model;
pub mod photo;
pub mod process;
pub mod provider;

pub use api::{Answer, Api};
pub use house::House;
pub use provider::Provider;
