//! The service at its door: each method decodes and checks, authorizes, calls, and encodes.

use std::sync::Arc;

use backends::Objects;
use chassis::clock::Clock;
use chassis::{Error, User};
use proto::google::api::HttpBody;
use proto::logging::v1 as wire;
use proto::logging::v1::logging_service_server::LoggingService;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::clients::families::Families;
use crate::clients::programs::{AuthorizedProgram, Permission, Programs, Read};
use crate::config::Config;
use crate::domain::log::Revision;
use crate::export::Exporter;
use crate::import::Importer;
use crate::journal::{Journal, LOG};
use crate::store::Store;
use crate::trail::Trail;

mod audit;
mod entry;
mod export;
mod history;
mod image;
mod import;
mod log;
mod payload;

/// The logging service.
pub struct Logging {
    pub(crate) store: Store,
    pub(crate) journal: Arc<Journal>,
    pub(crate) programs: Programs,
    pub(crate) families: Families,
    pub(crate) trail: Trail,
    pub(crate) exporter: Exporter,
    pub(crate) importer: Importer,
    pub(crate) objects: Objects,
    pub(crate) clock: Clock,
    pub(crate) config: Config,
}

impl Logging {
    /// A log as it stands, with the permission to do with it what `P` says. One that is foreign, absent, or of a kind the
    /// caller may not reach is denied alike.
    async fn find<P: Permission>(
        &self,
        user: User,
        log_id: i64,
    ) -> Result<(AuthorizedProgram<P>, Revision), Error> {
        let scope = self.store.locate(log_id).await?.ok_or_else(Error::denied)?;
        let program = self.programs.authorize_for(user, scope.program_id, (LOG, log_id)).await?;
        let log = self.store.current(program.scope(), log_id).await?.ok_or_else(Error::denied)?;
        program.reach(log.payload.log_type())?;
        Ok((program, log))
    }

    /// The same to look at, also in the archive, where a log is found by its program; with all its revisions from there, the
    /// newest first.
    async fn look_up(
        &self,
        user: User,
        log_id: i64,
        program_id: i64,
    ) -> Result<(AuthorizedProgram<Read>, Revision, Vec<Revision>), Error> {
        if program_id == 0 || self.store.locate(log_id).await?.is_some() {
            let (program, log) = self.find::<Read>(user, log_id).await?;
            return Ok((program, log, Vec::new()));
        }
        let program = self.programs.authorize_for(user, program_id, (LOG, log_id)).await?;
        let archived = self.store.archived_log(program.scope(), log_id).await?;
        let log = archived.first().cloned().ok_or_else(Error::denied)?;
        program.reach(log.payload.log_type())?;
        Ok((program, log, archived))
    }
}

#[tonic::async_trait]
impl LoggingService for Logging {
    async fn create_log(
        &self,
        request: Request<wire::CreateLogRequest>,
    ) -> Result<Response<wire::CreateLogResponse>, Status> {
        Ok(Response::new(self.create(request).await?))
    }

    async fn list_revisions(
        &self,
        request: Request<wire::ListRevisionsRequest>,
    ) -> Result<Response<wire::ListRevisionsResponse>, Status> {
        Ok(Response::new(self.revisions(request).await?))
    }

    async fn get_log(&self, request: Request<wire::GetLogRequest>) -> Result<Response<wire::Log>, Status> {
        Ok(Response::new(self.get(request).await?))
    }

    async fn amend_log(
        &self,
        request: Request<wire::AmendLogRequest>,
    ) -> Result<Response<wire::AmendLogResponse>, Status> {
        Ok(Response::new(self.amend(request).await?))
    }

    async fn verify_log(
        &self,
        request: Request<wire::VerifyLogRequest>,
    ) -> Result<Response<wire::VerifyLogResponse>, Status> {
        Ok(Response::new(self.verify(request).await?))
    }

    async fn get_log_image(
        &self,
        request: Request<wire::GetLogImageRequest>,
    ) -> Result<Response<wire::LogImage>, Status> {
        Ok(Response::new(self.link_to_image(request).await?))
    }

    async fn list_history(
        &self,
        request: Request<wire::ListHistoryRequest>,
    ) -> Result<Response<wire::ListHistoryResponse>, Status> {
        Ok(Response::new(self.history(request).await?))
    }

    async fn create_upload(
        &self,
        request: Request<wire::CreateUploadRequest>,
    ) -> Result<Response<wire::Upload>, Status> {
        Ok(Response::new(self.upload(request).await?))
    }

    async fn list_audit_trail(
        &self,
        request: Request<wire::ListAuditTrailRequest>,
    ) -> Result<Response<wire::ListAuditTrailResponse>, Status> {
        Ok(Response::new(self.audit_trail(request).await?))
    }

    type ExportMemberStream = ReceiverStream<Result<HttpBody, Status>>;

    async fn export_member(
        &self,
        request: Request<wire::ExportMemberRequest>,
    ) -> Result<Response<Self::ExportMemberStream>, Status> {
        Ok(Response::new(ReceiverStream::new(self.export(request).await?)))
    }

    async fn import_member(
        &self,
        request: Request<wire::ImportMemberRequest>,
    ) -> Result<Response<wire::ImportMemberResponse>, Status> {
        Ok(Response::new(self.import(request).await?))
    }
}
