//! A stand-in for family: it knows a few members and who may do what with them.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use chassis::Error;
use proto::family::v1::family_service_server::FamilyService;
use proto::family::v1::*;
use tonic::{Request, Response, Status};

/// The manager of the first family, and of the second.
pub const MANAGER: i64 = 5;
pub const STRANGER: i64 = 6;
/// May read the check-ins of the first family's mother.
pub const DOCTOR: i64 = 7;

pub const FAMILY: i64 = 1;
pub const MOTHER: i64 = 11;
pub const FATHER: i64 = 12;
/// Whose record is still to come; it can be looked at all the same, for a test to see what has come.
pub const IMPORTED: i64 = 13;
/// Of the second family.
pub const NEIGHBOUR: i64 = 21;

#[derive(Clone, Default)]
pub struct Family(Arc<Mutex<Withdrawn>>);

#[derive(Default)]
struct Withdrawn(bool);

impl Family {
    /// Withdraws the doctor's grant.
    pub fn withdraw(&self) {
        self.0.lock().unwrap().0 = true;
    }

    fn granted(&self) -> bool {
        !self.0.lock().unwrap().0
    }
}

fn family_of(member_id: i64) -> i64 {
    if member_id == NEIGHBOUR { FAMILY + 1 } else { FAMILY }
}

fn member(id: i64, time_zone: &str) -> Member {
    Member { id, family_id: family_of(id), time_zone: time_zone.into(), ..Member::default() }
}

/// The mother lives where the day begins first.
fn zone(member_id: i64) -> &'static str {
    if member_id == MOTHER { "Pacific/Kiritimati" } else { "UTC" }
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
impl FamilyService for Family {
    async fn authorize_member(
        &self,
        request: Request<AuthorizeMemberRequest>,
    ) -> Result<Response<AuthorizeMemberResponse>, Status> {
        let asked = request.into_inner();
        let all = vec![LogType::Nutrition, LogType::Workout, LogType::Checkin];
        let (role, log_types) = match (asked.user_id, asked.member_id, asked.action()) {
            (MANAGER, IMPORTED, Action::Import | Action::Read) => (Role::FamilyManager, all),
            (_, _, Action::Import) => return Err(Error::denied().into()),
            (MANAGER, MOTHER | FATHER, _) | (STRANGER, NEIGHBOUR, _) => (Role::FamilyManager, all),
            (DOCTOR, MOTHER, Action::Read) if self.granted() => (Role::Doctor, vec![LogType::Checkin]),
            _ => return Err(Error::denied().into()),
        };
        Ok(Response::new(AuthorizeMemberResponse {
            family_id: family_of(asked.member_id),
            role: role.into(),
            log_types: log_types.into_iter().map(Into::into).collect(),
            time_zone: zone(asked.member_id).into(),
        }))
    }

    async fn get_household(
        &self,
        request: Request<GetHouseholdRequest>,
    ) -> Result<Response<Household>, Status> {
        let members = |ids: &[i64]| ids.iter().map(|id| member(*id, zone(*id))).collect();
        Ok(Response::new(match request.into_inner().user_id {
            MANAGER => {
                Household { family_id: FAMILY, members: members(&[MOTHER, FATHER]), ..Default::default() }
            }
            STRANGER => {
                Household { family_id: FAMILY + 1, members: members(&[NEIGHBOUR]), ..Default::default() }
            }
            _ => Household { family_id: 3, granted_members: members(&[MOTHER]), ..Default::default() },
        }))
    }

    never! {
        get_family: GetFamilyRequest => proto::family::v1::Family,
        invite_manager: InviteManagerRequest => Invitation,
        list_family_invitations: ListFamilyInvitationsRequest => ListFamilyInvitationsResponse,
        withdraw_invitation: WithdrawInvitationRequest => WithdrawInvitationResponse,
        list_invitations: ListInvitationsRequest => ListInvitationsResponse,
        accept_invitation: AcceptInvitationRequest => Manager,
        decline_invitation: DeclineInvitationRequest => DeclineInvitationResponse,
        list_managers: ListManagersRequest => ListManagersResponse,
        remove_manager: RemoveManagerRequest => RemoveManagerResponse,
        create_member: CreateMemberRequest => Member,
        list_audit: ListAuditRequest => ListAuditResponse,
        list_changes: ListChangesRequest => ListChangesResponse,
        list_members: ListMembersRequest => ListMembersResponse,
        get_member: GetMemberRequest => Member,
        update_member: UpdateMemberRequest => Member,
        delete_member: DeleteMemberRequest => DeleteMemberResponse,
        restore_member: RestoreMemberRequest => Member,
        create_grant: CreateGrantRequest => Grant,
        list_grants: ListGrantsRequest => ListGrantsResponse,
        delete_grant: DeleteGrantRequest => DeleteGrantResponse,
        get_member_record: GetMemberRecordRequest => MemberRecord,
        list_grant_records: ListGrantRecordsRequest => ListGrantRecordsResponse,
        begin_import: BeginImportRequest => Member,
        finish_import: FinishImportRequest => FinishImportResponse,
    }
}
