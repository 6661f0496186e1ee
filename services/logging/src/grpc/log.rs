//! Single logs.

use backends::Action;
use chassis::{Call, Error, call, page, time};
use prost::{Message, Name};
use proto::logging::v1 as wire;
use tonic::Request;

use super::{Logging, entry, payload};
use crate::clients::programs::Write;
use crate::domain::image::{Image, ImageStatus};
use crate::domain::log::{Revision, Status};
use crate::domain::payload::{Flag, Payload};
use crate::error;
use crate::journal::{self, Answer};

impl Logging {
    pub(super) async fn create(
        &self,
        request: Request<wire::CreateLogRequest>,
    ) -> Result<wire::CreateLogResponse, Error> {
        let call = call::user(request)?;
        let program = self.programs.authorize::<Write>(call.caller, call.message.program_id).await?;
        let request = of(&call);
        let entry = entry::decode(call.message, &program, self.clock.now())?;
        self.journal.enter(request, &program, entry).await
    }

    pub(super) async fn get(&self, request: Request<wire::GetLogRequest>) -> Result<wire::Log, Error> {
        let call = call::user(request)?;
        let wire::GetLogRequest { log_id, program_id } = call.message;
        let (program, log, _) = self.look_up(call.caller, log_id, program_id).await?;
        let image = self.store.image(program.scope(), log.log_id).await?;
        Ok(encode(log, image))
    }

    pub(super) async fn revisions(
        &self,
        request: Request<wire::ListRevisionsRequest>,
    ) -> Result<wire::ListRevisionsResponse, Error> {
        let call = call::user(request)?;
        let wire::ListRevisionsRequest { log_id, limit, cursor, program_id } = call.message;
        let (program, _, archived) = self.look_up(call.caller, log_id, program_id).await?;
        let query = format!("revisions:{}:{log_id}", call.caller.id);
        let (before, limit) = (page::decode::<i32>(&query, &cursor)?, page::limit(limit));
        let found = match archived.is_empty() {
            true => self.store.revisions(program.scope(), log_id, before, limit + 1).await?,
            false => {
                let follow = |log: &Revision| before.is_none_or(|before| log.revision < before);
                archived.into_iter().filter(follow).collect()
            }
        };
        let (revisions, has_more) = page::cut(found, limit);
        let last = revisions.last().filter(|_| has_more);
        let next_cursor = last.map(|last| page::encode(&query, &last.revision));
        let image = self.store.image(program.scope(), log_id).await?;
        let data = revisions.into_iter().map(|log| encode(log, image.clone())).collect();
        Ok(wire::ListRevisionsResponse { data, pagination: Some(wire::Pagination { next_cursor, has_more }) })
    }

    pub(super) async fn amend(
        &self,
        request: Request<wire::AmendLogRequest>,
    ) -> Result<wire::AmendLogResponse, Error> {
        let call = call::user(request)?;
        let (program, log) = self.find::<Write>(call.caller, call.message.log_id).await?;
        let request = of(&call);
        let payload = call.message.payload.map(Payload::from).ok_or_else(payload::missing)?;
        payload.check().map_err(error::Error::from)?;
        let amend = |log: &Revision, by| log.amended(payload, by).map_err(error::Error::from);
        self.journal.revise(&request, &program, log.log_id, Action::Amend, amend).await
    }

    pub(super) async fn verify(
        &self,
        request: Request<wire::VerifyLogRequest>,
    ) -> Result<wire::VerifyLogResponse, Error> {
        let call = call::user(request)?;
        let (program, log) = self.find::<Write>(call.caller, call.message.log_id).await?;
        let verify = |log: &Revision, by| log.verified(by).map_err(error::Error::from);
        self.journal.revise(&of(&call), &program, log.log_id, Action::Verify, verify).await
    }
}

fn of<M: Message + Name>(call: &Call<M>) -> journal::Request {
    journal::Request { key: call.key(), actor: call.actor() }
}

impl Answer for wire::CreateLogResponse {
    fn of(log: &Revision) -> Self {
        Self {
            id: log.log_id,
            status: status(log.status).into(),
            adherence_impact: None,
            flags: flags(&log.payload),
        }
    }

    fn revision(&self) -> i32 {
        1
    }

    fn with_impact(self, adherence_impact: Option<String>) -> Self {
        Self { adherence_impact, ..self }
    }
}

impl Answer for wire::AmendLogResponse {
    fn of(log: &Revision) -> Self {
        Self {
            id: log.log_id,
            status: status(log.status).into(),
            revision: log.revision,
            adherence_impact: None,
            flags: flags(&log.payload),
        }
    }

    fn revision(&self) -> i32 {
        self.revision
    }

    fn with_impact(self, adherence_impact: Option<String>) -> Self {
        Self { adherence_impact, ..self }
    }
}

impl Answer for wire::VerifyLogResponse {
    fn of(log: &Revision) -> Self {
        Self { id: log.log_id, status: status(log.status).into(), revision: log.revision }
    }

    fn revision(&self) -> i32 {
        self.revision
    }

    /// What a person confirms was counted already.
    fn with_impact(self, _: Option<String>) -> Self {
        self
    }
}

/// A log as the contract writes it.
pub fn encode(log: Revision, image: Option<Image>) -> wire::Log {
    wire::Log {
        id: log.log_id,
        program_id: log.scope.program_id,
        status: status(log.status).into(),
        is_verified: log.status == Status::Verified,
        timestamp: Some(time::timestamp(log.moment.timestamp)),
        local_date: log.moment.local_date.to_string(),
        utc_offset_minutes: log.moment.utc_offset_minutes,
        revision: log.revision,
        author_id: log.by.author_id,
        recorded_at: Some(time::timestamp(log.by.recorded_at)),
        flags: flags(&log.payload),
        payload: Some(log.payload.into()),
        image: image.map(encode_image),
    }
}

fn encode_image(image: Image) -> wire::Image {
    let status = match image.status {
        ImageStatus::Pending => wire::ImageStatus::Pending,
        ImageStatus::Completed => wire::ImageStatus::Completed,
        ImageStatus::Failed => wire::ImageStatus::Failed,
    };
    wire::Image { processing_status: status.into(), failure_reason: image.failure_reason }
}

fn status(status: Status) -> wire::LogStatus {
    match status {
        Status::Verified => wire::LogStatus::Verified,
        Status::Processing => wire::LogStatus::Processing,
        Status::Completed => wire::LogStatus::Completed,
        Status::Failed => wire::LogStatus::Failed,
    }
}

fn flags(payload: &Payload) -> Vec<wire::Flag> {
    let flag = |Flag { field, message }| wire::Flag { field, message };
    payload.flags().into_iter().map(flag).collect()
}
