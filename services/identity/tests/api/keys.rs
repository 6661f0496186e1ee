//! The keys: what is published, what is kept, and what survives a restart.

use chassis::auth::{Claims, ISSUER};
use chrono::TimeDelta;
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use proto::identity::v1::{GetJwksRequest, Jwk, Tokens};

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
async fn the_next_key_is_published_before_it_signs_and_the_last_one_until_its_tokens_have_ended() {
    let house = House::open().await;
    let kid = |tokens: &Tokens| decode_header(&tokens.access_token).unwrap().kid.unwrap();
    let old = kid(&house.register("asha@example.com").await.unwrap());
    assert_eq!(house.kids().await, std::slice::from_ref(&old));

    house.clock.advance(TimeDelta::days(30));
    let waiting = house.login("asha@example.com", PASSWORD).await.unwrap();
    assert_eq!(kid(&waiting), old, "the next one waits until everybody knows it");
    let kids = house.kids().await;
    let new = kids[0].clone();
    assert_eq!(kids, [new.clone(), old.clone()]);

    house.clock.advance(TimeDelta::days(1) - TimeDelta::seconds(1));
    let last = house.login("asha@example.com", PASSWORD).await.unwrap();
    assert_eq!(kid(&last), old);
    house.clock.advance(TimeDelta::seconds(1));
    let first = house.login("asha@example.com", PASSWORD).await.unwrap();
    assert_eq!(kid(&first), new);
    house.user(&last).await.unwrap();
    house.user(&first).await.unwrap();

    house.clock.advance(TimeDelta::minutes(15));
    assert_eq!(house.kids().await, [new.clone(), old]);
    house.clock.advance(TimeDelta::minutes(5));
    assert_eq!(house.kids().await, [new]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_processes_that_find_the_next_key_due_one_makes_it() {
    let house = House::open().await;
    house.register("asha@example.com").await.unwrap();
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(house.again([7; 32]).await.unwrap());
    }
    house.clock.advance(TimeDelta::days(30));
    join_all(others.iter().map(|other| other.login("asha@example.com", PASSWORD))).await;
    let kids = house.kids().await;
    assert_eq!(kids.len(), 2);
    for other in &others {
        assert_eq!(other.kids().await, kids);
    }
    house.clock.advance(TimeDelta::days(1));
    for tokens in join_all(others.iter().map(|other| other.login("asha@example.com", PASSWORD))).await {
        let tokens = tokens.unwrap();
        assert_eq!(decode_header(&tokens.access_token).unwrap().kid.as_ref(), Some(&kids[0]));
        house.user(&tokens).await.unwrap();
    }
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
    async fn kids(&self) -> Vec<String> {
        self.published().await.into_iter().map(|jwk| jwk.kid).collect()
    }

    async fn published(&self) -> Vec<Jwk> {
        self.identity().get_jwks(GetJwksRequest {}).await.unwrap().into_inner().keys
    }
}
