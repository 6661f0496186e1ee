//! Thirteen ways to forge an access token out of a genuine one and all that is public. None gets in, and none makes the house call.

use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use integration_tests::{Api, House};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;

crate::stories::stories!(thirteen_forgeries);

async fn thirteen_forgeries(house: &House) {
    let asha = house.sign_up().await;
    let program = asha.start_program(asha.add_member().await).await;
    let trap = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let there = format!("http://{}/keys", trap.local_addr().expect("its address"));
    let keys = Api::nobody(&house.url).get("/.well-known/jwks.json").await.expect(200);
    let public = keys["keys"][0]["x"].as_str().expect("a key").to_owned();
    let forged = forgeries(asha.token.as_deref().expect("a token"), &public, &there);
    assert_eq!(forged.len(), 13);
    for (name, token) in forged {
        let mallory = asha.clone().holding(&json!({"access_token": token}));
        for path in ["/api/v1/users/me".to_owned(), format!("/api/v1/programs/{program}/history")] {
            let answer = mallory.get(&path).await;
            assert_eq!(answer.status, 401, "{name} {path}");
        }
    }
    asha.get("/api/v1/users/me").await.expect(200);
    let called = tokio::time::timeout(Duration::from_millis(100), trap.accept()).await;
    assert!(called.is_err(), "somebody called");
}

fn forgeries(genuine: &str, public: &str, there: &str) -> Vec<(&'static str, String)> {
    let [header, payload, signature] = genuine.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts")
    };
    let headed = |change: Value| merged(header, change);
    let unsigned = |alg: &str| format!("{}.{payload}.", headed(json!({"alg": alg})));
    let by_secret = |secret: &[u8]| {
        let told = format!("{}.{payload}", headed(json!({"alg": "HS256"})));
        let signed =
            jsonwebtoken::crypto::sign(told.as_bytes(), &EncodingKey::from_secret(secret), Algorithm::HS256);
        format!("{told}.{}", signed.expect("it signs"))
    };
    let stranger = Ed25519KeyPair::generate().expect("a key");
    let by_stranger = |change: Value| {
        let told = format!("{}.{payload}", headed(change));
        format!("{told}.{}", URL_SAFE_NO_PAD.encode(stranger.sign(told.as_bytes()).as_ref()))
    };
    let own =
        json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(stranger.public_key().as_ref())});
    let key_bytes = URL_SAFE_NO_PAD.decode(public).expect("base64");
    vec![
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("HS256 with the public key", by_secret(&key_bytes)),
        ("HS256 with the public key as text", by_secret(public.as_bytes())),
        ("RS256 header", format!("{}.{payload}.{signature}", headed(json!({"alg": "RS256"})))),
        ("kid that is a path", by_stranger(json!({"kid": "../../dev/null"}))),
        ("kid that is SQL", by_stranger(json!({"kid": "' OR '1'='1"}))),
        ("jku", by_stranger(json!({"jku": there}))),
        ("x5u", by_stranger(json!({"x5u": there}))),
        ("jwk of its own", by_stranger(json!({"jwk": own}))),
        ("foreign key", by_stranger(json!({}))),
        ("signature stripped", format!("{header}.{payload}.")),
        (
            "payload changed",
            format!("{header}.{}.{signature}", merged(payload, json!({"sub": "4000000000"}))),
        ),
    ]
}

/// A part of a token with other fields.
fn merged(part: &str, change: Value) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64");
    let mut part: Value = serde_json::from_slice(&bytes).expect("JSON");
    for (name, value) in change.as_object().expect("fields") {
        part[name] = value.clone();
    }
    URL_SAFE_NO_PAD.encode(part.to_string())
}
