//! Stand-ins for program and family: they know what a test has told them.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use chassis::Error;
use proto::family::v1 as family;
use proto::family::v1::family_service_server::FamilyService;
use proto::program::v1 as program;
use proto::program::v1::program_service_server::ProgramService;
use tonic::{Request, Response, Status};

/// The manager of the family, somebody of another one, and a doctor who may read check-ins.
pub const MANAGER: i64 = 5;
pub const STRANGER: i64 = 6;
pub const DOCTOR: i64 = 7;
pub const FAMILY: i64 = 1;
/// Where every member lives: five and a half hours ahead.
pub const ZONE: &str = "Asia/Kolkata";

/// Program, as far as adherence knows it.
#[derive(Clone, Default)]
pub struct Programs(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    plans: HashMap<i64, program::Plan>,
    withdrawn: bool,
    away: bool,
    plans_told: usize,
}

impl Programs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Puts a plan in place of the one there was.
    pub fn set(&self, plan: program::Plan) {
        self.state().plans.insert(plan.program_id, plan);
    }

    /// Changes a plan, which raises its version.
    pub fn change(&self, program_id: i64, change: impl FnOnce(&mut program::Plan)) {
        let mut state = self.state();
        let plan = state.plans.get_mut(&program_id).unwrap();
        plan.version += 1;
        change(plan);
    }

    /// Withdraws the doctor's grant.
    pub fn withdraw(&self) {
        self.state().withdrawn = true;
    }

    /// From now on nobody tells a plan, or somebody does again.
    pub fn set_away(&self, away: bool) {
        self.state().away = away;
    }

    /// How often a plan was told.
    pub fn plans_told(&self) -> usize {
        self.state().plans_told
    }
}

/// Methods that nobody calls here.
macro_rules! never {
    ($($method:ident: $request:ty => $response:ty),* $(,)?) => {$(
        fn $method<'a, 'b>(
            &'a self,
            _: Request<$request>,
        ) -> Pin<Box<dyn Future<Output = Result<Response<$response>, Status>> + Send + 'b>>
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(async { Err(Status::unimplemented(stringify!($method))) })
        }
    )*};
}

#[tonic::async_trait]
impl ProgramService for Programs {
    async fn authorize_program(
        &self,
        request: Request<program::AuthorizeProgramRequest>,
    ) -> Result<Response<program::AuthorizeProgramResponse>, Status> {
        let asked = request.into_inner();
        let state = self.state();
        let plan =
            state.plans.get(&asked.program_id).filter(|plan| !plan.deleted).ok_or_else(Error::denied)?;
        let all = vec![program::LogType::Nutrition, program::LogType::Workout, program::LogType::Checkin];
        let (role, log_types) = match asked.user_id {
            MANAGER => (program::Role::FamilyManager, all),
            DOCTOR if !state.withdrawn => (program::Role::Doctor, vec![program::LogType::Checkin]),
            _ => return Err(Error::denied().into()),
        };
        Ok(Response::new(program::AuthorizeProgramResponse {
            family_id: plan.family_id,
            member_id: plan.member_id,
            role: role.into(),
            log_types: log_types.into_iter().map(Into::into).collect(),
            time_zone: ZONE.into(),
            start_date: plan.start_date.clone(),
            plan_version: plan.version,
        }))
    }

    async fn get_plan(
        &self,
        request: Request<program::GetPlanRequest>,
    ) -> Result<Response<program::Plan>, Status> {
        let mut state = self.state();
        if state.away {
            return Err(Error::unavailable("away").into());
        }
        state.plans_told += 1;
        let plan = state.plans.get(&request.into_inner().program_id).cloned();
        Ok(Response::new(plan.ok_or_else(|| Error::not_found("there is no such program"))?))
    }

