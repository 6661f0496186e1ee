//! How a session goes on and ends.

use chassis::Kind;
use chrono::TimeDelta;
use futures_util::future::join_all;
use proto::identity::v1::{CheckSessionRequest, LogoutRequest};
use tonic::Code;

use crate::house::{House, PASSWORD, shown, signed};

#[tokio::test]
async fn a_refresh_token_buys_the_next_pair_of_the_same_session() {
    let house = House::open().await;
    let mut tokens = house.register("asha@example.com").await.unwrap();
    let user = house.user(&tokens).await.unwrap();
    for _ in 0..3 {
        house.clock.advance(TimeDelta::days(29));
        let next = house.refresh(&tokens).await.unwrap();
        assert_ne!(next.refresh_token, tokens.refresh_token);
        assert_eq!(house.user(&next).await.unwrap(), user);
        tokens = next;
    }
}

#[tokio::test]
async fn tokens_end_in_time() {
    let house = House::open().await;
    let tokens = house.register("asha@example.com").await.unwrap();
    house.clock.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    house.user(&tokens).await.unwrap();
    house.clock.advance(TimeDelta::seconds(1));
    assert_eq!(house.user(&tokens).await.unwrap_err().kind(), Kind::Unauthenticated);
    house.clock.advance(TimeDelta::days(30) - TimeDelta::minutes(15));
    assert_eq!(house.refresh(&tokens).await.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_much_it_is_used() {
    let house = House::open().await;
    let mut tokens = house.register("asha@example.com").await.unwrap();
    for _ in 0..4 {
        house.clock.advance(TimeDelta::days(22));
        tokens = house.refresh(&tokens).await.unwrap();
    }
    house.clock.advance(TimeDelta::days(2) - TimeDelta::minutes(1));
    tokens = house.refresh(&tokens).await.unwrap();
    let session = house.user(&tokens).await.unwrap().session_id;
    house.clock.advance(TimeDelta::minutes(1));
    // the access token would have had another fourteen minutes
    assert_eq!(house.user(&tokens).await.unwrap_err().kind(), Kind::Unauthenticated);
    assert_eq!(house.refresh(&tokens).await.unwrap_err().code(), Code::Unauthenticated);
    assert!(!house.alive(session).await);
    house.login("asha@example.com", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_the_session_with_all_its_tokens() {
    let house = House::open().await;
    let stolen = house.register("asha@example.com").await.unwrap();
    let bystander = house.login("asha@example.com", PASSWORD).await.unwrap();
    let session = house.user(&stolen).await.unwrap().session_id;
    let next = house.refresh(&stolen).await.unwrap();
    assert!(house.alive(session).await);
    // long after it ran out, a used token still betrays the thief
    house.clock.advance(TimeDelta::days(31));
    let newest = house.refresh(&next).await.unwrap_err();
    assert_eq!(newest.code(), Code::Unauthenticated, "expired");
    assert!(house.alive(session).await);
    let reused = house.refresh(&stolen).await.unwrap_err();
    assert_eq!(shown(&reused), shown(&newest));
    assert!(!house.alive(session).await);
    assert!(house.alive(house.user_session(&bystander)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_present_one_token_one_wins_and_the_session_ends() {
    let house = House::open().await;
    let tokens = house.register("asha@example.com").await.unwrap();
    let session = house.user(&tokens).await.unwrap().session_id;
    let answers = join_all((0..16).map(|_| house.refresh(&tokens))).await;
    let won: Vec<_> = answers.into_iter().filter_map(Result::ok).collect();
    assert_eq!(won.len(), 1);
    assert!(!house.alive(session).await);
    assert_eq!(house.refresh(&won[0]).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(house.user(&won[0]).await.unwrap_err().kind(), Kind::Unauthenticated);
}

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    let house = House::open().await;
    let here = house.register("asha@example.com").await.unwrap();
    let there = house.login("asha@example.com", PASSWORD).await.unwrap();
    house.identity().logout(signed(&here, LogoutRequest {})).await.unwrap();
    assert_eq!(house.user(&here).await.unwrap_err().kind(), Kind::Unauthenticated);
    assert_eq!(house.refresh(&here).await.unwrap_err().code(), Code::Unauthenticated);
    house.user(&there).await.unwrap();
    house.refresh(&there).await.unwrap();
}

#[tokio::test]
async fn what_is_no_token_and_no_session_is_not_alive() {
    let house = House::open().await;
    let mut tokens = house.register("asha@example.com").await.unwrap();
    assert!(!house.alive(999_999).await);
    tokens.refresh_token.push('A');
    assert_eq!(house.refresh(&tokens).await.unwrap_err().code(), Code::Unauthenticated);
    let nonsense = house.identity().check_session(CheckSessionRequest { session_id: 0 }).await.unwrap_err();
    assert_eq!(nonsense.code(), Code::InvalidArgument);
}

impl House {
    /// The session an access token names, though it may have ended.
    fn user_session(&self, tokens: &proto::identity::v1::Tokens) -> i64 {
        jsonwebtoken::dangerous::insecure_decode::<chassis::auth::Claims>(&tokens.access_token)
            .unwrap()
            .claims
            .sid
    }
}
