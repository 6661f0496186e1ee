//! Program as its callers see it.

pub mod encode;
mod import;
mod record;

use chassis::trusted::Told;
use chassis::{Error, call, fields, page};
use chrono::{DateTime, Utc};
use proto::program::v1::program_service_server::ProgramService;
use proto::program::v1::*;
use tonic::{Request, Response, Status};

use crate::access::{Access, Action as May};
use crate::domain::config::decisive;
use crate::domain::goals::Goals as Checked;
use crate::domain::program::Step;
use crate::planning::Planning;
use crate::store::Store;

/// The gRPC service.
pub struct Service {
    store: Store,
    access: Access,
    planning: Planning,
}

impl Service {
    /// The service over its parts.
    pub fn new(store: Store, access: Access, planning: Planning) -> Self {
        Self { store, access, planning }
    }
}

#[tonic::async_trait]
impl ProgramService for Service {
    async fn create_program(
        &self,
        request: Request<CreateProgramRequest>,
    ) -> Result<Response<Program>, Status> {
        let call = call::user(request)?;
        let member = self.access.member(call.caller.id, call.message.member_id, May::Write).await?;
        Ok(Response::new(self.planning.create(&call, member).await?))
    }

    async fn list_programs(
        &self,
        request: Request<ListProgramsRequest>,
    ) -> Result<Response<ListProgramsResponse>, Status> {
        let call = call::user(request)?;
        let ListProgramsRequest { member_id, limit, cursor } = &call.message;
        let members = match *member_id {
            0 => self.access.members(call.caller.id).await?,
            one => vec![self.access.member(call.caller.id, one, May::Read).await?],
        };
        let scope = format!("programs:{}:{member_id}", call.caller.id);
        let after = page::decode::<(DateTime<Utc>, i64)>(&scope, cursor)?;
        let limit = page::limit(*limit);
        let (programs, has_more) = page::cut(self.store.programs(&members, after, limit + 1).await?, limit);
        let last = programs.last().filter(|_| has_more);
        let next_cursor = last.map(|program| page::encode(&scope, &(program.created_at, program.id)));
        let data = programs.iter().filter_map(|program| {
            let member = members.iter().find(|member| member.member_id() == program.member_id)?;
            Some(encode::program(program, member.today()))
        });
        let pagination = Some(Pagination { next_cursor, has_more });
        Ok(Response::new(ListProgramsResponse { data: data.collect(), pagination }))
    }

    async fn get_program(&self, request: Request<GetProgramRequest>) -> Result<Response<Program>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id, May::Read).await?;
        Ok(Response::new(encode::program(program.program(), program.today())))
    }

    async fn update_program(
        &self,
        request: Request<UpdateProgramRequest>,
    ) -> Result<Response<Program>, Status> {
        let call = call::user(request)?;
        let UpdateProgramRequest { program_id, title, update_mask } = &call.message;
        let program = self.access.program(call.caller.id, *program_id, May::Write).await?;
        fields::mask(update_mask.as_ref(), &[("title", title.is_some())])?;
        let title = title.as_deref().unwrap_or_default();
        Ok(Response::new(self.planning.rename(&call, program, title).await?))
    }

    async fn delete_program(
        &self,
        request: Request<DeleteProgramRequest>,
    ) -> Result<Response<DeleteProgramResponse>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id, May::Write).await?;
        self.planning.delete(&call.actor(), program, call.message.erase).await?;
        Ok(Response::new(DeleteProgramResponse {}))
    }

    async fn restore_program(
        &self,
        request: Request<RestoreProgramRequest>,
    ) -> Result<Response<Program>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id, May::Restore).await?;
        Ok(Response::new(self.planning.restore(&call, program).await?))
    }

    async fn pause_program(
        &self,
        request: Request<PauseProgramRequest>,
    ) -> Result<Response<Program>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id, May::Write).await?;
        Ok(Response::new(self.planning.take(&call, program, Step::Pause).await?))
    }

    async fn resume_program(
        &self,
        request: Request<ResumeProgramRequest>,
    ) -> Result<Response<Program>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id, May::Write).await?;
        Ok(Response::new(self.planning.take(&call, program, Step::Resume).await?))
    }

    async fn complete_program(
        &self,
        request: Request<CompleteProgramRequest>,
    ) -> Result<Response<Program>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id, May::Write).await?;
        Ok(Response::new(self.planning.take(&call, program, Step::Complete).await?))
    }

    async fn get_config(&self, request: Request<GetConfigRequest>) -> Result<Response<Config>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id, May::Read).await?;
        let configs = self.store.configs(program.program()).await?;
        Ok(Response::new(encode::config_in_force(&program, configs)))
    }

    async fn replace_config(
        &self,
        request: Request<ReplaceConfigRequest>,
    ) -> Result<Response<Config>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id, May::Write).await?;
        let ReplaceConfigRequest { nutrition_goals, strength_goals, clinical_goals, phases, .. } =
            call.message.clone();
        let goals = Goals { nutrition_goals, strength_goals, clinical_goals, phases };
        let goals = Checked::read(&goals, "").map_err(Error::invalid_fields)?;
        Ok(Response::new(self.planning.replace_config(&call, program, goals).await?))
    }

    async fn authorize_program(
        &self,
        request: Request<AuthorizeProgramRequest>,
    ) -> Result<Response<AuthorizeProgramResponse>, Status> {
        let message = call::internal(request)?;
        let action = if message.action() == Action::Write { May::Write } else { May::Read };
        let program = self.access.program(message.user_id, message.program_id, action).await?;
        Ok(Response::new(encode::authorized(&program)))
    }

    async fn get_plan(&self, request: Request<GetPlanRequest>) -> Result<Response<Plan>, Status> {
        let message = call::internal(request)?;
        let program = self.store.program(message.program_id).await?;
        let program = program.ok_or_else(|| Error::not_found("there is no such program"))?;
        // the version was read first: what follows is at least as new, and never older than the version says
        let pauses = self.store.pauses(&program).await?;
        let configs = decisive(self.store.configs(&program).await?);
        Ok(Response::new(encode::plan(&program, &pauses, &configs)))
    }

    async fn list_program_records(
        &self,
        request: Request<ListProgramRecordsRequest>,
    ) -> Result<Response<ListProgramRecordsResponse>, Status> {
        Ok(Response::new(self.records(call::internal(request)?).await?))
    }

    async fn import_programs(
        &self,
        request: Request<ImportProgramsRequest>,
    ) -> Result<Response<ImportProgramsResponse>, Status> {
        let call = call::on_behalf(request, |message: &ImportProgramsRequest| message.user_id)?;
        Ok(Response::new(self.import(call).await?))
    }

    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let Told { last, families, forget } = self.store.db().changes(call::internal(request)?.after).await?;
        Ok(Response::new(ListChangesResponse { last, family_ids: families, forget }))
    }

    async fn list_audit(
        &self,
        request: Request<ListAuditRequest>,
    ) -> Result<Response<ListAuditResponse>, Status> {
        let query = call::internal(request)?.query.unwrap_or_default();
        let lines = self.store.db().audit_page(&query.try_into()?).await?;
        Ok(Response::new(ListAuditResponse {
            entries: lines.into_iter().map(|line| line.told_by("program")).collect(),
        }))
    }
}
