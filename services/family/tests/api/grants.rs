//! Grants: what may be promised to whom, and for how long it holds.

use chassis::time::timestamp;
use chrono::TimeDelta;
use futures_util::future::join_all;
use proto::family::v1::*;
use tonic::Code;
use uuid::Uuid;

use crate::house::{House, fields, inner};
use crate::identity::{email, id};

/// A doctor's grant on blood pressure and the like, for a day.
pub fn doctor(house: &House, member_id: i64, whom: &str) -> CreateGrantRequest {
    CreateGrantRequest {
        member_id,
        email: email(whom),
        role: Role::Doctor.into(),
        log_types: vec![LogType::Checkin.into()],
        not_before: None,
        not_after: Some(timestamp(house.hours(24))),
    }
}

#[tokio::test]
async fn a_grant_is_kept_as_told() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let now = timestamp(house.clock.now());
    let given = house.grant("asha", doctor(&house, amma.id, "meera")).await.unwrap();
    assert_eq!(
        (given.member_id, given.user_id, given.email.as_str()),
        (amma.id, id("meera"), "meera@example.com")
    );
    assert_eq!(
        (given.role(), given.log_types.as_slice()),
        (Role::Doctor, [LogType::Checkin.into()].as_slice())
    );
    assert_eq!((given.not_before, given.not_after), (Some(now), Some(timestamp(house.hours(24)))));
    let own = CreateGrantRequest {
        member_id: amma.id,
        email: email("nila").to_uppercase(),
        role: Role::Member.into(),
        ..Default::default()
    };
    let own = house.grant("asha", own).await.unwrap();
    assert_eq!((own.log_types.as_slice(), own.not_after), ([1, 2, 3].as_slice(), None));
    assert_eq!(list(&house, amma.id, 0, "").await.data, [given, own]);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_by_field() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let good = doctor(&house, amma.id, "meera");
    let at = |hours| Some(timestamp(house.hours(hours)));
    for (faults, bad) in [
        (&["role"][..], CreateGrantRequest { role: Role::FamilyManager.into(), ..good.clone() }),
        (&["role"], CreateGrantRequest { role: 0, ..good.clone() }),
        (&["role"], CreateGrantRequest { role: 9, ..good.clone() }),
        (&["email"], CreateGrantRequest { email: "meera".into(), ..good.clone() }),
        (&["log_types"], CreateGrantRequest { log_types: vec![], ..good.clone() }),
        (&["log_types"], CreateGrantRequest { log_types: vec![3, 3], ..good.clone() }),
        (&["log_types[0]"], CreateGrantRequest { log_types: vec![9], ..good.clone() }),
        (&["not_after"], CreateGrantRequest { not_after: None, ..good.clone() }),
        (&["not_after"], CreateGrantRequest { not_after: at(0), ..good.clone() }),
        (&["not_after"], CreateGrantRequest { not_after: at(24 * 367), ..good.clone() }),
        (&["not_after"], CreateGrantRequest { not_before: at(24), ..good.clone() }),
        (
            &["not_before"],
            CreateGrantRequest {
                not_before: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
                ..good.clone()
            },
        ),
        (
            &["log_types", "not_after"],
            CreateGrantRequest { log_types: vec![], not_after: None, ..good.clone() },
        ),
    ] {
        let refused = house.grant("asha", bad.clone()).await.unwrap_err();
        assert_eq!(
            (refused.code(), fields(refused)),
            (Code::InvalidArgument, faults.iter().map(|f| f.to_string()).collect()),
            "{bad:?}"
        );
    }
    assert_eq!(list(&house, amma.id, 0, "").await.data, []);
}

