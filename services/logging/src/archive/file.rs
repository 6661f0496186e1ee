//! One file: row groups of whole programs, compressed by zstd, with statistics by which a reader passes over other families.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use chassis::Error;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedFileWriter;
use parquet::record::{RecordReader, RecordWriter};
use parquet::schema::parser::parse_message_type;

use super::row::{Row, SCHEMA, model};
use crate::domain::Scope;
use crate::store::entity::daily_log::Model;

/// How many revisions a row group has, give or take a program's. Small, since a reader decodes it whole.
const GROUP: usize = 8_192;
/// A program cannot make a group grow beyond this.
const MOST_IN_GROUP: usize = 4 * GROUP;

/// What a file says, by its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The first family and the last.
    pub families: (i64, i64),
    /// How many rows.
    pub revisions: i64,
    /// SHA-256 over the rows, in hexadecimal.
    pub sha256: String,
}

/// Writes a file in memory.
pub struct Writer {
    inner: SerializedFileWriter<Vec<u8>>,
    group: Vec<Row>,
    sum: Sum,
}

impl Writer {
    /// Begins a file.
    pub fn new() -> Result<Self, Error> {
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(fault)?);
        let level = ZstdLevel::try_new(3).map_err(fault)?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
        let inner = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).map_err(fault)?;
        Ok(Self { inner, group: Vec::new(), sum: Sum::new() })
    }

    /// Adds a row; rows come in the order of their key.
    pub fn add(&mut self, row: Row) -> Result<(), Error> {
        let goes_on = self.group.last().is_some_and(|last| last.program_id == row.program_id);
        if self.group.len() >= MOST_IN_GROUP || self.group.len() >= GROUP && !goes_on {
            self.end_group()?;
        }
        self.sum.add(&row)?;
        self.group.push(row);
        Ok(())
    }

    /// How many bytes there are already, without the group that is being filled.
    pub fn bytes(&self) -> usize {
        self.inner.bytes_written()
    }

    pub fn is_empty(&self) -> bool {
        self.sum.revisions == 0
    }

    /// Ends the file.
    pub fn close(mut self) -> Result<(Facts, Bytes), Error> {
        self.end_group()?;
        let content = self.inner.into_inner().map_err(fault)?;
        Ok((self.sum.facts(), content.into()))
    }

    fn end_group(&mut self) -> Result<(), Error> {
        if self.group.is_empty() {
            return Ok(());
        }
        let mut group = self.inner.next_row_group().map_err(fault)?;
        self.group.as_slice().write_to_row_group(&mut group).map_err(fault)?;
        group.close().map_err(fault)?;
        self.group.clear();
        Ok(())
    }
}

impl Facts {
    /// Reads a whole file.
    pub fn of(content: Bytes) -> Result<Self, Error> {
        let mut sum = Sum::new();
        groups(content, |_| true, |row| sum.add(&row))?;
        Ok(sum.facts())
    }
}

/// What to read from a file.
pub struct Rows {
    /// Of which program.
    pub scope: Scope,
}

/// The revisions of a program in a file. Takes a while: not for an async thread.
pub fn read(content: Bytes, Rows { scope }: Rows) -> Result<Vec<Model>, Error> {
    let mut found = Vec::new();
    let take = |row: Row| {
        if (row.family_id, row.program_id) == (scope.family_id, scope.program_id) {
            found.push(model(row).ok_or_else(|| Error::internal("a row of the archive cannot be read"))?);
        }
        Ok(())
    };
    groups(content, |group| may_hold(group, scope.family_id), take)?;
    Ok(found)
}

/// A file without a program.
pub struct Without {
    /// What it says now.
    pub facts: Facts,
    /// The file.
    pub content: Bytes,
    /// How many revisions it has lost.
    pub removed: u64,
    /// Of which logs.
    pub log_ids: BTreeSet<i64>,
}

/// Writes a file anew without the revisions of a program. Takes a while: not for an async thread.
pub fn without(content: Bytes, scope: Scope) -> Result<Without, Error> {
    let (mut writer, mut removed, mut log_ids) = (Writer::new()?, 0, BTreeSet::new());
    groups(
        content,
        |_| true,
        |row| {
            if (row.family_id, row.program_id) != (scope.family_id, scope.program_id) {
                return writer.add(row);
            }
            removed += 1;
            log_ids.insert(row.id);
            Ok(())
        },
    )?;
    let (facts, content) = writer.close()?;
    Ok(Without { facts, content, removed, log_ids })
}

fn may_hold(group: &RowGroupMetaData, family_id: i64) -> bool {
    match group.column(0).statistics() {
        Some(Statistics::Int64(families)) => {
            families.min_opt().is_none_or(|first| *first <= family_id)
                && families.max_opt().is_none_or(|last| family_id <= *last)
        }
        _ => true,
    }
}

fn groups(
    content: Bytes,
    wanted: impl Fn(&RowGroupMetaData) -> bool,
    mut take: impl FnMut(Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let file = SerializedFileReader::new(content).map_err(fault)?;
    for n in 0..file.num_row_groups() {
        let metadata = file.metadata().row_group(n);
        if !wanted(metadata) {
            continue;
        }
        let count = usize::try_from(metadata.num_rows()).map_err(Error::internal)?;
        let mut rows: Vec<Row> = Vec::with_capacity(count);
        let mut group = file.get_row_group(n).map_err(fault)?;
        rows.read_from_row_group(group.as_mut(), count).map_err(fault)?;
        rows.into_iter().try_for_each(&mut take)?;
    }
    Ok(())
}

/// Sums rows up.
struct Sum {
    families: Option<(i64, i64)>,
    revisions: i64,
    digest: Context,
}

impl Sum {
    fn new() -> Self {
        Self { families: None, revisions: 0, digest: Context::new(&SHA256) }
    }

    fn add(&mut self, row: &Row) -> Result<(), Error> {
        let first = self.families.map_or(row.family_id, |(first, _)| first);
        self.families = Some((first, row.family_id));
        self.revisions += 1;
        // one line of JSON a row: what stands on a line cannot run over into the next
        self.digest.update(&serde_json::to_vec(row).map_err(Error::internal)?);
        self.digest.update(b"\n");
        Ok(())
    }

    fn facts(self) -> Facts {
        let digest = self.digest.finish();
        let sha256 = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Facts { families: self.families.unwrap_or_default(), revisions: self.revisions, sha256 }
    }
}

/// The library's words tell of pages and columns, never of values; yet only their kind is passed on.
fn fault(error: ParquetError) -> Error {
    let kind = match error {
        ParquetError::General(_) => "general",
        ParquetError::EOF(_) => "ends too early",
        _ => "other",
    };
    Error::internal(format!("parquet: {kind}"))
}
