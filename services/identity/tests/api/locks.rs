//! An account that an operator locks.

use proto::identity::v1::{DeleteMeRequest, LoginRequest};
use tonic::Code;

use crate::house::{House, PASSWORD, shown, signed};

const ASHA: &str = "asha@example.com";

#[tokio::test]
async fn a_lock_ends_every_session_and_lets_none_begin() {
    let house = House::open().await;
    let (here, there) = (house.register(ASHA).await.unwrap(), house.login(ASHA, PASSWORD).await.unwrap());
    let ravi = house.register("ravi@example.com").await.unwrap();
    let locked = identity::lock(&house.db, " Asha@Example.COM ").await.unwrap();
    assert_eq!((locked.user_id, locked.sessions), (1, 2));
    for tokens in [&here, &there] {
        house.user(tokens).await.unwrap_err();
        assert_eq!(house.refresh(tokens).await.unwrap_err().code(), Code::Unauthenticated);
    }
    house.user(&ravi).await.unwrap();
    // its owner learns why; whoever guesses does not
    let told = house.login(ASHA, PASSWORD).await.unwrap_err();
    assert!(told.code() == Code::Unauthenticated && told.message().contains("locked"), "{told:?}");
    let guess = house.login(ASHA, "wrong password").await.unwrap_err();
    assert_eq!(shown(&guess), shown(&house.login("nobody@example.com", PASSWORD).await.unwrap_err()));
    assert_eq!(identity::lock(&house.db, ASHA).await.unwrap().sessions, 0, "it is so already");

    assert_eq!(identity::unlock(&house.db, ASHA).await.unwrap(), 1);
    house.user(&here).await.unwrap_err();
    house.login(ASHA, PASSWORD).await.unwrap();
    for refused in [
        identity::lock(&house.db, "nobody@example.com").await.map(drop),
        identity::unlock(&house.db, "nobody@example.com").await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), chassis::Kind::NotFound);
    }
}

#[tokio::test]
async fn a_locked_account_is_not_restored() {
    let house = House::open().await;
    let tokens = house.register(ASHA).await.unwrap();
    house.identity().delete_me(signed(&tokens, DeleteMeRequest::default())).await.unwrap();
    identity::lock(&house.db, ASHA).await.unwrap();
    let restore = LoginRequest { email: ASHA.to_owned(), password: PASSWORD.to_owned(), restore: true };
    assert_eq!(house.identity().login(restore.clone()).await.unwrap_err().code(), Code::Unauthenticated);
    identity::unlock(&house.db, ASHA).await.unwrap();
    house.identity().login(restore).await.unwrap();
}

#[derive(sea_orm::FromQueryResult, PartialEq, Debug)]
struct Line {
    actor_id: i64,
    resource_id: i64,
    action: String,
}

#[tokio::test]
async fn locks_are_in_the_audit_trail() {
    let house = House::open().await;
    house.register(ASHA).await.unwrap();
    identity::lock(&house.db, ASHA).await.unwrap();
    identity::unlock(&house.db, ASHA).await.unwrap();
    let lines: Vec<Line> =
        house.rows("SELECT actor_id, resource_id, action FROM audit_logs ORDER BY id DESC LIMIT 2").await;
    let line = |action: &str| Line { actor_id: 0, resource_id: 1, action: action.to_owned() };
    assert_eq!(lines, [line("UNLOCK"), line("LOCK")]);
}
