//! One revision as a row of a file.

use chrono::DateTime;
use parquet_derive::{ParquetRecordReader, ParquetRecordWriter};
use serde::Serialize;

use crate::store::entity::daily_log::Model;

/// The columns, by the names and in the order of the table, kind and status by their letters too. The payload is whole, as JSON.
pub const SCHEMA: &str = "message daily_logs {
    REQUIRED INT64 family_id;
    REQUIRED INT64 program_id;
    REQUIRED INT64 timestamp (TIMESTAMP(MICROS,true));
    REQUIRED INT64 id;
    REQUIRED INT32 revision;
    REQUIRED BYTE_ARRAY log_type (UTF8);
    REQUIRED BYTE_ARRAY status (UTF8);
    REQUIRED BOOLEAN is_verified;
    REQUIRED BYTE_ARRAY payload (JSON);
    REQUIRED INT32 utc_offset_minutes;
    REQUIRED BYTE_ARRAY time_zone (UTF8);
    REQUIRED INT64 author_id;
    REQUIRED BOOLEAN current;
    REQUIRED INT32 plan_version;
    REQUIRED INT64 recorded_at (TIMESTAMP(MICROS,true));
}";

/// The fields, in the order of [`SCHEMA`]. Without `Debug`, since it holds health data.
#[derive(Clone, Default, Serialize, ParquetRecordWriter, ParquetRecordReader)]
pub struct Row {
    pub family_id: i64,
    pub program_id: i64,
    pub timestamp: i64,
    pub id: i64,
    pub revision: i32,
    pub log_type: String,
    pub status: String,
    pub is_verified: bool,
    pub payload: String,
    pub utc_offset_minutes: i32,
    pub time_zone: String,
    pub author_id: i64,
    pub current: bool,
    pub plan_version: i32,
    pub recorded_at: i64,
}

impl From<Model> for Row {
    fn from(model: Model) -> Self {
        Self {
            family_id: model.family_id,
            program_id: model.program_id,
            timestamp: model.timestamp.timestamp_micros(),
            id: model.id,
            revision: model.revision,
            log_type: model.log_type,
            status: model.status,
            is_verified: model.is_verified,
            payload: model.payload.to_string(),
            utc_offset_minutes: model.utc_offset_minutes.into(),
            time_zone: model.time_zone,
            author_id: model.author_id,
            current: model.current,
            plan_version: model.plan_version,
            recorded_at: model.recorded_at.timestamp_micros(),
        }
    }
}

/// The revision again; none when the row cannot be one.
pub fn model(row: Row) -> Option<Model> {
    Some(Model {
        family_id: row.family_id,
        program_id: row.program_id,
        timestamp: DateTime::from_timestamp_micros(row.timestamp)?,
        id: row.id,
        revision: row.revision,
        log_type: row.log_type,
        status: row.status,
        is_verified: row.is_verified,
        payload: serde_json::from_str(&row.payload).ok()?,
        utc_offset_minutes: row.utc_offset_minutes.try_into().ok()?,
        time_zone: row.time_zone,
        author_id: row.author_id,
        current: row.current,
        plan_version: row.plan_version,
        recorded_at: DateTime::from_timestamp_micros(row.recorded_at)?,
    })
}
