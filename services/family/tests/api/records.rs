//! What is told of a member for an export.

use proto::family::v1::*;
use tonic::{Code, Status};

use crate::grants::{doctor, withdraw};
use crate::house::{House, inner};
use crate::identity::{email, id};

async fn record(house: &House, whom: &str, member_id: i64) -> Result<MemberRecord, Status> {
    inner(house.family().get_member_record(GetMemberRecordRequest { user_id: id(whom), member_id }).await)
}

async fn grants(house: &House, whom: &str, member_id: i64) -> Result<Vec<GrantRecord>, Status> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListGrantRecordsRequest { user_id: id(whom), member_id, limit: 1, cursor };
        let page = inner(house.family().list_grant_records(request).await)?;
        all.extend(page.data);
        match page.pagination.and_then(|pagination| pagination.next_cursor) {
            Some(next) => cursor = next,
            None => return Ok(all),
        }
    }
}

#[tokio::test]
async fn a_record_says_what_the_user_is_and_may_reach() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    house.grant("asha", doctor(&house, amma.id, "meera")).await.unwrap();
    let own = CreateGrantRequest {
        member_id: amma.id,
        email: email("nila"),
        role: Role::Member.into(),
        log_types: vec![LogType::Workout.into()],
        ..Default::default()
    };
    house.grant("asha", own).await.unwrap();
    for (whom, role, kinds) in [
        ("asha", Role::FamilyManager, &[1, 2, 3][..]),
        ("meera", Role::Doctor, &[3]),
        ("nila", Role::Member, &[2]),
    ] {
        let record = record(&house, whom, amma.id).await.unwrap();
        assert_eq!((record.role(), record.log_types.as_slice()), (role, kinds), "{whom}");
        assert_eq!(record.member, Some(amma.clone()));
    }
    for member_id in [amma.id, 999_999] {
        let refused = record(&house, "stranger", member_id).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
}

#[tokio::test]
async fn grants_are_told_with_those_that_were_withdrawn_and_to_managers_alone() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let mut given = Vec::new();
    for whom in ["meera", "kumar", "nila"] {
        given.push(house.grant("asha", doctor(&house, amma.id, whom)).await.unwrap());
    }
    withdraw(&house, amma.id, given[1].id).await.unwrap();
    let told = grants(&house, "asha", amma.id).await.unwrap();
    let now = Some(chassis::time::timestamp(house.clock.now()));
    assert_eq!(told.iter().map(|record| record.withdrawn_at).collect::<Vec<_>>(), [None, now, None]);
    assert_eq!(told.into_iter().filter_map(|record| record.grant).collect::<Vec<_>>(), given);
    for whom in ["meera", "stranger"] {
        assert_eq!(grants(&house, whom, amma.id).await.unwrap_err().code(), Code::PermissionDenied, "{whom}");
    }
}
