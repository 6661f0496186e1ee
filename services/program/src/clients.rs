//! The services that program calls.

use chassis::mesh::answered;
use chassis::{Error, Kind, Link};
use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::family::v1::{
    Action, AuthorizeMemberRequest, AuthorizeMemberResponse, GetHouseholdRequest, Household,
};

/// The family service.
#[derive(Clone)]
pub struct Family(FamilyServiceClient<Link>);

impl Family {
    /// The family service behind a link.
    pub fn new(link: Link) -> Self {
        Self(FamilyServiceClient::new(link))
    }

    /// What a user may do with a member; denied when that is nothing.
    pub async fn authorize(
        &self,
        user_id: i64,
        member_id: i64,
        action: Action,
    ) -> Result<AuthorizeMemberResponse, Error> {
        let request = AuthorizeMemberRequest { user_id, member_id, action: action.into() };
        answered(self.0.clone().authorize_member(request).await).map_err(|error| match error.kind() {
            // the same words as for a program that does not exist
            Kind::Denied => Error::denied(),
            _ => error,
        })
    }

    /// The members a user may see.
    pub async fn household(&self, user_id: i64) -> Result<Household, Error> {
        answered(self.0.clone().get_household(GetHouseholdRequest { user_id }).await)
    }
}
