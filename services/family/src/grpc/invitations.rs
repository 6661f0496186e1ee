use backends::{Action, Once, Scope, Subject};
use chassis::{Call, Error, page};
use proto::family::v1::{
    AcceptInvitationRequest, DeclineInvitationRequest, DeclineInvitationResponse, Invitation,
    InviteManagerRequest, ListFamilyInvitationsRequest, ListFamilyInvitationsResponse,
    ListInvitationsRequest, ListInvitationsResponse, Manager, Pagination, WithdrawInvitationRequest,
};
use proto::identity::v1::User;

use super::{Service, encode};
use crate::domain::invitation::{self, Status};
use crate::store::entity::invitations::Model;
use crate::store::{families, invitations};

const INVITATION: &str = "Invitation";

impl Service {
    /// Identity is asked about the family's own managers only, never about the address.
    pub(super) async fn invite(&self, call: Call<InviteManagerRequest>) -> Result<Invitation, Error> {
        let address = invitation::address(&call.message.email);
        let home = self.store.home(&call.actor(), self.clock.now()).await?;
        let managers = self.accounts.by_id(&self.store.manager_ids(home).await?).await?;
        let scope = Scope::Family(home);
        let tx = match self.store.write_once(&call, Action::Create, INVITATION, scope).await? {
            Once::Done { answer, .. } => return Ok(answer),
            Once::New(tx) => tx,
        };
        families::lock_manager(&tx, home, call.caller.id).await?;
        let pending = invitations::pending(&tx, home).await?;
        let pending: Vec<_> = pending.iter().map(String::as_str).collect();
        invitation::invite(&address, managers.values().map(|manager| manager.email.as_str()), &pending)?;
        let invited = invitations::create(&tx, home, &address, call.caller.id).await?;
        let subject = Subject::of_family(home, invited.id);
        let answer = encode::invitation(invited, managers.get(&call.caller.id))?;
        tx.commit_with(subject, &answer).await?;
        Ok(answer)
    }

    pub(super) async fn invitations_of_family(
        &self,
        call: Call<ListFamilyInvitationsRequest>,
    ) -> Result<ListFamilyInvitationsResponse, Error> {
        let family_id = self.store.home(&call.actor(), self.clock.now()).await?;
        let scope = format!("invitations-of:{family_id}");
        let (after, limit) = (page::decode(&scope, &call.message.cursor)?, page::limit(call.message.limit));
        let rows = self.store.invitations_of(family_id, after, limit + 1).await?;
        let (data, pagination) = self.page(&scope, rows, limit).await?;
        Ok(ListFamilyInvitationsResponse { data, pagination: Some(pagination) })
    }

    pub(super) async fn withdraw_invitation(
        &self,
        call: Call<WithdrawInvitationRequest>,
    ) -> Result<(), Error> {
        let id = call.message.invitation_id;
        let family_id = self.store.family_id(call.caller.id).await?.ok_or_else(Error::denied)?;
        let scope = Scope::Family(family_id);
        let tx = self.store.write(&call.actor(), Action::Revoke, INVITATION, scope).await?;
        families::lock_manager(&tx, family_id, call.caller.id).await?;
        let invited = invitations::locked(&tx, family_id, id).await?;
        invitations::settle(&tx, invited, Status::Withdrawn).await?;
        tx.commit(Subject::of_family(family_id, id)).await
    }

    pub(super) async fn invitations_to_caller(
        &self,
        call: Call<ListInvitationsRequest>,
    ) -> Result<ListInvitationsResponse, Error> {
        let scope = format!("invitations-to:{}", call.caller.id);
        let (after, limit) = (page::decode(&scope, &call.message.cursor)?, page::limit(call.message.limit));
        let address = self.address_of(call.caller.id).await?;
        let rows = self.store.invitations_to(&address, after, limit + 1).await?;
        let (data, pagination) = self.page(&scope, rows, limit).await?;
        Ok(ListInvitationsResponse { data, pagination: Some(pagination) })
    }

    pub(super) async fn accept(&self, call: Call<AcceptInvitationRequest>) -> Result<Manager, Error> {
        let id = call.message.invitation_id;
        let account = self.invited(call.caller.id).await?;
        let family_id = self.store.inviting_family(id).await?;
        let before = self.store.family_id(account.id).await?;
        let scope = Scope::Family(family_id);
        let tx = match self.store.write_once(&call, Action::Create, "FamilyManager", scope).await? {
            Once::Done { answer, .. } => return Ok(answer),
            Once::New(tx) => tx,
        };
        let invited = invitations::locked(&tx, family_id, id).await?;
        if invited.email != invitation::address(&account.email) {
            return Err(Error::denied());
        }
        invitations::settle(&tx, invited, Status::Accepted).await?;
        let joining = families::Joining { user_id: account.id, before, now: tx.now().await? };
        let manager = families::add_manager(&tx, family_id, joining).await?;
        let answer = encode::manager(&manager, Some(&account));
        tx.commit_with(Subject::of_family(family_id, manager.user_id), &answer).await?;
        Ok(answer)
    }

    pub(super) async fn decline(
        &self,
        call: Call<DeclineInvitationRequest>,
    ) -> Result<DeclineInvitationResponse, Error> {
        let id = call.message.invitation_id;
        let address = self.address_of(call.caller.id).await?;
        let family_id = self.store.inviting_family(id).await?;
        let scope = Scope::Family(family_id);
        let tx = match self.store.write_once(&call, Action::Update, INVITATION, scope).await? {
            Once::Done { answer, .. } => return Ok(answer),
            Once::New(tx) => tx,
        };
        let invited = invitations::locked(&tx, family_id, id).await?;
        if invited.email != address {
            return Err(Error::denied());
        }
        invitations::settle(&tx, invited, Status::Declined).await?;
        let answer = DeclineInvitationResponse {};
        tx.commit_with(Subject::of_family(family_id, id), &answer).await?;
        Ok(answer)
    }

    async fn address_of(&self, user_id: i64) -> Result<String, Error> {
        Ok(invitation::address(&self.invited(user_id).await?.email))
    }

    /// The account of somebody who says to be invited.
    async fn invited(&self, user_id: i64) -> Result<User, Error> {
        let account = self.accounts.by_id(&[user_id]).await?.remove(&user_id);
        self.accounts.trusted(Some(account.ok_or_else(Error::denied)?))
    }

    async fn page(
        &self,
        scope: &str,
        rows: Vec<Model>,
        limit: u64,
    ) -> Result<(Vec<Invitation>, Pagination), Error> {
        let (rows, more) = page::cut(rows, limit);
        let pagination = encode::pagination(scope, &rows, more, |row| (row.created_at, row.id));
        let inviters: Vec<_> = rows.iter().map(|row| row.invited_by).collect();
        let inviters = self.accounts.by_id(&inviters).await?;
        let encode = |row: Model| {
            let inviter = inviters.get(&row.invited_by);
            encode::invitation(row, inviter)
        };
        Ok((rows.into_iter().map(encode).collect::<Result<_, _>>()?, pagination))
    }
}
