//! Every answer has a request id, and the services get it along with the client's address.

use http::Method;
use proto::family::v1::{Family, GetFamilyRequest};
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use crate::fake::Fake;
use crate::house::{House, Send};
use crate::rest::kept;

const ID: &str = "0196a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a5b";

#[tokio::test]
async fn a_given_id_travels_and_a_missing_one_is_made() {
    let (arrived, keep) = kept::<MetadataMap>();
    let fake = Fake::default().on(
        "/praan.family.v1.FamilyService/GetFamily",
        move |request: tonic::Request<GetFamilyRequest>| {
            keep(request.metadata());
            Ok(Family::default())
        },
    );
    let house = House::open(fake).await;
    let family = || house.request(Method::GET, "/api/v1/family").header("x-praan-client-address", "6.6.6.6");
    let given = family().header("x-request-id", ID).answer().await;
    assert_eq!((given.status.as_u16(), given.header("x-request-id")), (200, ID));
    let metadata = arrived.lock().unwrap().take().unwrap();
    assert_eq!(metadata.get("x-request-id").unwrap(), ID);
    assert_eq!(metadata.get("x-praan-client-address").unwrap(), "127.0.0.1");

    let made = family().answer().await;
    let id = Uuid::parse_str(made.header("x-request-id")).unwrap();
    assert_eq!(id.get_version_num(), 4);
    assert_eq!(arrived.lock().unwrap().take().unwrap().get("x-request-id").unwrap(), &id.to_string());
}

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let house = House::open(Fake::default()).await;
    for bad in ["1", "0196a1b27c3d4e5f8a9b0c1d2e3f4a5b", "not-a-uuid-not-a-uuid-not-a-uuid-not-"] {
        let answer = house.request(Method::GET, "/api/v1/family").header("x-request-id", bad).answer().await;
        assert_eq!(
            (answer.status.as_u16(), answer.errors()),
            (400, vec!["X-Request-ID: must be a UUID".to_owned()])
        );
        assert!(Uuid::parse_str(answer.header("x-request-id")).is_ok());
    }
}

#[tokio::test]
async fn every_answer_has_one() {
    let house = House::open(Fake::default()).await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/healthz"),
        (Method::GET, "/nothing"),
        (Method::OPTIONS, "/api/v1/members"),
        (Method::TRACE, "/api/v1/members"),
        (Method::POST, "/api/v1/auth/login"),
    ] {
        let answer = house.anonymous(method.clone(), path).answer().await;
        assert!(Uuid::parse_str(answer.header("x-request-id")).is_ok(), "{method} {path}");
    }
}
