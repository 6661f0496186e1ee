//! What somebody finds who looks at a server before, or instead of, starting a process on it.
//!
//! Each adapter that stands on a server has looks of its own beside it (`checkup` in `db`, `queue`, `cache` and `objects`). They change
//! nothing that stays, and what they say never holds a URL, a password or health data.

use chassis::Error;

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and should be mended before it does not.
    Warning,
    /// It does not work.
    Problem,
}

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it ended.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// What to do about it; empty when all is well.
    pub remedy: String,
}

impl Finding {
    /// All is well.
    pub fn ok(what: impl Into<String>) -> Self {
        Self { level: Level::Ok, what: what.into(), remedy: String::new() }
    }

    /// It should be mended.
    pub fn warning(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Warning, what: what.into(), remedy: remedy.into() }
    }

    /// It must be mended.
    pub fn problem(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level: Level::Problem, what: what.into(), remedy: remedy.into() }
    }

    /// A look that could not be had, with its cause, which whoever runs the house may read.
    pub fn failed(doing: &str, error: &Error, remedy: impl Into<String>) -> Self {
        Self::problem(format!("{doing}: {}", error.explained()), remedy)
    }
}
