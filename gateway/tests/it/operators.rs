//! Who may have a request logged in full: who holds a token, and nobody else.

use chassis::verbose::{Key, MARK, TOKEN};
use chrono::TimeDelta;
use http::Method;
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use proto::identity::v1::{GetJwksRequest, Jwks};
use tonic::metadata::MetadataMap;

use crate::fake::Fake;
use crate::house::{House, Send};
use crate::rest::kept;

#[tokio::test]
async fn a_service_is_told_by_the_door_alone_whom_an_operator_wants_to_see_through() {
    let (arrived, keep) = kept::<MetadataMap>();
    let fake = || {
        let keep = keep.clone();
        let method = "/praan.identity.v1.IdentityService/GetJwks";
        Fake::default().on(method, move |request: tonic::Request<GetJwksRequest>| {
            keep(request.metadata());
            Ok(Jwks::default())
        })
    };
    // what a service was told of a request with a header, over REST and over gRPC
    let told = async |house: &House, header: (&'static str, &str)| {
        let rest = house.anonymous(Method::GET, "/.well-known/jwks.json").header(header.0, header.1);
        assert_eq!(rest.answer().await.status, 200);
        let over_rest = arrived.lock().unwrap().take().unwrap();
        let mut request = tonic::Request::new(GetJwksRequest {});
        request.metadata_mut().insert(header.0, header.1.parse().unwrap());
        IdentityServiceClient::new(house.channel().await).get_jwks(request).await.unwrap();
        let over_grpc = arrived.lock().unwrap().take().unwrap();
        [over_rest, over_grpc].map(|metadata| {
            assert!(!metadata.contains_key(TOKEN), "the token goes no further");
            metadata.contains_key(MARK)
        })
    };
    let (key, other) = (Key::new(&"k".repeat(32)).unwrap(), Key::new(&"o".repeat(32)).unwrap());
    let house = House::with(fake(), |config| config.debug_key = Some(key.clone())).await;
    let soon = house.clock.now() + TimeDelta::minutes(15);
    let good = key.token(soon);
    assert_eq!(told(&house, (TOKEN, &good)).await, [true; 2]);
    assert_eq!(told(&house, (TOKEN, &other.token(soon))).await, [false; 2]);
    assert_eq!(told(&house, (TOKEN, "1")).await, [false; 2]);
    assert_eq!(told(&house, (MARK, "1")).await, [false; 2], "nobody outside can say so");
    house.clock.advance(TimeDelta::minutes(15));
    assert_eq!(told(&house, (TOKEN, &good)).await, [false; 2], "it has ended");

    let deaf = House::open(fake()).await;
    assert_eq!(
        told(&deaf, (TOKEN, &key.token(soon))).await,
        [false; 2],
        "without a secret nobody is listened to"
    );
}
