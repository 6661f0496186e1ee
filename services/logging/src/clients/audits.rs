//! The audit trails of the other services.

use chassis::audit::Page;
use chassis::mesh::answered;
use chassis::{Error, Link};
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use proto::audit::v1::Entry;
use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::program::v1::program_service_client::ProgramServiceClient;
use proto::{adherence, family, program};

/// A service that keeps a part of a family's trail.
#[derive(Clone)]
pub enum Audit {
    /// Members, grants, managers; and every refusal of what is there.
    Family(FamilyServiceClient<Link>),
    /// Programs and goals.
    Program(ProgramServiceClient<Link>),
    /// Scores.
    Adherence(AdherenceServiceClient<Link>),
}

impl Audit {
    /// All of them, in an order that stays.
    pub fn all(family: &Link, program: &Link, adherence: &Link) -> [Self; 3] {
        [
            Self::Family(FamilyServiceClient::new(family.clone())),
            Self::Program(ProgramServiceClient::new(program.clone())),
            Self::Adherence(AdherenceServiceClient::new(adherence.clone())),
        ]
    }

    /// A page of the part.
    pub async fn page(&self, page: Page) -> Result<Vec<Entry>, Error> {
        let query = Some(page.into());
        Ok(match self {
            Self::Family(client) => {
                answered(client.clone().list_audit(family::v1::ListAuditRequest { query }).await)?.entries
            }
            Self::Program(client) => {
                answered(client.clone().list_audit(program::v1::ListAuditRequest { query }).await)?.entries
            }
            Self::Adherence(client) => {
                answered(client.clone().list_audit(adherence::v1::ListAuditRequest { query }).await)?.entries
            }
        })
    }
}
