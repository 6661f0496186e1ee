//! The families, and who manages them.

use chassis::mesh::answered;
use chassis::{Error, Link, User, audit};
use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::family::v1::{Action, AuthorizeMemberRequest, GetHouseholdRequest};

/// The family service, as the one who knows who manages whom.
#[derive(Clone)]
pub struct Families {
    client: FamilyServiceClient<Link>,
}

/// A family whose audit trail the caller may read, as a whole or as far as it is about one member. Only [`Families::managed`] makes one.
pub struct Managed {
    /// The family.
    pub family_id: i64,
    /// The member.
    pub member_id: Option<i64>,
}

impl Families {
    /// Asks over `link`.
    pub fn new(link: Link) -> Self {
        Self { client: FamilyServiceClient::new(link) }
    }

    /// The family of a member, if the user manages it; without a member, the family that the user manages.
    pub async fn managed(&self, user: User, member_id: Option<i64>) -> Result<Managed, Error> {
        let mut client = self.client.clone();
        let family_id = match member_id {
            Some(member_id) => {
                let action = Action::Manage.into();
                let request = AuthorizeMemberRequest { user_id: user.id, member_id, action };
                answered(client.authorize_member(request).await)?.family_id
            }
            None => answered(client.get_household(GetHouseholdRequest { user_id: user.id }).await)?.family_id,
        };
        let resource_type = "AuditTrail";
        audit::granted(audit::Subject { family_id, member_id, resource_type, resource_id: family_id });
        Ok(Managed { family_id, member_id })
    }
}