#[tokio::test]
async fn who_may_hold_a_grant() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    house.add_manager("asha", "ravi").await.unwrap();
    for whom in ["asha", "ravi"] {
        let refused = house.grant("asha", doctor(&house, amma.id, whom)).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition, "{whom} sees everything already");
    }
    let nobody =
        CreateGrantRequest { email: "nobody@example.com".into(), ..doctor(&house, amma.id, "meera") };
    let nobody = house.grant("asha", nobody).await.unwrap_err();
    assert_eq!(nobody.code(), Code::FailedPrecondition);
    assert!(nobody.message().contains("sign up first"), "{}", nobody.message());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_holds_the_same_grant_twice() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let at_once = join_all((0..8).map(|_| house.grant("asha", doctor(&house, amma.id, "meera")))).await;
    let (given, refused): (Vec<_>, Vec<_>) = at_once.into_iter().partition(Result::is_ok);
    assert_eq!(given.len(), 1);
    assert!(refused.into_iter().all(|refused| refused.unwrap_err().code() == Code::AlreadyExists));
    // another role, another account and another member are other grants
    let patient = CreateGrantRequest { role: Role::Member.into(), ..doctor(&house, amma.id, "meera") };
    house.grant("asha", patient).await.unwrap();
    house.grant("asha", doctor(&house, amma.id, "nila")).await.unwrap();
    let appa = house.create("asha", "Appa").await;
    house.grant("asha", doctor(&house, appa.id, "meera")).await.unwrap();
    // what has ended, or was withdrawn, stands in nobody's way
    house.clock.advance(TimeDelta::hours(24));
    let again = house.grant("asha", doctor(&house, amma.id, "meera")).await.unwrap();
    withdraw(&house, amma.id, again.id).await.unwrap();
    house.grant("asha", doctor(&house, amma.id, "meera")).await.unwrap();
}

#[tokio::test]
async fn a_repeated_request_has_one_effect_and_one_answer_even_when_its_time_has_passed() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let (request_id, message) = (Uuid::new_v4(), doctor(&house, amma.id, "meera"));
    let post = async |message: &CreateGrantRequest| {
        inner(house.family().create_grant(house.under(request_id, "asha", message.clone())).await)
    };
    let first = post(&message).await.unwrap();
    house.clock.advance(TimeDelta::days(2));
    assert_eq!(post(&message).await.unwrap(), first);
    let other = CreateGrantRequest { log_types: vec![LogType::Workout.into()], ..message };
    assert_eq!(chassis::Error::from(post(&other).await.unwrap_err()).kind(), chassis::Kind::KeyReused);
}

#[tokio::test]
async fn grants_come_in_pages_until_they_are_withdrawn() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let mut given = Vec::new();
    for whom in ["ravi", "meera", "nila", "kumar", "stranger"] {
        given.push(house.grant("asha", doctor(&house, amma.id, whom)).await.unwrap().id);
    }
    withdraw(&house, amma.id, given.remove(2)).await.unwrap();
    house.clock.advance(TimeDelta::days(3));
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&house, amma.id, 3, &cursor).await;
        seen.extend(page.data.into_iter().map(|grant| grant.id));
        let Some(next) = page.pagination.unwrap().next_cursor else { break };
        cursor = next;
    }
    assert_eq!(seen, given, "those that have ended are shown too");
    let appa = house.create("asha", "Appa").await;
    let elsewhere = ListGrantsRequest { member_id: appa.id, limit: 3, cursor: cursor.clone() };
    let foreign = inner(house.family().list_grants(house.of("asha", elsewhere)).await).unwrap_err();
    assert_eq!(fields(foreign), ["cursor"]);
    for (member_id, grant_id) in [(amma.id, 999_999), (appa.id, given[0])] {
        assert_eq!(withdraw(&house, member_id, grant_id).await.unwrap_err().code(), Code::PermissionDenied);
    }
    withdraw(&house, amma.id, given[0]).await.unwrap();
    assert_eq!(withdraw(&house, amma.id, given[0]).await.unwrap_err().code(), Code::PermissionDenied);
}

pub async fn withdraw(
    house: &House,
    member_id: i64,
    grant_id: i64,
) -> Result<DeleteGrantResponse, tonic::Status> {
    inner(house.family().delete_grant(house.of("asha", DeleteGrantRequest { member_id, grant_id })).await)
}

async fn list(house: &House, member_id: i64, limit: i32, cursor: &str) -> ListGrantsResponse {
    let request = ListGrantsRequest { member_id, limit, cursor: cursor.to_owned() };
    inner(house.family().list_grants(house.of("asha", request)).await).unwrap()
}

#[tokio::test]
async fn where_it_is_demanded_a_grant_waits_for_the_proof_of_the_address() {
    let house = House::of_the_proved().await;
    let amma = house.create("asha", "Amma").await;
    let refused = house.grant("asha", doctor(&house, amma.id, "meera")).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("proved"), "{}", refused.message());
    assert!(list(&house, amma.id, 0, "").await.data.is_empty());
    house.accounts.proved.lock().unwrap().insert(id("meera"));
    house.grant("asha", doctor(&house, amma.id, "meera")).await.unwrap();
}
