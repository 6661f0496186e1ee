//! Stand-ins for the services that logging calls.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use chassis::Error;
use chassis::clock::Clock;
use proto::adherence::v1 as adherence;
use proto::adherence::v1::adherence_service_server::AdherenceService;
use proto::ai_inference::v1 as ai_inference;
use proto::ai_inference::v1::ai_inference_service_server::AiInferenceService;
use proto::family::v1 as family;
use proto::family::v1::family_service_server::FamilyService;
use proto::program::v1 as program;
use proto::program::v1::program_service_server::ProgramService;
use tonic::{Request, Response, Status};

use crate::house::{DOCTOR, FAMILY, FOREIGN, IMPORTED, MANAGER, MEMBER, PROGRAM, STRANGER};

/// A service of which only a part is called here.
macro_rules! stand_in {
    ($service:ident for $stand_in:ident { $($real:tt)* }
     never { $($method:ident: $request:ty => $response:ty),* $(,)? }) => {
        #[tonic::async_trait]
        impl $service for $stand_in {
            $($real)*

            $(
                async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented(stringify!($method)))
                }
            )*
        }
    };
}

/// Two families with a program each, in Kolkata.
pub struct Program {
    start: chrono::NaiveDate,
}

impl Program {
    /// They started nineteen days ago.
    pub fn at(clock: &Clock) -> Self {
        Self { start: clock.now().date_naive() - chrono::Days::new(19) }
    }
}

stand_in! {
    ProgramService for Program {
    async fn authorize_program(
        &self,
        request: Request<program::AuthorizeProgramRequest>,
    ) -> Result<Response<program::AuthorizeProgramResponse>, Status> {
        let asked = request.into_inner();
        let all = vec![program::LogType::Nutrition, program::LogType::Workout, program::LogType::Checkin];
        let (family_id, role, log_types) = match (asked.user_id, asked.program_id, asked.action()) {
            (MANAGER, PROGRAM, _) => (FAMILY, program::Role::FamilyManager, all),
            (STRANGER, FOREIGN, _) => (FAMILY + 1, program::Role::FamilyManager, all),
            (DOCTOR, PROGRAM, program::Action::Read) => {
                (FAMILY, program::Role::Doctor, vec![program::LogType::Checkin])
            }
            _ => return Err(Error::denied().into()),
        };
        Ok(Response::new(program::AuthorizeProgramResponse {
            family_id,
            member_id: 1,
            role: role.into(),
            log_types: log_types.into_iter().map(Into::into).collect(),
            time_zone: "Asia/Kolkata".into(),
            start_date: self.start.to_string(),
            plan_version: 3,
        }))
    }

    async fn list_program_records(
        &self,
        _: Request<program::ListProgramRecordsRequest>,
    ) -> Result<Response<program::ListProgramRecordsResponse>, Status> {
        let known = program::Program {
            id: PROGRAM,
            member_id: MEMBER,
            start_date: self.start.to_string(),
            status: program::Status::Active.into(),
            ..Default::default()
        };
        let record = program::ProgramRecord { program: Some(known), ..Default::default() };
        Ok(Response::new(program::ListProgramRecordsResponse { data: vec![record], pagination: None }))
    }

    /// Takes every program in but one that has no title, the next after the others.
    async fn import_programs(
        &self,
        request: Request<program::ImportProgramsRequest>,
    ) -> Result<Response<program::ImportProgramsResponse>, Status> {
        let asked = request.into_inner();
        if let Some(n) = asked.programs.iter().position(|program| program.title == "bad") {
            return Err(Error::invalid(format!("programs[{n}].title"), "must be better").into());
        }
        let ids = (IMPORTED..).take(if asked.validate_only { 0 } else { asked.programs.len() });
        Ok(Response::new(program::ImportProgramsResponse { program_ids: ids.collect(), plan_version: 1 }))
    }

    async fn list_audit(
        &self,
        _: Request<program::ListAuditRequest>,
    ) -> Result<Response<program::ListAuditResponse>, Status> {
        Ok(Response::new(program::ListAuditResponse::default()))
    }
    }
    never {
        create_program: program::CreateProgramRequest => program::Program,
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
        get_plan: program::GetPlanRequest => program::Plan,
        list_changes: program::ListChangesRequest => program::ListChangesResponse,
    }
}

