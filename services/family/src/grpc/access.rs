use chassis::{Call, Error};
use proto::family::v1::{AuthorizeMemberRequest, AuthorizeMemberResponse, GetHouseholdRequest, Household};

use super::{Service, decode, encode};
use crate::store::access::Asked;

impl Service {
    pub(super) async fn authorize(
        &self,
        message: AuthorizeMemberRequest,
    ) -> Result<AuthorizeMemberResponse, Error> {
        let AuthorizeMemberRequest { user_id, member_id, .. } = message;
        let action = decode::action(message.action())?;
        let asked = Asked { user_id, member_id };
        let (member, decision) = self.store.decide(asked, action).await?;
        Ok(encode::decision(member, decision))
    }

    pub(super) async fn household(&self, call: Call<GetHouseholdRequest, ()>) -> Result<Household, Error> {
        let (user_id, now) = (call.message.user_id, self.clock.now());
        let family = self.store.family(&call.actor(user_id), now).await?;
        let members = self.store.members_of(family.family_id).await?;
        let granted = self.store.granted_members(user_id, family.family_id).await?;
        Ok(Household {
            family_id: family.family_id,
            members: encode::members(members, now)?,
            granted_members: encode::members(granted, now)?,
        })
    }
}
