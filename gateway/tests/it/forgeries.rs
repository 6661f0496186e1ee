//! Every known way to forge an access token is refused at the door, and none makes the house call anywhere.

use std::time::Duration;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::fake::Fake;
use crate::house::{House, Send, USER};
use crate::tokens::Tokens;

#[tokio::test]
async fn every_forgery_is_refused_and_nobody_is_called() {
    let house = House::open(Fake::default()).await;
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let there = format!("http://{}/keys", trap.local_addr().unwrap());
    let get = async |token: &str| {
        let path = "/api/v1/users/me";
        house.anonymous(http::Method::GET, path).bearer_auth(token).answer().await.status.as_u16()
    };
    let good = house.tokens.of(USER);
    assert_ne!(get(&good).await, 401, "the genuine one passes");
    for (name, token) in forgeries(&house, &good, &there) {
        assert_eq!(get(&token).await, 401, "{name}");
    }
    assert_ne!(get(&good).await, 401, "the genuine one still passes");
    assert!(
        tokio::time::timeout(Duration::from_millis(100), trap.accept()).await.is_err(),
        "somebody called"
    );
}

fn forgeries(house: &House, good: &str, there: &str) -> Vec<(&'static str, String)> {
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let headed = |change: Value| {
        let mut header = read(header);
        for (name, value) in change.as_object().unwrap() {
            header[name] = value.clone();
        }
        format!("{}.{payload}.{signature}", write(&header))
    };
    let unsigned =
        |alg: &str| format!("{}.{payload}.", write(&json!({"alg": alg, "typ": "JWT", "kid": "test"})));
    let (tokens, stranger) = (&house.tokens, stranger());
    let foreign_jwk = json!(Tokens::public(&stranger));
    let mut other = read(payload);
    other["sub"] = json!("8");
    vec![
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("alg NONE", unsigned("NONE")),
        ("HS256 with the public key", tokens.hs256(USER, &URL_SAFE_NO_PAD.decode(tokens.x()).unwrap())),
        ("HS256 with the public key as text", tokens.hs256(USER, tokens.x().as_bytes())),
        ("kid unknown", tokens.forged(USER, json!({"kid": "unknown"}), json!({}))),
        ("kid that is a path", tokens.forged(USER, json!({"kid": "../../dev/null"}), json!({}))),
        ("kid that is SQL", tokens.forged(USER, json!({"kid": "' OR '1'='1"}), json!({}))),
        ("jku", tokens.signed_by(&stranger, USER, json!({"jku": there}))),
        ("jku and a kid of there", tokens.signed_by(&stranger, USER, json!({"jku": there, "kid": "there"}))),
        ("x5u", tokens.signed_by(&stranger, USER, json!({"x5u": there}))),
        ("jwk of its own", tokens.signed_by(&stranger, USER, json!({"jwk": foreign_jwk}))),
        ("RS256 header", headed(json!({"alg": "RS256"}))),
        ("signature stripped", format!("{header}.{payload}.")),
        ("signature left out", format!("{header}.{payload}")),
        ("other issuer", tokens.forged(USER, json!({}), json!({"iss": "https://mallory.example.org"}))),
        ("other audience", tokens.forged(USER, json!({}), json!({"aud": "another house"}))),
        ("expired", tokens.forged(USER, json!({}), json!({"exp": house.clock.now().timestamp()}))),
        ("foreign key", tokens.signed_by(&stranger, USER, json!({}))),
        ("payload changed", format!("{header}.{}.{signature}", write(&other))),
    ]
}

/// The key of somebody else.
fn stranger() -> EncodingKey {
    EncodingKey::from_ed_der(Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap().as_ref())
}

fn read(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn write(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}
