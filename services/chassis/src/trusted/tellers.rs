use proto::family::v1::family_service_client::FamilyServiceClient;
use proto::family::v1::{self as family};
use proto::program::v1::program_service_client::ProgramServiceClient;
use proto::program::v1::{self as program};

use super::{Teller, Told};
use crate::Link;
use crate::mesh::answered;

/// Those on whom it hangs who may do what with a program: family, and program itself.
pub fn of_programs(program: Link, family: Link) -> Vec<Teller> {
    vec![of_family(family), of_program(program)]
}

fn of_family(link: Link) -> Teller {
    let client = FamilyServiceClient::new(link);
    Box::new(move |after| {
        let mut client = client.clone();
        Box::pin(async move {
            let told = answered(client.list_changes(family::ListChangesRequest { after }).await)?;
            Ok(Told { last: told.last, families: told.family_ids, forget: told.forget })
        })
    })
}

fn of_program(link: Link) -> Teller {
    let client = ProgramServiceClient::new(link);
    Box::new(move |after| {
        let mut client = client.clone();
        Box::pin(async move {
            let told = answered(client.list_changes(program::ListChangesRequest { after }).await)?;
            Ok(Told { last: told.last, families: told.family_ids, forget: told.forget })
        })
    })
}
