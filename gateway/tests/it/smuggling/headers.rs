use http::Method;
use proto::family::v1::GetFamilyRequest;
use proto::family::v1::family_service_client::FamilyServiceClient;

use super::Scene;
use crate::house::Send;

/// What only the house may say, and what would change how a service takes a call.
const FORGED: &[(&str, &str)] = &[
    ("x-praan-client-address", "6.6.6.6"),
    ("X-Praan-Client-Agent", "forged"),
    ("x-praan-user", "1"),
    ("x-praan-", "1"),
    ("x-forwarded-for", "6.6.6.6"),
    ("forwarded", "for=6.6.6.6"),
    ("x-real-ip", "6.6.6.6"),
    ("tracestate", "forged=1"),
];

/// What means something to gRPC, and must not come from the headers of REST.
const OF_GRPC: &[(&str, &str)] = &[
    ("grpc-timeout", "1n"),
    ("grpc-encoding", "gzip"),
    ("grpc-accept-encoding", "gzip"),
    ("grpc-status", "0"),
    ("grpc-message", "forged"),
    ("grpc-status-details-bin", "AAAA"),
    ("grpc-previous-rpc-attempts", "9"),
    ("te", "trailers"),
    ("cookie", "session=forged"),
    ("x-user-id", "1"),
    ("x-http-method-override", "DELETE"),
];

#[tokio::test]
async fn no_header_of_rest_speaks_as_the_house() {
    let scene = Scene::open().await;
    for (name, value) in FORGED.iter().chain(OF_GRPC) {
        let answer = scene.house.request(Method::GET, "/api/v1/family").header(*name, *value).answer().await;
        assert_eq!(answer.status, 200, "{name}");
        let [(_, metadata)] = &scene.arrived()[..] else { panic!("{name}: not once") };
        for (key, found) in metadata.clone().into_headers().iter() {
            let found = String::from_utf8_lossy(found.as_bytes()).into_owned();
            assert!(found != *value || (key == "te" && *name == "te"), "{name} arrived as {key}");
        }
        assert_eq!(metadata.get("x-praan-client-address").unwrap(), "127.0.0.1", "{name}");
    }
}

#[tokio::test]
async fn no_metadata_of_grpc_speaks_as_the_house() {
    let scene = Scene::open().await;
    let mut client = FamilyServiceClient::new(scene.house.channel().await);
    for (name, value) in FORGED {
        let mut request = scene.house.grpc(GetFamilyRequest {});
        let key: tonic::metadata::AsciiMetadataKey = name.to_lowercase().parse().unwrap();
        request.metadata_mut().insert(key, value.parse().unwrap());
        client.get_family(request).await.unwrap();
        let [(_, metadata)] = &scene.arrived()[..] else { panic!("{name}: not once") };
        let headers = metadata.clone().into_headers();
        assert!(headers.values().all(|found| found != value), "{name}");
        assert_eq!(headers["x-praan-client-address"], "127.0.0.1", "{name}");
    }
}
