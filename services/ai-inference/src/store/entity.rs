//! The tables, row by row.

pub mod inference;
