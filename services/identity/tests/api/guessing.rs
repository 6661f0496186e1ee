//! Guessing a password: what one can learn, and how often one may try.

use std::collections::BTreeMap;

use chassis::{Error, Kind};
use chrono::TimeDelta;
use futures_util::future::join_all;
use proto::identity::v1::{DeleteMeRequest, Tokens};
use tonic::{Code, Status};

use crate::house::{CHEAP, House, PASSWORD, shown, signed};

#[tokio::test]
async fn unknown_wrong_and_deleted_are_answered_alike() {
    let house = House::open().await;
    house.register("asha@example.com").await.unwrap();
    let gone = house.register("gone@example.com").await.unwrap();
    house.identity().delete_me(signed(&gone, DeleteMeRequest::default())).await.unwrap();
    let mut answers = Vec::new();
    for (email, password) in [
        ("asha@example.com", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("not an address", PASSWORD),
    ] {
        answers.push(shown(&house.login(email, password).await.unwrap_err()));
    }
    assert_eq!(answers[0].0, Code::Unauthenticated);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_guesses_at_once_five_are_looked_at() {
    let house = House::open().await;
    house.register("asha@example.com").await.unwrap();
    for email in ["asha@example.com", "nobody@example.com"] {
        let answers = join_all((0..1000).map(|_| house.login(email, "wrong password"))).await;
        assert_eq!(
            count(answers),
            BTreeMap::from([("Unauthenticated", 5), ("ResourceExhausted", 995)]),
            "{email}"
        );
    }
    // the right one finds no place either, and learns no more than a stranger does
    let locked = house.login("asha@example.com", PASSWORD).await.unwrap_err();
    let stranger = house.login("nobody@example.com", PASSWORD).await.unwrap_err();
    assert_eq!(shown(&locked), shown(&stranger));
    let locked = Error::from(locked);
    assert_eq!((locked.kind(), locked.retry_after().unwrap().as_secs()), (Kind::RateLimited, 15 * 60));

    house.clock.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    assert_eq!(house.login("asha@example.com", PASSWORD).await.unwrap_err().code(), Code::ResourceExhausted);
    house.clock.advance(TimeDelta::seconds(1));
    house.login("Asha@Example.com", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn the_right_password_clears_the_count() {
    let house = House::open().await;
    house.register("asha@example.com").await.unwrap();
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(
                house.login("asha@example.com", "wrong").await.unwrap_err().code(),
                Code::Unauthenticated
            );
        }
        house.login("asha@example.com", PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn a_guess_that_found_no_turn_does_not_count() {
    let busy = House::at_cost(identity::PasswordCost { parallel: 0, waiting: 0, ..CHEAP }).await;
    for _ in 0..10 {
        let refused = Error::from(busy.login("asha@example.com", PASSWORD).await.unwrap_err());
        assert_eq!(refused.kind(), Kind::Unavailable);
        assert!(refused.retry_after().is_some());
    }
    assert_eq!(busy.register("asha@example.com").await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_wrong_guess_leaves_a_trace_that_names_the_account() {
    let house = House::open().await;
    let id = house.user(&house.register("asha@example.com").await.unwrap()).await.unwrap().id;
    house.login("asha@example.com", "wrong").await.unwrap_err();
    house.login("nobody@example.com", "wrong").await.unwrap_err();
    #[derive(Debug, PartialEq, sea_orm::FromQueryResult)]
    struct Trace {
        actor_id: i64,
        action: String,
        outcome: String,
    }
    let trace = |actor_id, action: &str, outcome: &str| Trace {
        actor_id,
        action: action.into(),
        outcome: outcome.into(),
    };
    let traces: Vec<Trace> =
        house.rows("SELECT * FROM audit_logs WHERE actor_id = 0 OR resource_id > 0 ORDER BY id").await;
    let expected = [trace(id, "REGISTER", "SUCCESS"), trace(id, "LOGIN", "DENIED")];
    assert_eq!(
        traces.iter().filter(|trace| trace.actor_id == id).collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
    assert_eq!(traces.last(), Some(&trace(0, "LOGIN", "DENIED")));
}

fn count(answers: Vec<Result<Tokens, Status>>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        let name = match answer.map_err(|status| status.code()) {
            Ok(_) => "Ok",
            Err(Code::Unauthenticated) => "Unauthenticated",
            Err(Code::ResourceExhausted) => "ResourceExhausted",
            Err(_) => "other",
        };
        *counts.entry(name).or_default() += 1;
    }
    counts
}
