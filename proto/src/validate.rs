//! What the generated checks stand on.
//!
//! `build.rs` writes `impl Validate` for every message from the options of its fields, as Buf's protovalidate defines
//! them, and fails on an option it does not know. Beyond what is written at a field:
//!
//! - a `REQUIRED` text or list must not be empty, a message must be there, an enum must not be `…_UNSPECIFIED`;
//! - the rules of an `optional` field hold only when it is given, those of a plain one always;
//! - no number is infinite or NaN, no enum holds a value the contract does not define, and no text holds NUL, which
//!   PostgreSQL cannot store;
//! - messages are checked all the way down, except below a list that is too long.
//!
//! Messages say what is allowed, never what was sent.

use std::sync::LazyLock;

use prost_types::Timestamp;
use regex::Regex;

/// Most violations one answer tells: they travel in a gRPC trailer, which is no place for ten thousand.
const MOST: usize = 20;

/// One way in which a message breaks the rules of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where: the path of the field, such as `nutrition.items[1].name`.
    pub field: String,
    /// What is allowed there, such as `must be between 40 and 300`.
    pub message: String,
}

/// A message whose fields have rules.
pub trait Validate {
    /// Checks the message against the contract. Returns the first twenty violations, in the order of the fields.
    fn validate(&self) -> Result<(), Vec<Violation>> {
        let mut checker = Checker::default();
        self.check(&mut checker);
        if checker.violations.is_empty() { Ok(()) } else { Err(checker.violations) }
    }

    /// Checks the message as a part of a larger one.
    fn check(&self, checker: &mut Checker);
}

/// Gathers violations on the way through a message.
#[derive(Debug, Default)]
pub struct Checker {
    path: Vec<Step>,
    violations: Vec<Violation>,
}

/// One step of the way: a field, or an item of a list.
#[derive(Clone, Copy, Debug)]
pub struct Step(&'static str, Option<usize>);

impl From<&'static str> for Step {
    fn from(field: &'static str) -> Step {
        Step(field, None)
    }
}

impl From<(&'static str, usize)> for Step {
    fn from((field, index): (&'static str, usize)) -> Step {
        Step(field, Some(index))
    }
}

impl Checker {
    /// Notes that what stands at `at` breaks a rule.
    pub fn reject(&mut self, at: impl Into<Step>, message: &str) {
        if self.violations.len() < MOST {
            let steps: Vec<String> = self.path.iter().copied().chain([at.into()]).map(Step::text).collect();
            self.violations.push(Violation { field: steps.join("."), message: message.to_owned() });
        }
    }

    /// Checks the message that stands at `at`.
    pub fn message(&mut self, at: impl Into<Step>, message: &impl Validate) {
        self.path.push(at.into());
        message.check(self);
        self.path.pop();
    }
}

impl Step {
    fn text(self) -> String {
        match self {
            Step(field, None) => field.to_owned(),
            Step(field, Some(index)) => format!("{field}[{index}]"),
        }
    }
}

/// A pattern, compiled at its first use; `build.rs` has compiled each once, so that `None` does not come about.
type Pattern = LazyLock<Option<Regex>>;

fn matches(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Knows a timestamp that can be written down: the years 1 to 9999 (google/protobuf/timestamp.proto).
fn is_time(time: &Timestamp) -> bool {
    (-62_135_596_800..=253_402_300_799).contains(&time.seconds) && (0..=999_999_999).contains(&time.nanos)
}

fn has_nul(text: &str) -> bool {
    text.contains('\0')
}

fn has_duplicates<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().any(|(index, item)| items[..index].contains(item))
}

/// Knows an e-mail address as a browser's form does (HTML, section "valid e-mail address").
fn is_email(text: &str) -> bool {
    static EMAIL: Pattern = Pattern::new(|| {
        let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
        Regex::new(&format!(r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{label}(?:\.{label})*$")).ok()
    });
    matches(&EMAIL, text)
}

#[allow(unused, clippy::all)]
mod generated {
    use super::{Checker, Pattern, Validate, has_duplicates, has_nul, is_email, is_time, matches};

    include!(concat!(env!("OUT_DIR"), "/validate.rs"));
}
