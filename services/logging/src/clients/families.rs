//! The families, and who manages them.

use backends::Action as Act;
use chassis::mesh::answered;
use chassis::{Error, Link, User, audit};
use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::family::v1::{
    self as wire, Action, AuthorizeMemberRequest, BeginImportRequest, CreateMemberRequest,
    FinishImportRequest, GetHouseholdRequest, GetMemberRecordRequest, ListGrantRecordsRequest,
    ListGrantRecordsResponse, Member, Role,
};

use crate::domain::payload::LogType;

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

/// A member of whom the caller may take a copy, and how much of it. Only [`Families::copied`] makes one.
pub struct Copied {
    /// The member.
    pub member: Member,
    /// Whether the caller manages the family, and so may know who looks and who did.
    pub manages: bool,
    /// The kinds of logs the caller may reach.
    pub log_types: Vec<LogType>,
}

/// A member that nobody sees, whose record the caller brings. Only [`Families::begin_import`] makes one.
pub struct Importing {
    /// The family.
    pub family_id: i64,
    /// The member.
    pub member_id: i64,
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

    /// A member of whom the user may take a copy: a manager of the family, or the member. A doctor may look for a time, which a
    /// copy would outlive.
    pub async fn copied(&self, user: User, member_id: i64) -> Result<Copied, Error> {
        let request = GetMemberRecordRequest { user_id: user.id, member_id };
        let record = answered(self.client.clone().get_member_record(request).await)?;
        let (role, log_types) = (record.role(), record.log_types().filter_map(log_type).collect());
        let member = record.member.ok_or_else(|| Error::internal("a record has no member"))?;
        let (family_id, act) = (member.family_id, Act::Export.as_str());
        let subject = audit::Subject {
            family_id,
            member_id: Some(member_id),
            resource_type: "Member",
            resource_id: member_id,
        };
        match role {
            Role::FamilyManager | Role::Member => {
                audit::doing(act);
                audit::granted(subject);
                Ok(Copied { member, manages: role == Role::FamilyManager, log_types })
            }
            Role::Doctor | Role::Unspecified => {
                audit::refused(user.id, act, subject);
                Err(Error::denied())
            }
        }
    }

    /// Adds a member to the family that the user manages, which nobody sees before the import is finished; the same one to the
    /// same request.
    pub async fn begin_import(
        &self,
        user: User,
        member: CreateMemberRequest,
        created_at: Option<prost_types::Timestamp>,
    ) -> Result<Importing, Error> {
        let request = BeginImportRequest { user_id: user.id, member: Some(member), created_at };
        let member = answered(self.client.clone().begin_import(request).await)?;
        Ok(Importing { family_id: member.family_id, member_id: member.id })
    }

    /// Shows a member whose record is there.
    pub async fn finish_import(&self, user: User, member_id: i64) -> Result<(), Error> {
        let request = FinishImportRequest { user_id: user.id, member_id };
        answered(self.client.clone().finish_import(request).await).map(drop)
    }

    /// A page of the grants there ever were on a member.
    pub async fn grants(
        &self,
        user: User,
        member_id: i64,
        cursor: String,
    ) -> Result<ListGrantRecordsResponse, Error> {
        let request = ListGrantRecordsRequest { user_id: user.id, member_id, limit: 100, cursor };
        answered(self.client.clone().list_grant_records(request).await)
    }
}

fn log_type(kind: wire::LogType) -> Option<LogType> {
    match kind {
        wire::LogType::Unspecified => None,
        wire::LogType::Nutrition => Some(LogType::Nutrition),
        wire::LogType::Workout => Some(LogType::Workout),
        wire::LogType::Checkin => Some(LogType::Checkin),
    }
}
