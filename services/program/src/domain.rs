//! What a program may be and become, apart from where it is kept and how it is asked for.

pub mod calendar;
pub mod config;
pub mod goals;
pub mod import;
pub mod program;
