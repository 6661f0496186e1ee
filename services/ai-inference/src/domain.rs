//! The pure decisions: which uploads are photos, and which readings make sense.

pub mod outcome;
pub mod photo;
pub mod reading;
