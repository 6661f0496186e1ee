//! Members: what is said of them, and how they come and go.

use chrono::TimeDelta;
use futures_util::future::join_all;
use prost_types::FieldMask;
use proto::family::v1::*;
use tonic::Code;
use uuid::Uuid;

use crate::house::{House, fields, inner, member};
use crate::identity::email;

#[tokio::test]
async fn a_member_is_kept_as_told_and_its_age_is_counted_where_it_lives() {
    let house = House::open().await;
    // 20:00 UTC on the 21st is the 22nd in Kolkata
    let request = CreateMemberRequest {
        name: "  Amma ".into(),
        birth_date: "1960-09-22".into(),
        relation_type: " mother ".into(),
        time_zone: None,
        leaderboard_opt_in: true,
    };
    let amma = inner(house.family().create_member(house.of("asha", request.clone())).await).unwrap();
    assert_eq!(
        (amma.name.as_str(), amma.relation_type.as_str(), amma.time_zone.as_str()),
        ("Amma", "mother", "UTC")
    );
    assert_eq!((amma.birth_date.as_str(), amma.age, amma.leaderboard_opt_in), ("1960-09-22", 65, true));
    assert_eq!(amma.created_at.as_ref().unwrap().seconds, house.clock.now().timestamp());
    assert_eq!(house.get("asha", amma.id).await.unwrap(), amma);
    let there = CreateMemberRequest { time_zone: Some("Asia/Kolkata".into()), ..request };
    let there = inner(house.family().create_member(house.of("asha", there)).await).unwrap();
    assert_eq!((there.age, there.family_id), (66, amma.family_id));
    house.clock.advance(TimeDelta::hours(4));
    assert_eq!(house.get("asha", amma.id).await.unwrap().age, 66);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_by_field_and_nothing_is_kept() {
    let house = House::open().await;
    let with = |change: fn(&mut CreateMemberRequest)| {
        let mut request = member("Amma");
        change(&mut request);
        request
    };
    for (field, bad) in [
        ("name", with(|m| m.name = String::new())),
        ("name", with(|m| m.name = "   ".into())),
        ("name", with(|m| m.name = "Am\0ma".into())),
        ("name", with(|m| m.name = "x".repeat(201))),
        ("relation_type", with(|m| m.relation_type = " ".into())),
        ("relation_type", with(|m| m.relation_type = "x".repeat(51))),
        ("birth_date", with(|m| m.birth_date = String::new())),
        ("birth_date", with(|m| m.birth_date = "1960-02-30".into())),
        ("birth_date", with(|m| m.birth_date = "20 May 1960".into())),
        ("birth_date", with(|m| m.birth_date = "2026-09-23".into())),
        ("birth_date", with(|m| m.birth_date = "1896-09-21".into())),
        ("time_zone", with(|m| m.time_zone = Some("Mars/Olympus".into()))),
        ("time_zone", with(|m| m.time_zone = Some(String::new()))),
    ] {
        let refused = inner(house.family().create_member(house.of("asha", bad.clone())).await).unwrap_err();
        assert_eq!(
            (refused.code(), fields(refused)),
            (Code::InvalidArgument, vec![field.to_owned()]),
            "{bad:?}"
        );
    }
    for born in ["2026-09-22", "1896-09-22"] {
        let edge = CreateMemberRequest { birth_date: born.into(), ..member("Edge") };
        inner(house.family().create_member(house.of("asha", edge)).await).unwrap();
    }
    assert_eq!(house.visible("asha").await.len(), 2);
}

#[tokio::test]
async fn an_update_changes_what_is_named_and_leaves_the_rest() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let nothing = UpdateMemberRequest { member_id: amma.id, ..Default::default() };
    let change = async |request: UpdateMemberRequest| {
        inner(house.family().update_member(house.of("asha", request)).await)
    };
    let mask =
        |paths: &[&str]| Some(FieldMask { paths: paths.iter().map(|path| path.to_string()).collect() });

    let renamed =
        change(UpdateMemberRequest { name: Some(" Lakshmi ".into()), ..nothing.clone() }).await.unwrap();
    assert_eq!(renamed, Member { name: "Lakshmi".into(), ..amma.clone() });
    let both = UpdateMemberRequest {
        name: Some("not me".into()),
        birth_date: Some("1961-01-01".into()),
        relation_type: Some("aunt".into()),
        time_zone: Some("UTC".into()),
        leaderboard_opt_in: Some(true),
        update_mask: mask(&["birth_date", "leaderboard_opt_in"]),
        ..nothing.clone()
    };
    let changed = change(both).await.unwrap();
    let birth_date = "1961-01-01".to_owned();
    assert_eq!(changed, Member { birth_date, age: 65, leaderboard_opt_in: true, ..renamed });

    for (field, bad) in [
        ("update_mask", nothing.clone()),
        (
            "update_mask",
            UpdateMemberRequest { name: Some("x".into()), update_mask: mask(&["id"]), ..nothing.clone() },
        ),
        ("name", UpdateMemberRequest { update_mask: mask(&["name"]), ..nothing.clone() }),
        ("name", UpdateMemberRequest { name: Some(" ".into()), ..nothing.clone() }),
        ("birth_date", UpdateMemberRequest { birth_date: Some("2027-01-01".into()), ..nothing.clone() }),
        ("time_zone", UpdateMemberRequest { time_zone: Some("Nowhere".into()), ..nothing.clone() }),
    ] {
        let refused = change(bad).await.unwrap_err();
        assert_eq!((refused.code(), fields(refused)), (Code::InvalidArgument, vec![field.to_owned()]));
    }
    assert_eq!(house.get("asha", amma.id).await.unwrap(), changed);
}

