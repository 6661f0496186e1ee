//! Who reaches a member, and that nobody else can tell one member from another, or from none.

use chassis::time::timestamp;
use chrono::TimeDelta;
use proto::family::v1::*;
use tonic::{Code, Status};

use crate::grants::{doctor, withdraw};
use crate::house::{House, inner, shown};
use crate::identity::{email, id};

/// Every public method that names a member, as somebody calls it on that member.
async fn all_methods(house: &House, name: &str, member_id: i64) -> Vec<(&'static str, Result<(), Status>)> {
    let mut family = house.family();
    let rename = UpdateMemberRequest { member_id, name: Some("Renamed".into()), ..Default::default() };
    let page = ListGrantsRequest { member_id, limit: 0, cursor: String::new() };
    let unknown =
        CreateGrantRequest { email: "nobody@example.com".into(), ..doctor(house, member_id, "kumar") };
    vec![
        ("get", drop_answer(family.get_member(house.of(name, GetMemberRequest { member_id })).await)),
        ("update", drop_answer(family.update_member(house.of(name, rename)).await)),
        ("list grants", drop_answer(family.list_grants(house.of(name, page)).await)),
        ("grant", drop_answer(family.create_grant(house.of(name, doctor(house, member_id, "kumar"))).await)),
        ("grant to nobody", drop_answer(family.create_grant(house.of(name, unknown)).await)),
        (
            "withdraw",
            drop_answer(
                family.delete_grant(house.of(name, DeleteGrantRequest { member_id, grant_id: 1 })).await,
            ),
        ),
        (
            "restore",
            drop_answer(family.restore_member(house.of(name, RestoreMemberRequest { member_id })).await),
        ),
        (
            "delete",
            drop_answer(
                family.delete_member(house.of(name, DeleteMemberRequest { member_id, erase: false })).await,
            ),
        ),
    ]
}

fn drop_answer<T>(answer: Result<tonic::Response<T>, Status>) -> Result<(), Status> {
    inner(answer).map(drop)
}

#[tokio::test]
async fn absent_foreign_and_deleted_are_refused_byte_for_byte_alike() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let gone = house.create("asha", "Gone").await;
    house.delete("asha", gone.id).await.unwrap();
    house.create("stranger", "Somebody").await;
    let denial = shown(&house.get("stranger", 999_999).await.unwrap_err());
    assert_eq!(denial.0, Code::PermissionDenied);
    for member_id in [amma.id, gone.id, 999_999] {
        for (method, answer) in all_methods(&house, "stranger", member_id).await {
            assert_eq!(shown(&answer.unwrap_err()), denial, "a stranger's {method} of {member_id}");
        }
        for action in [Action::Read, Action::Write, Action::Manage] {
            let refused = house.authorize("stranger", member_id, action).await.unwrap_err();
            assert_eq!(shown(&refused), denial, "{action:?}");
        }
    }
    for (method, answer) in all_methods(&house, "asha", gone.id).await {
        match method {
            // the restoration worked, so what comes after it does too
            "restore" | "delete" => answer.unwrap(),
            _ => assert_eq!(shown(&answer.unwrap_err()), denial, "a manager's {method} of a deleted member"),
        }
    }
    assert_eq!(house.get("asha", amma.id).await.unwrap(), amma, "nothing has happened to the one that lives");
}

#[tokio::test]
async fn a_grant_lets_its_holder_look_and_nothing_else() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    house.grant("asha", doctor(&house, amma.id, "meera")).await.unwrap();
    for (method, answer) in all_methods(&house, "meera", amma.id).await {
        match method {
            "get" => answer.unwrap(),
            _ => assert_eq!(answer.unwrap_err().code(), Code::PermissionDenied, "{method}"),
        }
    }
    assert_eq!(house.visible("meera").await, [amma.id]);
    assert_eq!(house.get("asha", amma.id).await.unwrap(), amma);
}

