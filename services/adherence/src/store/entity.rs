//! The tables as rows, one file each.

pub mod adherence_metrics;
pub mod contributions;
pub mod plans;
pub mod program_events;
