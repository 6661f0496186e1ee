//! A provider that changes its keys, goes away, or is not who it should be; by a clock that obeys.

use chassis::clock::Clock;
use chrono::TimeDelta;
use identity::Providers;
use proto::identity::v1::*;
use serde_json::{Value, json};
use servers::OidcProvider;
use tonic::{Code, Status};

use crate::house::House;

#[tokio::test]
async fn new_keys_are_fetched_when_a_token_names_one_and_at_most_once_a_minute() {
    let there = There::start().await;
    there.sign_in(&there.token(json!({})).await).await.unwrap();
    there.provider.rotate().await;
    let new = there.token(json!({})).await;
    assert_eq!(there.sign_in(&new).await.unwrap_err().code(), Code::Unauthenticated, "within the minute");
    there.house.clock.advance(TimeDelta::minutes(1));
    there.sign_in(&new).await.unwrap();
}

#[tokio::test]
async fn what_a_provider_last_published_holds_while_it_is_away() {
    let there = There::start().await;
    let mut tokens = Vec::new();
    for n in 0..5 {
        tokens.push(there.token(json!({"jti": n, "exp": there.now() + 1_000_000})).await);
    }
    let [first, old, while_away @ ..] = &tokens[..] else { unreachable!("there are five") };
    there.sign_in(first).await.unwrap();
    there.provider.kill9().await;
    for (days, token) in (0..).zip(while_away) {
        there.house.clock.advance(TimeDelta::days(days));
        there.sign_in(token).await.unwrap();
    }
    // it comes back with other keys, and those of before are worth nothing
    there.provider.restart().await;
    there.house.clock.advance(TimeDelta::minutes(1));
    let new = there.token(json!({})).await;
    there.sign_in(&new).await.unwrap();
    assert_eq!(there.sign_in(old).await.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_provider_that_was_never_reached_is_unavailable_and_tried_again() {
    let there = There::start().await;
    let token = there.token(json!({})).await;
    there.provider.stop().await;
    assert_eq!(there.sign_in(&token).await.unwrap_err().code(), Code::Unavailable);
    there.provider.restart().await;
    there.house.clock.advance(TimeDelta::seconds(1));
    there.sign_in(&there.token(json!({})).await).await.unwrap();
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_believed() {
    let provider = OidcProvider::start().await;
    // the same server under another name: its document says the first
    let issuer = provider.issuer().replace("127.0.0.1", "localhost");
    let there = There::over(provider, &issuer).await;
    let refused = there.sign_in(&there.token(json!({"iss": issuer})).await).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_flow_is_over_after_ten_minutes_and_nothing_of_it_rests() {
    let there = There::start().await;
    let begun = there.start_flow().await.unwrap();
    let state = |url: &str| url.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    #[derive(Debug, sea_orm::FromQueryResult)]
    struct Resting {
        hash: Vec<u8>,
        provider: String,
        redirect_uri: String,
    }
    let rows: Vec<Resting> = there.house.rows("SELECT * FROM oidc_flows").await;
    let [row] = rows.as_slice() else { panic!("one flow") };
    assert_eq!((row.provider.as_str(), row.redirect_uri.as_str()), ("there", there.provider.redirect_uri()));
    assert_ne!(row.hash, begun.flow.as_bytes());
    there.house.clock.advance(TimeDelta::minutes(10));
    let finish = FinishOidcSignInRequest {
        flow: begun.flow,
        state: state(&begun.authorization_url),
        code: "code".into(),
        iss: Some(there.provider.issuer()),
        restore: false,
    };
    let late = there.house.identity().finish_oidc_sign_in(finish).await.unwrap_err();
    assert_eq!(late.code(), Code::Unauthenticated);
    there.start_flow().await.unwrap();
    there.house.clock.advance(TimeDelta::minutes(10));
    there.start_flow().await.unwrap();
    assert_eq!(there.house.rows::<Resting>("SELECT * FROM oidc_flows").await.len(), 1, "old ones go");
}

#[tokio::test]
async fn a_locked_account_is_not_opened_by_a_provider_either() {
    let there = There::start().await;
    let tokens = there.sign_in(&there.token(json!({"jti": 1})).await).await.unwrap();
    identity::lock(&there.house.db, "asha@example.org").await.unwrap();
    there.house.user(&tokens).await.unwrap_err();
    // one that is tied to it, and one that would be by the address
    for (n, subject) in ["asha", "another"].into_iter().enumerate() {
        let token = there.token(json!({"jti": 2 + n, "sub": subject})).await;
        let told = there.sign_in(&token).await.unwrap_err();
        assert!(told.code() == Code::Unauthenticated && told.message().contains("locked"), "{told:?}");
    }
    identity::unlock(&there.house.db, "asha@example.org").await.unwrap();
    there.sign_in(&there.token(json!({"jti": 4})).await).await.unwrap();
}

/// A house and a provider it knows as `there`.
struct There {
    provider: OidcProvider,
    house: House,
}

impl There {
    async fn start() -> Self {
        let provider = OidcProvider::start().await;
        let issuer = provider.issuer();
        Self::over(provider, &issuer).await
    }

    async fn over(provider: OidcProvider, issuer: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        let list = json!([{"name": "there", "issuer": issuer, "client_ids": ["web"], "client_id": "web",
            "redirect_uris": [provider.redirect_uri()]}]);
        std::fs::write(file.path(), list.to_string()).unwrap();
        let providers = Providers::read(file.path()).unwrap();
        let house = House::with(providers, Clock::system().now()).await;
        Self { provider, house }
    }

    fn now(&self) -> i64 {
        self.house.clock.now().timestamp()
    }

    async fn token(&self, change: Value) -> String {
        let mut claims = json!({"iss": self.provider.issuer(), "sub": "asha", "aud": "web", "iat": self.now(),
            "exp": self.now() + 300, "nonce": "n", "email": "asha@example.org", "email_verified": "true"});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        self.provider.sign(&json!({"claims": claims}).to_string()).await
    }

    async fn sign_in(&self, token: &str) -> Result<Tokens, Status> {
        let (provider, id_token, nonce) = ("there".into(), token.into(), "n".into());
        let request = SignInWithIdTokenRequest { provider, id_token, nonce, restore: false };
        Ok(self.house.identity().sign_in_with_id_token(request).await?.into_inner())
    }

    async fn start_flow(&self) -> Result<StartOidcSignInResponse, Status> {
        let (provider, redirect_uri) = ("there".into(), self.provider.redirect_uri().into());
        let request = StartOidcSignInRequest { provider, redirect_uri };
        Ok(self.house.identity().start_oidc_sign_in(request).await?.into_inner())
    }
}