#[tokio::test]
async fn a_manager_may_do_everything() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    for action in [Action::Read, Action::Write, Action::Manage] {
        let answer = house.authorize("asha", amma.id, action).await.unwrap();
        let log_types = vec![1, 2, 3];
        let (family_id, role, time_zone) =
            (amma.family_id, Role::FamilyManager.into(), "Asia/Kolkata".to_owned());
        assert_eq!(answer, AuthorizeMemberResponse { family_id, role, log_types, time_zone });
    }
    house.delete("asha", amma.id).await.unwrap();
    for action in [Action::Read, Action::Write] {
        assert_eq!(
            house.authorize("asha", amma.id, action).await.unwrap_err().code(),
            Code::PermissionDenied
        );
    }
    house.authorize("asha", amma.id, Action::Manage).await.unwrap();
    house.clock.advance(TimeDelta::days(30));
    assert_eq!(
        house.authorize("asha", amma.id, Action::Manage).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    let senseless = house.authorize("asha", amma.id, Action::Unspecified).await.unwrap_err();
    assert_eq!(senseless.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn grants_hold_in_their_time_add_up_and_end_when_withdrawn() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let sees = async || match house.authorize("meera", amma.id, Action::Read).await {
        Ok(answer) => {
            assert_eq!(house.get("meera", amma.id).await.unwrap().id, amma.id);
            assert_eq!(house.visible("meera").await, [amma.id]);
            (Some(answer.role()), answer.log_types)
        }
        Err(refused) => {
            assert_eq!(refused.code(), Code::PermissionDenied);
            assert_eq!(house.get("meera", amma.id).await.unwrap_err().code(), Code::PermissionDenied);
            assert!(house.visible("meera").await.is_empty());
            (None, vec![])
        }
    };
    let later = CreateGrantRequest {
        not_before: Some(timestamp(house.hours(1))),
        not_after: Some(timestamp(house.hours(3))),
        ..doctor(&house, amma.id, "meera")
    };
    house.grant("asha", later).await.unwrap();
    assert_eq!(sees().await, (None, vec![]));
    house.clock.advance(TimeDelta::hours(1));
    assert_eq!(sees().await, (Some(Role::Doctor), vec![3]));
    let own = CreateGrantRequest {
        role: Role::Member.into(),
        log_types: vec![LogType::Nutrition.into()],
        not_after: None,
        ..doctor(&house, amma.id, "meera")
    };
    let own = house.grant("asha", own).await.unwrap();
    assert_eq!(sees().await, (Some(Role::Member), vec![1, 3]));
    for action in [Action::Write, Action::Manage] {
        assert_eq!(
            house.authorize("meera", amma.id, action).await.unwrap_err().code(),
            Code::PermissionDenied
        );
    }
    house.clock.advance(TimeDelta::hours(2));
    assert_eq!(sees().await, (Some(Role::Member), vec![1]));
    withdraw(&house, amma.id, own.id).await.unwrap();
    assert_eq!(sees().await, (None, vec![]));
}

#[tokio::test]
async fn a_removed_manager_sees_nothing_any_more() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    house.add_manager("asha", "ravi").await.unwrap();
    house.authorize("ravi", amma.id, Action::Write).await.unwrap();
    house.remove_manager("asha", "ravi").await.unwrap();
    for action in [Action::Read, Action::Write, Action::Manage] {
        assert_eq!(
            house.authorize("ravi", amma.id, action).await.unwrap_err().code(),
            Code::PermissionDenied
        );
    }
}

#[tokio::test]
async fn a_household_is_the_own_family_and_what_is_granted() {
    let house = House::open().await;
    let (amma, gone) = (house.create("asha", "Amma").await, house.create("asha", "Gone").await);
    let (appa, hidden) = (house.create("ravi", "Appa").await, house.create("ravi", "Hidden").await);
    house.delete("asha", gone.id).await.unwrap();
    let grant = |member_id| CreateGrantRequest {
        member_id,
        email: email("asha"),
        role: Role::Member.into(),
        ..Default::default()
    };
    house.grant("ravi", grant(appa.id)).await.unwrap();
    let household = async |name: &str| {
        let request = GetHouseholdRequest { user_id: id(name) };
        inner(house.family().get_household(request).await).unwrap()
    };
    let seen = household("asha").await;
    let expected = Household {
        family_id: amma.family_id,
        members: vec![amma.clone()],
        granted_members: vec![appa.clone()],
    };
    assert_eq!(seen, expected);
    assert_eq!(household("ravi").await.members, [appa, hidden]);
    // who joins the family sees its members once, not twice
    house.delete("asha", amma.id).await.unwrap();
    house.add_manager("ravi", "asha").await.unwrap();
    let joined = household("asha").await;
    assert_eq!((joined.members.len(), joined.granted_members.len()), (2, 0));
    let newcomer = household("nila").await;
    assert_eq!((newcomer.family_id, newcomer.members.len()), (house.family_id("nila").await, 0));
}
