//! A member that comes with a record is not seen before the record is there, and not for ever waited for.

use chassis::time::timestamp;
use chrono::TimeDelta;
use proto::family::v1::*;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::house::{House, fields, inner, member};
use crate::identity::id;

fn under<M>(request_id: Uuid, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-request-id", request_id.to_string().parse().unwrap());
    request
}

async fn begin(house: &House, whom: &str, request_id: Uuid, name: &str) -> Result<Member, Status> {
    let created_at = Some(timestamp(house.hours(-500)));
    let request = BeginImportRequest { user_id: id(whom), member: Some(member(name)), created_at };
    inner(house.family().begin_import(under(request_id, request)).await)
}

async fn finish(house: &House, whom: &str, member_id: i64) -> Result<FinishImportResponse, Status> {
    inner(house.family().finish_import(FinishImportRequest { user_id: id(whom), member_id }).await)
}

#[tokio::test]
async fn nobody_reaches_a_member_before_its_record_is_there_but_who_brings_it() {
    let house = House::open().await;
    house.add_manager("asha", "ravi").await.unwrap();
    let request_id = Uuid::new_v4();
    let amma = begin(&house, "asha", request_id, "Amma").await.unwrap();
    assert_eq!(amma.created_at, Some(timestamp(house.hours(-500))));
    assert_eq!(
        begin(&house, "asha", request_id, "Amma").await.unwrap(),
        amma,
        "the same request, the same member"
    );
    let other = begin(&house, "asha", request_id, "Appa").await.unwrap_err();
    assert_eq!(chassis::Error::from(other).kind(), chassis::Kind::KeyReused);
    for whom in ["asha", "ravi"] {
        assert_eq!(house.visible(whom).await, [0_i64; 0]);
        let household = inner(house.family().get_household(GetHouseholdRequest { user_id: id(whom) }).await);
        assert_eq!(household.unwrap().members, []);
        for action in [Action::Read, Action::Write, Action::Manage] {
            assert_eq!(
                house.authorize(whom, amma.id, action).await.unwrap_err().code(),
                Code::PermissionDenied
            );
        }
        assert_eq!(house.delete(whom, amma.id).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(house.restore(whom, amma.id).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(house.authorize(whom, amma.id, Action::Import).await.unwrap().family_id, amma.family_id);
    }
    assert_eq!(
        house.authorize("stranger", amma.id, Action::Import).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    assert_eq!(finish(&house, "stranger", amma.id).await.unwrap_err().code(), Code::PermissionDenied);
    finish(&house, "asha", amma.id).await.unwrap();
    finish(&house, "asha", amma.id).await.unwrap();
    assert_eq!(house.visible("ravi").await, [amma.id]);
    assert_eq!(house.get("asha", amma.id).await.unwrap(), amma);
    assert_eq!(
        house.authorize("asha", amma.id, Action::Import).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    let trail = house.audit(amma.family_id).await;
    let written = |action: &str| (id("asha"), action.to_owned(), "Member".to_owned(), amma.id);
    let about: Vec<_> = trail.iter().filter(|(.., kind, _)| kind == "Member").collect();
    assert_eq!(*about[0], written("IMPORT"));
    assert_eq!(about.iter().filter(|entry| ***entry == written("CREATE")).count(), 1);
}

#[tokio::test]
async fn what_is_not_finished_within_a_day_is_erased() {
    let house = House::open().await;
    let request_id = Uuid::new_v4();
    let amma = begin(&house, "asha", request_id, "Amma").await.unwrap();
    house.clock.advance(TimeDelta::hours(23));
    assert_eq!(house.purge().await, [0_i64; 0]);
    house.clock.advance(TimeDelta::hours(2));
    assert_eq!(house.purge().await, [amma.id]);
    assert_eq!(finish(&house, "asha", amma.id).await.unwrap_err().code(), Code::PermissionDenied);
    // the same request begins anew
    let again = begin(&house, "asha", request_id, "Amma").await.unwrap();
    assert_ne!(again.id, amma.id);
    finish(&house, "asha", again.id).await.unwrap();
    house.clock.advance(TimeDelta::days(2));
    assert_eq!((house.purge().await, house.visible("asha").await), (vec![], vec![again.id]));
}

#[tokio::test]
async fn a_profile_is_judged_like_any_other_where_the_document_has_it() {
    let house = House::open().await;
    let refused = async |change: fn(&mut BeginImportRequest)| {
        let mut request =
            BeginImportRequest { user_id: id("asha"), member: Some(member("Amma")), created_at: None };
        change(&mut request);
        fields(house.family().begin_import(request).await.unwrap_err())
    };
    assert_eq!(refused(|request| request.member.as_mut().unwrap().name = " ".into()).await, ["member.name"]);
    let unborn =
        |request: &mut BeginImportRequest| request.member.as_mut().unwrap().birth_date = "2026-09-23".into();
    assert_eq!(refused(unborn).await, ["member.birth_date"]);
    let nowhere =
        |request: &mut BeginImportRequest| request.member.as_mut().unwrap().time_zone = Some("Mars".into());
    assert_eq!(refused(nowhere).await, ["member.time_zone"]);
    let later = |request: &mut BeginImportRequest| {
        request.created_at = Some(prost_types::Timestamp { seconds: 1_900_000_000, nanos: 0 });
    };
    assert_eq!(refused(later).await, ["member.created_at"]);
}
