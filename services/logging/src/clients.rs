//! The services this one calls.

pub mod programs;
pub mod readings;
pub mod scores;
