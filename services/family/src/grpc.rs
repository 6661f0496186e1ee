//! Family as its callers see it. Each method takes the request apart, and the file of its noun does the rest.

mod access;
mod decode;
mod encode;
mod families;
mod grants;
mod imports;
mod invitations;
mod members;
mod records;

use chassis::clock::Clock;
use chassis::trusted::Told;
use chassis::{Call, call};
use proto::family::v1::family_service_server::FamilyService;
use proto::family::v1::*;
use tonic::{Request, Response, Status};

use crate::clients::Accounts;
use crate::store::Store;
use crate::store::access::Asked;

/// The gRPC service.
pub struct Service {
    store: Store,
    accounts: Accounts,
    clock: Clock,
}

impl Service {
    /// The service over its parts.
    pub fn new(store: Store, accounts: Accounts, clock: Clock) -> Self {
        Self { store, accounts, clock }
    }

    /// The question whether the caller may do something with a member.
    fn asked<M>(call: &Call<M>, member_id: i64) -> Asked {
        Asked { user_id: call.caller.id, member_id }
    }
}

#[tonic::async_trait]
impl FamilyService for Service {
    async fn get_family(&self, request: Request<GetFamilyRequest>) -> Result<Response<Family>, Status> {
        Ok(Response::new(self.family(call::user(request)?).await?))
    }

    async fn invite_manager(
        &self,
        request: Request<InviteManagerRequest>,
    ) -> Result<Response<Invitation>, Status> {
        Ok(Response::new(self.invite(call::user(request)?).await?))
    }

    async fn list_family_invitations(
        &self,
        request: Request<ListFamilyInvitationsRequest>,
    ) -> Result<Response<ListFamilyInvitationsResponse>, Status> {
        Ok(Response::new(self.invitations_of_family(call::user(request)?).await?))
    }

    async fn withdraw_invitation(
        &self,
        request: Request<WithdrawInvitationRequest>,
    ) -> Result<Response<WithdrawInvitationResponse>, Status> {
        self.withdraw_invitation(call::user(request)?).await?;
        Ok(Response::new(WithdrawInvitationResponse {}))
    }

    async fn list_invitations(
        &self,
        request: Request<ListInvitationsRequest>,
    ) -> Result<Response<ListInvitationsResponse>, Status> {
        Ok(Response::new(self.invitations_to_caller(call::user(request)?).await?))
    }

    async fn accept_invitation(
        &self,
        request: Request<AcceptInvitationRequest>,
    ) -> Result<Response<Manager>, Status> {
        Ok(Response::new(self.accept(call::user(request)?).await?))
    }

    async fn decline_invitation(
        &self,
        request: Request<DeclineInvitationRequest>,
    ) -> Result<Response<DeclineInvitationResponse>, Status> {
        Ok(Response::new(self.decline(call::user(request)?).await?))
    }

    async fn list_managers(
        &self,
        request: Request<ListManagersRequest>,
    ) -> Result<Response<ListManagersResponse>, Status> {
        Ok(Response::new(self.managers(call::user(request)?).await?))
    }

    async fn remove_manager(
        &self,
        request: Request<RemoveManagerRequest>,
    ) -> Result<Response<RemoveManagerResponse>, Status> {
        self.remove(call::user(request)?).await?;
        Ok(Response::new(RemoveManagerResponse {}))
    }

    async fn create_member(&self, request: Request<CreateMemberRequest>) -> Result<Response<Member>, Status> {
        Ok(Response::new(self.create(call::user(request)?).await?))
    }

    async fn list_members(
        &self,
        request: Request<ListMembersRequest>,
    ) -> Result<Response<ListMembersResponse>, Status> {
        Ok(Response::new(self.members(call::user(request)?).await?))
    }

    async fn get_member(&self, request: Request<GetMemberRequest>) -> Result<Response<Member>, Status> {
        Ok(Response::new(self.member(call::user(request)?).await?))
    }

    async fn update_member(&self, request: Request<UpdateMemberRequest>) -> Result<Response<Member>, Status> {
        Ok(Response::new(self.update(call::user(request)?).await?))
    }

    async fn delete_member(
        &self,
        request: Request<DeleteMemberRequest>,
    ) -> Result<Response<DeleteMemberResponse>, Status> {
        self.delete(call::user(request)?).await?;
        Ok(Response::new(DeleteMemberResponse {}))
    }

    async fn restore_member(
        &self,
        request: Request<RestoreMemberRequest>,
    ) -> Result<Response<Member>, Status> {
        Ok(Response::new(self.restore(call::user(request)?).await?))
    }

    async fn create_grant(&self, request: Request<CreateGrantRequest>) -> Result<Response<Grant>, Status> {
        Ok(Response::new(self.grant(call::user(request)?).await?))
    }

    async fn list_grants(
        &self,
        request: Request<ListGrantsRequest>,
    ) -> Result<Response<ListGrantsResponse>, Status> {
        Ok(Response::new(self.grants(call::user(request)?).await?))
    }

    async fn delete_grant(
        &self,
        request: Request<DeleteGrantRequest>,
    ) -> Result<Response<DeleteGrantResponse>, Status> {
        self.withdraw(call::user(request)?).await?;
        Ok(Response::new(DeleteGrantResponse {}))
    }

    async fn authorize_member(
        &self,
        request: Request<AuthorizeMemberRequest>,
    ) -> Result<Response<AuthorizeMemberResponse>, Status> {
        Ok(Response::new(self.authorize(call::internal(request)?).await?))
    }

    async fn get_household(
        &self,
        request: Request<GetHouseholdRequest>,
    ) -> Result<Response<Household>, Status> {
        // the user it is about is in the message, and becomes the actor when the family comes into being by it
        Ok(Response::new(self.household(call::anonymous(request)?).await?))
    }

    async fn get_member_record(
        &self,
        request: Request<GetMemberRecordRequest>,
    ) -> Result<Response<MemberRecord>, Status> {
        Ok(Response::new(self.member_record(call::internal(request)?).await?))
    }

    async fn list_grant_records(
        &self,
        request: Request<ListGrantRecordsRequest>,
    ) -> Result<Response<ListGrantRecordsResponse>, Status> {
        Ok(Response::new(self.grant_records(call::internal(request)?).await?))
    }

    async fn begin_import(&self, request: Request<BeginImportRequest>) -> Result<Response<Member>, Status> {
        let call = call::on_behalf(request, |message: &BeginImportRequest| message.user_id)?;
        Ok(Response::new(self.begin(call).await?))
    }

    async fn finish_import(
        &self,
        request: Request<FinishImportRequest>,
    ) -> Result<Response<FinishImportResponse>, Status> {
        self.finish(call::on_behalf(request, |message: &FinishImportRequest| message.user_id)?).await?;
        Ok(Response::new(FinishImportResponse {}))
    }

    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let Told { last, families, forget } = self.store.changes(call::internal(request)?.after).await?;
        Ok(Response::new(ListChangesResponse { last, family_ids: families, forget }))
    }

    async fn list_audit(
        &self,
        request: Request<ListAuditRequest>,
    ) -> Result<Response<ListAuditResponse>, Status> {
        let query = call::internal(request)?.query.unwrap_or_default();
        let lines = self.store.audit_page(&query.try_into()?).await?;
        Ok(Response::new(ListAuditResponse {
            entries: lines.into_iter().map(|line| line.told_by("family")).collect(),
        }))
    }
}
