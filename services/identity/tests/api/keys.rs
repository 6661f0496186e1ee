//! The keys: what is published, what is kept, and what survives a restart.

use chassis::auth::{Claims, ISSUER};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use proto::identity::v1::{GetJwksRequest, Jwk};

use crate::house::{House, PASSWORD};

#[tokio::test]
async fn anybody_can_check_an_access_token_by_the_published_keys() {
    let house = House::open().await;
    let tokens = house.register("asha@example.com").await.unwrap();
    let header = decode_header(&tokens.access_token).unwrap();
    let jwk = house.published().await.into_iter().find(|jwk| Some(&jwk.kid) == header.kid.as_ref()).unwrap();
    assert_eq!([jwk.kty, jwk.crv, jwk.alg, jwk.r#use], ["OKP", "Ed25519", "EdDSA", "sig"]);
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[ISSUER]);
    rules.validate_exp = false;
    let key = DecodingKey::from_ed_components(&jwk.x).unwrap();
    let claims = decode::<Claims>(&tokens.access_token, &key, &rules).unwrap().claims;
    let user = house.user(&tokens).await.unwrap();
    assert_eq!((claims.sub, claims.sid), (user.id.to_string(), user.session_id));
    assert_eq!((claims.iat, claims.exp - claims.iat), (house.clock.now().timestamp(), 900));
    let another = house.refresh(&tokens).await.unwrap();
    assert_ne!(decode::<Claims>(&another.access_token, &key, &rules).unwrap().claims.jti, claims.jti);
}

#[tokio::test]
async fn the_key_survives_a_restart_and_opens_by_its_own_lock_only() {
    let house = House::open().await;
    let tokens = house.register("asha@example.com").await.unwrap();
    let again = house.again([7; 32]).await.unwrap();
    assert_eq!(again.published().await, house.published().await);
    assert_eq!(again.user(&tokens).await.unwrap(), house.user(&tokens).await.unwrap());
    assert!(house.again([8; 32]).await.is_err());
}

#[tokio::test]
async fn a_retired_key_is_published_until_its_last_token_ends() {
    let house = House::open().await;
    let tokens = house.register("asha@example.com").await.unwrap();
    house.sql("UPDATE signing_keys SET retired_at = '2026-09-21T15:00:00+00:00'").await;
    house.clock.set("2026-09-21T15:00:00Z".parse().unwrap());
    let after = house.again([7; 32]).await.unwrap();
    let kids = after.published().await.into_iter().map(|jwk| jwk.kid).collect::<Vec<_>>();
    let old = decode_header(&tokens.access_token).unwrap().kid.unwrap();
    let new = decode_header(after.login("asha@example.com", PASSWORD).await.unwrap().access_token)
        .unwrap()
        .kid
        .unwrap();
    assert_ne!(old, new);
    assert_eq!(kids, [new.clone(), old]);
    house.clock.advance(TimeDelta::minutes(15));
    assert_eq!(after.published().await.into_iter().map(|jwk| jwk.kid).collect::<Vec<_>>(), [new]);
}

#[tokio::test]
async fn no_secret_rests_in_the_database() {
    let house = House::open().await;
    let tokens = house.register("asha@example.com").await.unwrap();
    #[derive(sea_orm::FromQueryResult)]
    struct Resting {
        password_hash: String,
        hash: Vec<u8>,
        secret: Vec<u8>,
    }
    let rows: Vec<Resting> = house.rows("SELECT * FROM users, refresh_tokens, signing_keys").await;
    let [row] = rows.as_slice() else { panic!("one row of each") };
    assert!(row.password_hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
    assert_eq!(row.hash.len(), 32);
    assert_ne!(row.hash, tokens.refresh_token.as_bytes());
    // a private key as PKCS#8 begins with a DER sequence of version and algorithm; encrypted it does not
    let algorithm = [0x06, 0x03, 0x2b, 0x65, 0x70];
    assert!(!row.secret.windows(algorithm.len()).any(|bytes| bytes == algorithm));
}

impl House {
    async fn published(&self) -> Vec<Jwk> {
        self.identity().get_jwks(GetJwksRequest {}).await.unwrap().into_inner().keys
    }
}
