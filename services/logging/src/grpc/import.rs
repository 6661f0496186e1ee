//! A member with its record, as the document of an export has it.

use chassis::{Error, User, call, time};
use chrono::{DateTime, NaiveDate, Utc};
use prost::Message;
use proto::family::v1 as family;
use proto::logging::v1 as wire;
use proto::program::v1 as program;
use tonic::Request;

use super::Logging;
use crate::domain::image::ImageStatus;
use crate::domain::import::{Imported, Photo, Said, Told};
use crate::domain::log::{NOBODY, Status};
use crate::domain::payload::Payload;
use crate::error;
use crate::import::Record;
use crate::journal;

impl Logging {
    pub(super) async fn import(
        &self,
        request: Request<wire::ImportMemberRequest>,
    ) -> Result<wire::ImportMemberResponse, Error> {
        let call = call::user(request)?;
        let request = journal::Request { key: call.key(), actor: call.actor() };
        let record = record(call.message, call.caller, self.clock.now())?;
        self.importer.import(call.caller, &request, record).await
    }
}

/// Reads a document: the member and the programs as others will judge them, and the logs.
fn record(document: wire::ImportMemberRequest, importer: User, now: DateTime<Utc>) -> Result<Record, Error> {
    let member = document.member.unwrap_or_default();
    let (mut programs, mut logs) = (Vec::new(), Vec::new());
    for (n, mut recorded) in document.programs.into_iter().enumerate() {
        let within = |error: Error| error.map_fields(|field| format!("programs[{n}].{field}"));
        let start = time::date("start_date", &recorded.start_date).map_err(within)?;
        logs.push(self::logs(std::mem::take(&mut recorded.logs), start, importer, now).map_err(within)?);
        programs.push(program(recorded)?);
    }
    Ok(Record {
        created_at: member.created_at,
        member: family::CreateMemberRequest {
            name: member.name,
            birth_date: member.birth_date,
            relation_type: member.relation_type,
            time_zone: Some(member.time_zone),
            leaderboard_opt_in: member.leaderboard_opt_in,
        },
        programs,
        logs,
    })
}

fn program(recorded: wire::RecordedProgram) -> Result<program::ImportedProgram, Error> {
    let status = match recorded.status() {
        wire::ProgramStatus::Unspecified => program::Status::Unspecified,
        wire::ProgramStatus::Active => program::Status::Active,
        wire::ProgramStatus::Paused => program::Status::Paused,
        wire::ProgramStatus::Completed => program::Status::Completed,
    };
    let pause = |pause: wire::RecordedPause| program::Pause {
        from_date: pause.from_date,
        resume_date: pause.resume_date.unwrap_or_default(),
    };
    // the two contracts number their goals alike
    let config = |config: wire::RecordedConfig| program::Config::decode(config.encode_to_vec().as_slice());
    Ok(program::ImportedProgram {
        title: recorded.title,
        start_date: recorded.start_date,
        end_date: recorded.end_date,
        status: status.into(),
        created_at: recorded.created_at,
        pauses: recorded.pauses.into_iter().map(pause).collect(),
        configs: recorded
            .configs
            .into_iter()
            .map(config)
            .collect::<Result<_, _>>()
            .map_err(Error::internal)?,
    })
}

fn logs(
    logs: Vec<wire::RecordedLog>,
    program_start: NaiveDate,
    importer: User,
    now: DateTime<Utc>,
) -> Result<Vec<Imported>, Error> {
    let read = |(n, log)| {
        let told = told(log, now);
        let log = told.and_then(|told| {
            Imported::read(told, program_start, importer.id)
                .map_err(|faults| error::Error::from(faults).into())
        });
        log.map_err(|error: Error| error.map_fields(|field| format!("logs[{n}].{field}")))
    };
    logs.into_iter().enumerate().map(read).collect()
}

fn told(log: wire::RecordedLog, now: DateTime<Utc>) -> Result<Told, Error> {
    let timestamp = log.timestamp.unwrap_or_default();
    let revision = |(n, revision): (usize, wire::RecordedRevision)| {
        let within = |error: Error| error.map_fields(|field| format!("revisions[{n}].{field}"));
        said(n, revision, now).map_err(within)
    };
    Ok(Told {
        timestamp: time::past("timestamp", &timestamp, now)?,
        local_date: time::date("local_date", &log.local_date)?,
        utc_offset_minutes: log.utc_offset_minutes,
        photo: log.image.map(photo),
        revisions: log.revisions.into_iter().enumerate().map(revision).collect::<Result<_, _>>()?,
    })
}

fn said(n: usize, revision: wire::RecordedRevision, now: DateTime<Utc>) -> Result<Said, Error> {
    if usize::try_from(revision.revision).ok() != Some(n + 1) {
        return Err(Error::invalid("revision", "must count from 1"));
    }
    let status = match revision.status() {
        wire::LogStatus::Verified => Status::Verified,
        wire::LogStatus::Processing => Status::Processing,
        wire::LogStatus::Completed => Status::Completed,
        wire::LogStatus::Failed => Status::Failed,
        wire::LogStatus::Unspecified => return Err(Error::invalid("status", "must be given")),
    };
    Ok(Said {
        status,
        payload: revision.payload.map(Payload::from).ok_or_else(super::payload::missing)?,
        by_person: revision.author_id != NOBODY,
        recorded_at: time::past("recorded_at", &revision.recorded_at.unwrap_or_default(), now)?,
        time_zone: time::zone("time_zone", &revision.time_zone)?,
    })
}

fn photo(image: wire::RecordedImage) -> Photo {
    let status = match image.processing_status() {
        wire::ImageStatus::Completed => ImageStatus::Completed,
        wire::ImageStatus::Failed => ImageStatus::Failed,
        wire::ImageStatus::Pending | wire::ImageStatus::Unspecified => ImageStatus::Pending,
    };
    Photo { status, failure_reason: image.failure_reason, model: image.model }
}
