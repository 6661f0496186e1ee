//! What another team's service does: signs in, and tells how every program it may see stands. Nothing but this crate and tonic is needed.
//!
//! `PRAAN_PASSWORD=… cargo run -p praan-proto --example overview -- http://127.0.0.1:8080 asha@example.org`

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that asks its environment and prints is what this is"
)]

use std::error::Error;
use std::time::Duration;

use proto::adherence::v1::GetAdherenceRequest;
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use proto::identity::v1::LoginRequest;
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use proto::program::v1::program_service_client::ProgramServiceClient;
use proto::program::v1::{ListProgramsRequest, Pagination};
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::Endpoint;
use tonic::{Request, Status};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, email] = &arguments[..] else { return Err("usage: overview URL E-MAIL".into()) };
    let password = std::env::var("PRAAN_PASSWORD")?;
    // every wait has an end; the server is told of it and stops working then, too
    let endpoint = Endpoint::from_shared(url.clone())?.connect_timeout(Duration::from_secs(5));
    let channel = endpoint.timeout(Duration::from_secs(10)).connect().await?;

    let login = LoginRequest { email: email.clone(), password, restore: false };
    let tokens = IdentityServiceClient::new(channel.clone()).login(login).await?.into_inner();
    // good for fifteen minutes; one who stays longer buys the next by `refresh`
    let mut bearer: AsciiMetadataValue = format!("Bearer {}", tokens.access_token).parse()?;
    bearer.set_sensitive(true);
    let signed = move |mut request: Request<()>| -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", bearer.clone());
        Ok(request)
    };
    let mut programs = ProgramServiceClient::with_interceptor(channel.clone(), signed.clone());
    let mut scores = AdherenceServiceClient::with_interceptor(channel, signed);

    let mut cursor = String::new();
    loop {
        let wish = ListProgramsRequest { cursor, ..ListProgramsRequest::default() };
        let page = programs.list_programs(wish).await?.into_inner();
        for program in page.data {
            let wish = GetAdherenceRequest { program_id: program.id, from: None, to: None };
            let adherence = scores.get_adherence(wish).await?.into_inner();
            let average =
                adherence.average.map_or("nothing yet".to_owned(), |score| format!("{score} of 100"));
            println!("{}, until {}: {average}", program.title, program.end_date);
        }
        match page.pagination {
            Some(Pagination { next_cursor: Some(next), .. }) => cursor = next,
            _ => return Ok(()),
        }
    }
}
