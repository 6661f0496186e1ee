//! The services this one calls.

pub mod audits;
pub mod families;
pub mod programs;
pub mod readings;
pub mod scores;
