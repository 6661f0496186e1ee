//! What a copy can be written as.

use chrono::{DateTime, Utc};
use proto::audit::v1::Entry;
use proto::family::v1::{GrantRecord, Member};
use proto::program::v1::ProgramRecord;

use super::record::LogRecord;

/// A part of a copy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The programs, each followed by its logs.
    Programs,
    /// Who may look.
    Grants,
    /// Who did.
    Trail,
}

/// Writes a document from its beginning to its end, each part to the end of `out`.
pub trait Document: Send + Sync {
    /// The content type.
    fn media_type(&self) -> &'static str;
    /// The beginning.
    fn begin(&mut self, out: &mut Vec<u8>, member: &Member, at: DateTime<Utc>);
    /// The beginning of a section, which ends the one before.
    fn enter(&mut self, out: &mut Vec<u8>, section: Section);
    /// A program, without its logs.
    fn program(&mut self, out: &mut Vec<u8>, record: &ProgramRecord);
    /// A log of the last program.
    fn log(&mut self, out: &mut Vec<u8>, record: &LogRecord);
    /// A grant.
    fn grant(&mut self, out: &mut Vec<u8>, record: &GrantRecord);
    /// An entry of the audit trail.
    fn entry(&mut self, out: &mut Vec<u8>, entry: &Entry);
    /// The end.
    fn end(&mut self, out: &mut Vec<u8>);
}