/// Keeps what it was told, by log and revision. A revision is worth its kilocalories, in hundredths of a point, more or less
/// than the one before; told again, it is worth the same.
#[derive(Clone, Default)]
pub struct Adherence(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    calls: Vec<adherence::RecordLogRequest>,
    away: bool,
    deaf_to: Option<i32>,
}

impl Adherence {
    /// From now on answers nobody who tells of a log that is worth this.
    pub fn set_deaf_to(&self, worth: Option<i32>) {
        self.0.lock().unwrap().deaf_to = worth;
    }

    /// From now on nobody answers, or somebody does again.
    pub fn set_away(&self, away: bool) {
        self.0.lock().unwrap().away = away;
    }

    /// Every call that was answered, in order.
    pub fn calls(&self) -> Vec<adherence::RecordLogRequest> {
        self.0.lock().unwrap().calls.clone()
    }

    /// Whether it knows of a revision.
    pub fn knows(&self, log_id: i64, revision: i32) -> bool {
        self.calls().iter().any(|call| call.log_id == log_id && call.revision == revision)
    }
}

fn worth(call: &adherence::RecordLogRequest) -> i32 {
    match &call.contribution {
        Some(adherence::record_log_request::Contribution::Nutrition(meal)) => {
            meal.calories.unwrap_or(0.0) as i32
        }
        Some(_) => 500,
        None => 0,
    }
}

stand_in! {
    AdherenceService for Adherence {
    async fn record_log(
        &self,
        request: Request<adherence::RecordLogRequest>,
    ) -> Result<Response<adherence::RecordLogResponse>, Status> {
        let call = chassis::call::internal(request)?;
        let mut told = self.0.lock().unwrap();
        if told.away || told.deaf_to == Some(worth(&call)) {
            return Err(Error::unavailable("away").into());
        }
        let before = told.calls.iter().find(|c| c.log_id == call.log_id && c.revision == call.revision - 1);
        let impact_basis_points = worth(&call) - before.map(worth).unwrap_or(0);
        told.calls.push(call);
        Ok(Response::new(adherence::RecordLogResponse { impact_basis_points }))
    }

    async fn list_audit(
        &self,
        _: Request<adherence::ListAuditRequest>,
    ) -> Result<Response<adherence::ListAuditResponse>, Status> {
        Ok(Response::new(adherence::ListAuditResponse::default()))
    }

    type WatchProgramStream = tokio_stream::Empty<Result<adherence::ProgramEvent, Status>>;
    }
    never {
        get_adherence: adherence::GetAdherenceRequest => adherence::Adherence,
        get_dashboard: adherence::GetDashboardRequest => adherence::Dashboard,
        get_leaderboard: adherence::GetLeaderboardRequest => adherence::Leaderboard,
        watch_program: adherence::WatchProgramRequest => Self::WatchProgramStream,
    }
}

/// The first family, of one member, who is Meera, and of those who are imported.
#[derive(Clone, Default)]
pub struct Family(Arc<Mutex<Asked>>);

#[derive(Default)]
struct Asked {
    left: Option<u32>,
    begun: u32,
    shown: u32,
    shows_none: bool,
}

impl Family {
    /// Answers so many times more.
    pub fn answers(&self, times: u32) {
        self.0.lock().unwrap().left = Some(times);
    }

    /// From now on shows no member that is imported, or does again.
    pub fn shows_none(&self, none: bool) {
        self.0.lock().unwrap().shows_none = none;
    }

    /// How often an import was begun, and how often it was finished.
    pub fn imports(&self) -> (u32, u32) {
        let asked = self.0.lock().unwrap();
        (asked.begun, asked.shown)
    }
}

