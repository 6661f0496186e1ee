//! A house with two rooms: family on a database of its own, and what it needs of identity. The clock obeys.

use std::sync::Arc;

use backends::Database;
use chassis::auth::Verifier;
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use chassis::{Foundation, Link, Room};
use chrono::{DateTime, TimeDelta, Utc};
use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::family::v1::*;
use proto::identity::v1::identity_service_server::IdentityServiceServer;
use sea_orm::{ConnectionTrait, Statement};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::identity::{Accounts, Issuer, email, id};

pub struct House {
    pub clock: Clock,
    db: Database,
    pub accounts: Accounts,
    issuer: Arc<Issuer>,
    family: FamilyServiceClient<Link>,
}

impl House {
    pub async fn open() -> Self {
        let clock = Clock::fixed("2026-09-21T20:00:00Z".parse().unwrap());
        Self::over(Database::in_memory(&clock).await.unwrap(), clock).await
    }

    /// A house that takes nobody for the owner of an address who has not proved it.
    pub async fn of_the_proved() -> Self {
        let clock = Clock::fixed("2026-09-21T20:00:00Z".parse().unwrap());
        let config = family::Config { proved_addresses_only: true };
        Self::configured(config, Database::in_memory(&clock).await.unwrap(), clock).await
    }

    /// A house on a database of the test's choice.
    pub async fn over(db: Database, clock: Clock) -> Self {
        Self::configured(family::Config::default(), db, clock).await
    }

    async fn configured(config: family::Config, db: Database, clock: Clock) -> Self {
        let (issuer, accounts) = (Arc::new(Issuer::new()), Accounts::default());
        let verifier = Verifier::new(issuer.clone(), clock.clone());
        let identity =
            Room::new("identity").service(IdentityServiceServer::new(accounts.clone())).link(&verifier);
        let foundation = Foundation { clock: clock.clone(), tasks: Tasks::new() };
        let room =
            family::open(config, family::Needs { foundation, db: db.clone(), identity }).await.unwrap();
        Self { clock, db, accounts, issuer, family: FamilyServiceClient::new(room.link(&verifier)) }
    }

    pub fn family(&self) -> FamilyServiceClient<Link> {
        self.family.clone()
    }

    /// A request of somebody, under a request id of its own.
    pub fn of<M>(&self, name: &str, message: M) -> Request<M> {
        self.under(Uuid::new_v4(), name, message)
    }

    /// A request of somebody under a given request id.
    pub fn under<M>(&self, request_id: Uuid, name: &str, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.issuer.token(id(name))).parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
        request.metadata_mut().insert("x-request-id", request_id.to_string().parse().unwrap());
        request
    }

    pub fn hours(&self, hours: i64) -> DateTime<Utc> {
        self.clock.now() + TimeDelta::hours(hours)
    }

    /// Erases what is due, where no account was erased; tells which members.
    pub async fn purge(&self) -> Vec<i64> {
        // any service has the table of what it has erased
        let identity = Database::in_memory(&self.clock).await.unwrap();
        family::migrate(&identity).await.unwrap();
        family::purge(&self.db, &identity).await.unwrap()
    }

    /// What the audit trail of a family says was done, by whom, to what.
    pub async fn audit(&self, family_id: i64) -> Vec<(i64, String, String, i64)> {
        let query = "SELECT actor_id, action, resource_type, resource_id FROM audit_logs WHERE family_id = $1 ORDER BY id";
        let query = Statement::from_sql_and_values(self.db.backend(), query, [family_id.into()]);
        let rows = self
            .db
            .read(backends::Scope::Own)
            .await
            .unwrap()
            .connection()
            .query_all_raw(query)
            .await
            .unwrap();
        rows.iter().map(|row| row.try_get_many_by_index().unwrap()).collect()
    }

    pub async fn family_id(&self, name: &str) -> i64 {
        self.family().get_family(self.of(name, GetFamilyRequest {})).await.unwrap().into_inner().id
    }

    pub async fn invite(&self, by: &str, whom: &str) -> Result<Invitation, Status> {
        inner(self.family().invite_manager(self.of(by, InviteManagerRequest { email: email(whom) })).await)
    }

    pub async fn accept(&self, name: &str, invitation_id: i64) -> Result<Manager, Status> {
        inner(self.family().accept_invitation(self.of(name, AcceptInvitationRequest { invitation_id })).await)
    }

    /// Invites somebody, who accepts.
    pub async fn add_manager(&self, by: &str, whom: &str) -> Result<Manager, Status> {
        self.accept(whom, self.invite(by, whom).await?.id).await
    }

    pub async fn remove_manager(&self, by: &str, whom: &str) -> Result<RemoveManagerResponse, Status> {
        inner(self.family().remove_manager(self.of(by, RemoveManagerRequest { user_id: id(whom) })).await)
    }

    pub async fn managers(&self, name: &str) -> Vec<i64> {
        let request = ListManagersRequest { limit: 100, cursor: String::new() };
        let page = self.family().list_managers(self.of(name, request)).await.unwrap().into_inner();
        page.data.into_iter().map(|manager| manager.user_id).collect()
    }

    pub async fn create(&self, by: &str, name: &str) -> Member {
        inner(self.family().create_member(self.of(by, member(name))).await).unwrap()
    }

    pub async fn get(&self, by: &str, member_id: i64) -> Result<Member, Status> {
        inner(self.family().get_member(self.of(by, GetMemberRequest { member_id })).await)
    }

    pub async fn delete(&self, by: &str, member_id: i64) -> Result<DeleteMemberResponse, Status> {
        inner(self.family().delete_member(self.of(by, DeleteMemberRequest { member_id, erase: false })).await)
    }

    pub async fn restore(&self, by: &str, member_id: i64) -> Result<Member, Status> {
        inner(self.family().restore_member(self.of(by, RestoreMemberRequest { member_id })).await)
    }

    pub async fn visible(&self, name: &str) -> Vec<i64> {
        let request = ListMembersRequest { limit: 100, cursor: String::new() };
        let page = self.family().list_members(self.of(name, request)).await.unwrap().into_inner();
        page.data.into_iter().map(|member| member.id).collect()
    }

    pub async fn grant(&self, by: &str, grant: CreateGrantRequest) -> Result<Grant, Status> {
        inner(self.family().create_grant(self.of(by, grant)).await)
    }

    pub async fn authorize(
        &self,
        name: &str,
        member_id: i64,
        action: Action,
    ) -> Result<AuthorizeMemberResponse, Status> {
        let request = AuthorizeMemberRequest { user_id: id(name), member_id, action: action.into() };
        inner(self.family().authorize_member(request).await)
    }
}

/// A new member.
pub fn member(name: &str) -> CreateMemberRequest {
    CreateMemberRequest {
        name: name.to_owned(),
        birth_date: "1960-05-20".to_owned(),
        relation_type: "mother".to_owned(),
        time_zone: Some("Asia/Kolkata".to_owned()),
        leaderboard_opt_in: false,
    }
}

pub fn inner<T>(answer: Result<Response<T>, Status>) -> Result<T, Status> {
    answer.map(Response::into_inner)
}

/// All that a caller sees of a refusal.
pub fn shown(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

/// The fields a refusal names.
pub fn fields(status: Status) -> Vec<String> {
    chassis::Error::from(status).fields().iter().map(|fault| fault.field.clone()).collect()
}
