use http::Method;
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use proto::identity::v1::{GetJwksRequest, Jwks};
use tonic::Code;
use tonic::metadata::{MetadataKey, MetadataMap};

use super::fake;
use crate::fake::Fake;
use crate::grpc::frame;
use crate::house::{House, Send};
use crate::rest::kept;

/// The headers in which a client may claim to be somebody else.
const CLAIMS: [&str; 8] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-praan-client-address",
    "x-praan-user",
];

/// A claim to be from another address each time.
fn claim(name: &str, number: usize) -> String {
    let address = format!("203.0.113.{number}");
    if name == "forwarded" { format!("for={address};proto=https") } else { address }
}

/// Whether an anonymous request with this header passes the limits, asked over each protocol.
async fn passes(house: &House, name: &str, value: &str) -> [bool; 3] {
    let rest = house.anonymous(Method::GET, "/.well-known/jwks.json").header(name, value).answer().await;
    let web = house.anonymous(Method::POST, "/praan.identity.v1.IdentityService/GetJwks");
    let web = web.header("content-type", "application/grpc-web+proto").header(name, value);
    let web = web.body(frame(0, b"")).answer().await;
    let mut request = tonic::Request::new(GetJwksRequest {});
    let key = MetadataKey::from_bytes(name.as_bytes()).unwrap();
    request.metadata_mut().insert(key, value.parse().unwrap());
    let grpc = IdentityServiceClient::new(house.channel().await).get_jwks(request).await;
    assert!(grpc.as_ref().err().is_none_or(|status| status.code() == Code::ResourceExhausted), "{grpc:?}");
    [rest.status == 200, web.header("grpc-status") != "8", grpc.is_ok()]
}

#[tokio::test]
async fn no_claim_about_its_address_gets_a_client_another_bucket() {
    let house = House::with(fake(), |_| {}).await;
    for number in 0..33 {
        let name = CLAIMS[number % CLAIMS.len()];
        assert_eq!(passes(&house, name, &claim(name, number)).await, [true; 3], "{name}");
    }
    // one of the hundred is left
    let last = house.anonymous(Method::GET, "/.well-known/jwks.json").answer().await;
    assert_eq!((last.status.as_u16(), last.header("ratelimit")), (200, "\"default\";r=0;t=60"));
    for name in CLAIMS {
        assert_eq!(passes(&house, name, &claim(name, 200)).await, [false; 3], "{name}");
    }
}

#[tokio::test]
async fn behind_a_proxy_only_what_the_proxy_saw_counts() {
    let house = House::with(fake(), |config| config.proxies = 1).await;
    for number in 0..33 {
        let chain = format!("203.0.113.{number}, 198.51.100.7");
        assert_eq!(passes(&house, "x-forwarded-for", &chain).await, [true; 3]);
    }
    assert_eq!(passes(&house, "x-forwarded-for", "198.51.100.7").await, [true, false, false]);
    assert_eq!(passes(&house, "x-forwarded-for", "203.0.113.200,198.51.100.7").await, [false; 3]);
    // whom the proxy saw elsewhere has a bucket of its own; what is no address counts as the proxy
    assert_eq!(passes(&house, "x-forwarded-for", "198.51.100.7, 198.51.100.8").await, [true; 3]);
    assert_eq!(passes(&house, "x-forwarded-for", "198.51.100.9, for=198.51.100.10").await, [true; 3]);
    let own = house.anonymous(Method::GET, "/.well-known/jwks.json").answer().await;
    assert_eq!(own.header("ratelimit"), "\"default\";r=96;t=3");
}

#[tokio::test]
async fn nothing_a_client_claims_reaches_a_service() {
    let (arrived, keep) = kept::<MetadataMap>();
    let method = "/praan.identity.v1.IdentityService/GetJwks";
    let fake = Fake::default().on(method, move |request: tonic::Request<GetJwksRequest>| {
        keep(request.metadata());
        Ok(Jwks::default())
    });
    let house = House::open(fake).await;
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "x-praan-client-address", "x-praan-user"] {
        passes(&house, name, &claim(name, 1)).await;
        let metadata = arrived.lock().unwrap().take().unwrap();
        assert!(!format!("{metadata:?}").contains("203.0.113."), "{name}: {metadata:?}");
        assert_eq!(metadata.get("x-praan-client-address").unwrap(), "127.0.0.1");
    }
}
