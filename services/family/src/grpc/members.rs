use backends::{Action, Once, Scope, Subject};
use chassis::{Call, Error, audit, page};
use proto::family::v1::{
    CreateMemberRequest, DeleteMemberRequest, GetMemberRequest, ListMembersRequest, ListMembersResponse,
    Member, RestoreMemberRequest, UpdateMemberRequest,
};

use super::{Service, decode, encode};
use crate::domain::access::Action as May;
use crate::store::access::{self, Manage, Read, Restore};
use crate::store::members::Origin;
use crate::store::{families, members};

impl Service {
    pub(super) async fn create(&self, call: Call<CreateMemberRequest>) -> Result<Member, Error> {
        let profile = decode::profile(&call.message)?;
        let now = self.clock.now();
        let family_id = self.store.home(&call.actor(), now).await?;
        let scope = Scope::Family(family_id);
        let tx = match self.store.write_once::<_, Member>(&call, Action::Create, "Member", scope).await? {
            // what was answered to a manager is not told again to one who has left the family
            Once::Done { answer, .. } if answer.family_id == family_id => return Ok(answer),
            Once::Done { .. } => return Err(Error::denied()),
            Once::New(tx) => tx,
        };
        let profile = profile.checked(now)?;
        families::lock_manager(&tx, family_id, call.caller.id).await?;
        let origin = Origin { created_by: call.caller.id, created_at: now, importing_since: None };
        let member = members::create(&tx, family_id, profile, origin).await?;
        let subject = Subject::of_member(family_id, member.id, member.id);
        let answer = encode::member(member, now)?;
        tx.commit_with(subject, &answer).await?;
        Ok(answer)
    }

    pub(super) async fn members(&self, call: Call<ListMembersRequest>) -> Result<ListMembersResponse, Error> {
        let now = self.clock.now();
        let scope = format!("members:{}", call.caller.id);
        let (after, limit) = (page::decode(&scope, &call.message.cursor)?, page::limit(call.message.limit));
        let rows = self.store.visible_members(call.caller.id, after, limit + 1).await?;
        let (rows, more) = page::cut(rows, limit);
        rows.iter().for_each(|member| audit::granted(access::seen(member)));
        let pagination = encode::pagination(&scope, &rows, more, |row| (row.created_at, row.id));
        Ok(ListMembersResponse { data: encode::members(rows, now)?, pagination: Some(pagination) })
    }

    pub(super) async fn member(&self, call: Call<GetMemberRequest>) -> Result<Member, Error> {
        let asked = Self::asked(&call, call.message.member_id);
        encode::member(self.store.permit::<Read>(asked).await?.into_member(), self.clock.now())
    }

    pub(super) async fn update(&self, call: Call<UpdateMemberRequest>) -> Result<Member, Error> {
        let changes = decode::changes(&call.message)?;
        let asked = Self::asked(&call, call.message.member_id);
        let scope = self.store.tenant(asked.member_id).await?;
        let tx = self.store.write(&call.actor(), Action::Update, "Member", scope).await?;
        let permit = access::locked::<Manage>(&tx, asked).await?;
        call.if_match.check(&encode::member(permit.member().clone(), self.clock.now())?)?;
        let profile = members::profile(permit.member())?.changed(changes, permit.now())?;
        let member = members::update(&tx, permit, profile).await?;
        tx.commit(Subject::of_family(member.family_id, member.id)).await?;
        encode::member(member, self.clock.now())
    }

    pub(super) async fn delete(&self, call: Call<DeleteMemberRequest>) -> Result<(), Error> {
        let asked = Self::asked(&call, call.message.member_id);
        let scope = self.store.tenant(asked.member_id).await?;
        let tx = self.store.write(&call.actor(), Action::Delete, "Member", scope).await?;
        let permit = access::locked::<Manage>(&tx, asked).await?;
        let member = members::delete(&tx, permit, call.message.erase).await?;
        tx.commit(Subject::of_family(member.family_id, member.id)).await
    }

    pub(super) async fn restore(&self, call: Call<RestoreMemberRequest>) -> Result<Member, Error> {
        let asked = Self::asked(&call, call.message.member_id);
        let scope = self.store.tenant(asked.member_id).await?;
        let tx = match self.store.write_once(&call, Action::Restore, "Member", scope).await? {
            Once::Done { answer, .. } => {
                self.store.decide(asked, May::Manage).await?;
                return Ok(answer);
            }
            Once::New(tx) => tx,
        };
        let permit = access::locked::<Restore>(&tx, asked).await?;
        let member = members::restore(&tx, permit).await?;
        let subject = Subject::of_family(member.family_id, member.id);
        let answer = encode::member(member, self.clock.now())?;
        tx.commit_with(subject, &answer).await?;
        Ok(answer)
    }
}
