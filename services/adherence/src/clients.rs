//! The services that adherence calls.

mod plan;

use chassis::mesh::answered;
use chassis::{Error, Kind, Link};
use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::family::v1::{GetHouseholdRequest, Household};
use proto::program::v1::program_service_client::ProgramServiceClient;
use proto::program::v1::{Action, AuthorizeProgramRequest, AuthorizeProgramResponse, GetPlanRequest};

use crate::domain::plan::Plan;

/// The program service.
#[derive(Clone)]
pub struct Programs(ProgramServiceClient<Link>);

impl Programs {
    /// The program service behind a link.
    pub fn new(link: Link) -> Self {
        Self(ProgramServiceClient::new(link))
    }

    /// What a user may see of a program; denied when that is nothing.
    pub async fn authorize(&self, user_id: i64, program_id: i64) -> Result<AuthorizeProgramResponse, Error> {
        let request = AuthorizeProgramRequest { user_id, program_id, action: Action::Read.into() };
        answered(self.0.clone().authorize_program(request).await).map_err(|error| match error.kind() {
            Kind::Denied => Error::denied(),
            _ => error,
        })
    }

    /// The plan of a program as it is now.
    pub async fn plan(&self, program_id: i64) -> Result<Plan, Error> {
        let plan = answered(self.0.clone().get_plan(GetPlanRequest { program_id }).await)?;
        plan::read(plan).ok_or_else(|| Error::internal("program sent a plan that cannot be read"))
    }
}

/// The family service.
#[derive(Clone)]
pub struct Family(FamilyServiceClient<Link>);

impl Family {
    /// The family service behind a link.
    pub fn new(link: Link) -> Self {
        Self(FamilyServiceClient::new(link))
    }

    /// The family a user manages, and its members.
    pub async fn household(&self, user_id: i64) -> Result<Household, Error> {
        answered(self.0.clone().get_household(GetHouseholdRequest { user_id }).await)
    }
}