stand_in! {
    FamilyService for Family {
    async fn get_member_record(
        &self,
        request: Request<family::GetMemberRecordRequest>,
    ) -> Result<Response<family::MemberRecord>, Status> {
        if let Some(left) = self.0.lock().unwrap().left.as_mut() {
            *left = left.checked_sub(1).ok_or_else(|| Error::unavailable("away"))?;
        }
        let asked = request.into_inner();
        let (role, log_types) = match (asked.user_id, asked.member_id) {
            (MANAGER, MEMBER) => (family::Role::FamilyManager, vec![1, 2, 3]),
            (DOCTOR, MEMBER) => (family::Role::Doctor, vec![3]),
            _ => return Err(Error::denied().into()),
        };
        let member = family::Member { id: MEMBER, family_id: FAMILY, name: "Meera".into(), ..Default::default() };
        Ok(Response::new(family::MemberRecord { member: Some(member), role: role.into(), log_types }))
    }

    async fn begin_import(
        &self,
        request: Request<family::BeginImportRequest>,
    ) -> Result<Response<family::Member>, Status> {
        assert_eq!(chassis::call::internal(request)?.user_id, MANAGER);
        self.0.lock().unwrap().begun += 1;
        Ok(Response::new(family::Member { id: MEMBER + 1, family_id: FAMILY, ..Default::default() }))
    }

    async fn finish_import(
        &self,
        request: Request<family::FinishImportRequest>,
    ) -> Result<Response<family::FinishImportResponse>, Status> {
        assert_eq!(chassis::call::internal(request)?.member_id, MEMBER + 1);
        let mut asked = self.0.lock().unwrap();
        if asked.shows_none {
            return Err(Error::unavailable("away").into());
        }
        asked.shown += 1;
        Ok(Response::new(family::FinishImportResponse {}))
    }

    async fn list_grant_records(
        &self,
        _: Request<family::ListGrantRecordsRequest>,
    ) -> Result<Response<family::ListGrantRecordsResponse>, Status> {
        Ok(Response::new(family::ListGrantRecordsResponse::default()))
    }

    async fn list_audit(
        &self,
        _: Request<family::ListAuditRequest>,
    ) -> Result<Response<family::ListAuditResponse>, Status> {
        Ok(Response::new(family::ListAuditResponse::default()))
    }
    }
    never {
        list_changes: family::ListChangesRequest => family::ListChangesResponse,
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
        list_members: family::ListMembersRequest => family::ListMembersResponse,
        get_member: family::GetMemberRequest => family::Member,
        update_member: family::UpdateMemberRequest => family::Member,
        delete_member: family::DeleteMemberRequest => family::DeleteMemberResponse,
        restore_member: family::RestoreMemberRequest => family::Member,
        create_grant: family::CreateGrantRequest => family::Grant,
        list_grants: family::ListGrantsRequest => family::ListGrantsResponse,
        delete_grant: family::DeleteGrantRequest => family::DeleteGrantResponse,
        authorize_member: family::AuthorizeMemberRequest => family::AuthorizeMemberResponse,
        get_household: family::GetHouseholdRequest => family::Household,
    }
}

/// Knows what it was given.
#[derive(Clone, Default)]
pub struct AiInference(Arc<Mutex<HashMap<i64, ai_inference::Inference>>>, Arc<AtomicBool>);

impl AiInference {
    /// From now on keeps nothing, or does again.
    pub fn keeps_nothing(&self, nothing: bool) {
        self.1.store(nothing, Ordering::Relaxed);
    }

    /// Reads a log's photo.
    pub fn give(&self, log_id: i64, outcome: ai_inference::inference::Outcome, photo_kept: bool) {
        let inference =
            ai_inference::Inference { log_id, outcome: Some(outcome), model: "stub/1".into(), photo_kept };
        self.0.lock().unwrap().insert(log_id, inference);
    }
}

#[tonic::async_trait]
impl AiInferenceService for AiInference {
    async fn get_inference(
        &self,
        request: Request<ai_inference::GetInferenceRequest>,
    ) -> Result<Response<ai_inference::Inference>, Status> {
        let known = self.0.lock().unwrap().get(&request.into_inner().log_id).cloned();
        Ok(Response::new(known.ok_or_else(|| Error::not_found("not read"))?))
    }

    async fn keep_inferences(
        &self,
        request: Request<ai_inference::KeepInferencesRequest>,
    ) -> Result<Response<ai_inference::KeepInferencesResponse>, Status> {
        if self.1.load(Ordering::Relaxed) {
            return Err(Error::unavailable("away").into());
        }
        let inferences = chassis::call::internal(request)?.inferences;
        self.0.lock().unwrap().extend(inferences.into_iter().map(|inference| (inference.log_id, inference)));
        Ok(Response::new(ai_inference::KeepInferencesResponse {}))
    }
}