#[tokio::test]
async fn a_deletion_can_be_taken_back_for_thirty_days() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    assert_eq!(house.restore("asha", amma.id).await.unwrap_err().code(), Code::FailedPrecondition);
    house.delete("asha", amma.id).await.unwrap();
    assert!(house.visible("asha").await.is_empty());
    house.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert_eq!(house.restore("asha", amma.id).await.unwrap(), amma);
    assert_eq!(house.visible("asha").await, [amma.id]);

    house.delete("asha", amma.id).await.unwrap();
    house.clock.advance(TimeDelta::days(30));
    assert_eq!(house.restore("asha", amma.id).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_has_one_effect_and_one_answer() {
    let house = House::open().await;
    let request_id = Uuid::new_v4();
    let post = async |message: CreateMemberRequest| {
        inner(house.family().create_member(house.under(request_id, "asha", message)).await)
    };
    let at_once = join_all((0..16).map(|_| post(member("Amma")))).await;
    let first = at_once.iter().find_map(|answer| answer.as_ref().ok()).unwrap();
    for answer in &at_once {
        match answer {
            Ok(member) => assert_eq!(member, first),
            Err(refused) => assert_eq!(refused.code(), Code::Aborted),
        }
    }
    house.clock.advance(TimeDelta::days(400));
    assert_eq!(&post(member("Amma")).await.unwrap(), first, "the answer as it was given, age and all");
    let reused = chassis::Error::from(post(member("Appa")).await.unwrap_err());
    assert_eq!(reused.kind(), chassis::Kind::KeyReused);
    // another user's key of the same name is another key
    let other = house.under(request_id, "ravi", member("Amma"));
    assert_ne!(inner(house.family().create_member(other).await).unwrap().id, first.id);
    assert_eq!(house.visible("asha").await, [first.id]);

    let request_id = Uuid::new_v4();
    let restore = async || {
        let message = RestoreMemberRequest { member_id: first.id };
        inner(house.family().restore_member(house.under(request_id, "asha", message)).await)
    };
    house.delete("asha", first.id).await.unwrap();
    let restored = restore().await.unwrap();
    assert_eq!(restore().await.unwrap(), restored);
}

#[tokio::test]
async fn members_come_in_pages_own_and_granted_oldest_first() {
    let house = House::open().await;
    let mut expected = Vec::new();
    for n in 0..7 {
        let by = if n % 3 == 0 { "ravi" } else { "asha" };
        // several in one instant, so that the id has to tell them apart
        house.clock.advance(TimeDelta::seconds(n / 2));
        let member = house.create(by, "Amma").await;
        if by == "ravi" {
            let (member_id, role) = (member.id, Role::Member.into());
            let grant = CreateGrantRequest { member_id, email: email("asha"), role, ..Default::default() };
            house.grant("ravi", grant).await.unwrap();
        }
        expected.push(member.id);
    }
    let list = async |name: &str, limit, cursor: &str| {
        let request = ListMembersRequest { limit, cursor: cursor.to_owned() };
        inner(house.family().list_members(house.of(name, request)).await)
    };
    for limit in [1, 2, 3, 7, 100] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list("asha", limit, &cursor).await.unwrap();
            assert!(page.data.len() <= limit as usize);
            seen.extend(page.data.into_iter().map(|member| member.id));
            let Pagination { next_cursor, has_more } = page.pagination.unwrap();
            assert_eq!(next_cursor.is_some(), has_more);
            let Some(next) = next_cursor else { break };
            cursor = next;
        }
        assert_eq!(seen, expected, "{limit}");
    }
    let cursor = list("asha", 2, "").await.unwrap().pagination.unwrap().next_cursor.unwrap();
    for (name, limit, cursor, field) in
        [("ravi", 2, cursor.as_str(), "cursor"), ("asha", 2, "💥", "cursor"), ("asha", 101, "", "limit")]
    {
        assert_eq!(fields(list(name, limit, cursor).await.unwrap_err()), [field]);
    }
}
