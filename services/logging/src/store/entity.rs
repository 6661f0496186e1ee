//! The tables, row by row.

pub mod daily_log;
pub mod image;
pub mod log_archive;
