//! The pure decisions: what a log may say, when it may have happened, and how it moves from state to state.

pub mod id;
pub mod image;
pub mod image_key;
pub mod impact;
pub mod import;
pub mod log;
pub mod moment;
pub mod payload;

/// Where a log lives: no row is reached without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The tenant.
    pub family_id: i64,
    /// The program within it.
    pub program_id: i64,
}

/// Something wrong with what was sent, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The path of the field.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Fault {
    /// Names what is wrong with a field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}
