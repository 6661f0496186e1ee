//! The tables as rows, one file each.

pub mod care_programs;
pub mod program_configs;
pub mod program_pauses;