    never! {
        create_program: program::CreateProgramRequest => program::Program,
        list_audit: program::ListAuditRequest => program::ListAuditResponse,
        list_changes: program::ListChangesRequest => program::ListChangesResponse,
        list_programs: program::ListProgramsRequest => program::ListProgramsResponse,
        get_program: program::GetProgramRequest => program::Program,
        update_program: program::UpdateProgramRequest => program::Program,
        delete_program: program::DeleteProgramRequest => program::DeleteProgramResponse,
        restore_program: program::RestoreProgramRequest => program::Program,
        pause_program: program::PauseProgramRequest => program::Program,
        resume_program: program::ResumeProgramRequest => program::Program,
        complete_program: program::CompleteProgramRequest => program::Program,
        get_config: program::GetConfigRequest => program::Config,
        replace_config: program::ReplaceConfigRequest => program::Config,
        list_program_records: program::ListProgramRecordsRequest => program::ListProgramRecordsResponse,
        import_programs: program::ImportProgramsRequest => program::ImportProgramsResponse,
    }
}

/// Family, as far as adherence knows it.
#[derive(Clone, Default)]
pub struct Household(Arc<Mutex<Vec<family::Member>>>);

impl Household {
    /// Adds a member of the manager's family.
    pub fn add(&self, id: i64, name: &str, leaderboard_opt_in: bool) {
        self.0.lock().unwrap().push(family::Member {
            id,
            family_id: FAMILY,
            name: name.into(),
            time_zone: ZONE.into(),
            leaderboard_opt_in,
            ..Default::default()
        });
    }
}

#[tonic::async_trait]
impl FamilyService for Household {
    async fn get_household(
        &self,
        request: Request<family::GetHouseholdRequest>,
    ) -> Result<Response<family::Household>, Status> {
        let members = self.0.lock().unwrap().clone();
        Ok(Response::new(match request.into_inner().user_id {
            MANAGER => family::Household { family_id: FAMILY, members, granted_members: Vec::new() },
            // others see the members by a grant, and have a family of their own
            other => {
                family::Household { family_id: other * 100, members: Vec::new(), granted_members: members }
            }
        }))
    }

    never! {
        get_family: family::GetFamilyRequest => family::Family,
        invite_manager: family::InviteManagerRequest => family::Invitation,
        list_family_invitations: family::ListFamilyInvitationsRequest => family::ListFamilyInvitationsResponse,
        withdraw_invitation: family::WithdrawInvitationRequest => family::WithdrawInvitationResponse,
        list_invitations: family::ListInvitationsRequest => family::ListInvitationsResponse,
        accept_invitation: family::AcceptInvitationRequest => family::Manager,
        decline_invitation: family::DeclineInvitationRequest => family::DeclineInvitationResponse,
        list_managers: family::ListManagersRequest => family::ListManagersResponse,
        remove_manager: family::RemoveManagerRequest => family::RemoveManagerResponse,
        create_member: family::CreateMemberRequest => family::Member,
        list_audit: family::ListAuditRequest => family::ListAuditResponse,
        list_changes: family::ListChangesRequest => family::ListChangesResponse,
        list_members: family::ListMembersRequest => family::ListMembersResponse,
        get_member: family::GetMemberRequest => family::Member,
        update_member: family::UpdateMemberRequest => family::Member,
        delete_member: family::DeleteMemberRequest => family::DeleteMemberResponse,
        restore_member: family::RestoreMemberRequest => family::Member,
        create_grant: family::CreateGrantRequest => family::Grant,
        list_grants: family::ListGrantsRequest => family::ListGrantsResponse,
        delete_grant: family::DeleteGrantRequest => family::DeleteGrantResponse,
        authorize_member: family::AuthorizeMemberRequest => family::AuthorizeMemberResponse,
        get_member_record: family::GetMemberRecordRequest => family::MemberRecord,
        list_grant_records: family::ListGrantRecordsRequest => family::ListGrantRecordsResponse,
        begin_import: family::BeginImportRequest => family::Member,
        finish_import: family::FinishImportRequest => family::FinishImportResponse,
    }
}
