//! Which access tokens are believed.

use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::auth::Claims;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use proto::adherence::v1::{GetDashboardRequest, ProgramEvent, WatchProgramRequest};
use tonic::{Code, Request, Status, Streaming};

use crate::house::{Keys, claims, noon, room};

async fn call(link: &chassis::Link, authorization: Option<&str>) -> Result<i64, Status> {
    let mut request = Request::new(GetDashboardRequest { program_id: 1 });
    if let Some(value) = authorization {
        request.metadata_mut().insert("authorization", value.parse().expect("a header"));
    }
    let answer = AdherenceServiceClient::new(link.clone()).get_dashboard(request).await?;
    Ok(answer.into_inner().program_id)
}

#[tokio::test]
async fn a_good_token_tells_the_user_until_it_or_its_session_ends() {
    let keys = Keys::new();
    let (link, clock) = room(&keys);
    let bearer = format!("Bearer {}", keys.token(&claims()));
    assert_eq!(call(&link, Some(&bearer)).await.expect("it is good"), 7);
    clock.set(noon() + TimeDelta::seconds(899));
    assert_eq!(call(&link, Some(&bearer)).await.expect("it is still good"), 7);
    clock.set(noon() + TimeDelta::seconds(900));
    assert_eq!(call(&link, Some(&bearer)).await.expect_err("it has expired").code(), Code::Unauthenticated);

    let (link, _) = room(&keys);
    keys.ended.store(true, Ordering::Relaxed);
    assert_eq!(
        call(&link, Some(&bearer)).await.expect_err("the session has ended").code(),
        Code::Unauthenticated
    );
}

async fn watch(link: &chassis::Link, authorization: &str) -> Streaming<ProgramEvent> {
    let mut request = Request::new(WatchProgramRequest { program_id: 1, after_event_id: 0 });
    request.metadata_mut().insert("authorization", authorization.parse().expect("a header"));
    AdherenceServiceClient::new(link.clone()).watch_program(request).await.expect("a stream").into_inner()
}

#[tokio::test]
async fn a_stream_lasts_no_longer_than_its_token_and_its_session() {
    let keys = Keys::new();
    let bearer = format!("Bearer {}", keys.token(&claims()));
    let (link, clock) = room(&keys);
    let mut stream = watch(&link, &bearer).await;
    clock.set(noon() + TimeDelta::seconds(900));
    assert_eq!(stream.message().await.expect_err("it has expired").code(), Code::Unauthenticated);
    assert!(stream.message().await.expect("nothing").is_none(), "that was the last word");

    let (link, _) = room(&keys);
    let mut stream = watch(&link, &bearer).await;
    keys.ended.store(true, Ordering::Relaxed);
    let refused = chassis::Error::from(stream.message().await.expect_err("the session has ended"));
    assert_eq!(refused.kind(), chassis::Kind::Unauthenticated);
}

#[tokio::test]
async fn forgeries_are_refused() {
    let keys = Keys::new();
    let (link, _) = room(&keys);
    let good = keys.token(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let with_header = |json: &str| format!("{}.{}.{}", encode(json), parts[1], parts[2]);
    let with_claims = |change: &dyn Fn(&mut Claims)| {
        let mut claims = claims();
        change(&mut claims);
        keys.token(&claims)
    };
    let mut hs256 = Header::new(Algorithm::HS256);
    hs256.kid = Some("k1".into());
    let public = EncodingKey::from_secret(keys.public().as_bytes());
    let stranger = Keys::new();
    let forgeries = [
        ("no token", String::new()),
        ("nonsense", "abc".into()),
        ("alg none", format!("{}.{}.", encode(r#"{"alg":"none","kid":"k1"}"#), parts[1])),
        ("alg none with a signature", with_header(r#"{"alg":"none","kid":"k1"}"#)),
        ("HS256 with the public key", jsonwebtoken::encode(&hs256, &claims(), &public).expect("a token")),
        ("no kid", with_header(r#"{"alg":"EdDSA"}"#)),
        ("a kid that is a path", with_header(r#"{"alg":"EdDSA","kid":"../../etc/passwd"}"#)),
        ("a jku", with_header(r#"{"alg":"EdDSA","kid":"k1","jku":"http://127.0.0.1:1/keys"}"#)),
        ("another's key under our kid", stranger.token(&claims())),
        (
            "other claims under the signature",
            format!("{}.{}.{}", parts[0], encode(r#"{"sub":"1"}"#), parts[2]),
        ),
        ("another audience", with_claims(&|c| c.aud = "elsewhere".into())),
        ("another issuer", with_claims(&|c| c.iss = "elsewhere".into())),
        ("expired", with_claims(&|c| c.exp = c.iat - 1)),
        ("a subject that is no id", with_claims(&|c| c.sub = "admin".into())),
        ("another session", with_claims(&|c| c.sid = 4)),
        ("very long", format!("{good}{}", "A".repeat(10_000))),
    ];
    for (what, token) in forgeries {
        let refused = call(&link, Some(&format!("Bearer {token}"))).await.expect_err(what);
        assert_eq!(refused.code(), Code::Unauthenticated, "{what}");
    }
    assert_eq!(call(&link, None).await.expect_err("no header").code(), Code::Unauthenticated);
    assert_eq!(
        call(&link, Some(&format!("Basic {good}"))).await.expect_err("basic").code(),
        Code::Unauthenticated
    );
    assert_eq!(call(&link, Some(&format!("bearer {good}"))).await.expect("the scheme has no case"), 7);
    assert!(keys.asked.load(Ordering::Relaxed) <= 2, "unknown keys must not make a storm of questions");
}
