//! Families and their managers.

use chrono::TimeDelta;
use futures_util::future::join_all;
use proto::family::v1::*;
use tonic::Code;

use crate::grants::{doctor, withdraw};
use crate::house::{House, inner, shown};
use crate::identity::{email, id};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_comes_into_being_once_however_many_ask_first() {
    let house = House::open().await;
    let ids = join_all((0..32).map(|_| house.family_id("asha"))).await;
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_ne!(house.family_id("ravi").await, ids[0]);
    assert_eq!(house.managers("asha").await, [id("asha")]);
}

#[tokio::test]
async fn a_co_manager_joins_and_does_everything() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    house.clock.advance(TimeDelta::days(1));
    let joined = house.add_manager("asha", "ravi").await.unwrap();
    assert_eq!(
        (joined.user_id, joined.email, joined.full_name),
        (id("ravi"), email("ravi"), "ravi".to_owned())
    );
    assert_eq!(joined.joined_at.unwrap().seconds, house.clock.now().timestamp());
    assert_eq!(house.family_id("ravi").await, amma.family_id);
    assert_eq!(house.managers("ravi").await, [id("asha"), id("ravi")]);
    house.get("ravi", amma.id).await.unwrap();
    house.delete("ravi", amma.id).await.unwrap();
}

#[tokio::test]
async fn a_manager_leaves_unless_it_is_the_last_one() {
    let house = House::open().await;
    let family = house.family_id("asha").await;
    assert_eq!(house.remove_manager("asha", "asha").await.unwrap_err().code(), Code::FailedPrecondition);
    house.add_manager("asha", "ravi").await.unwrap();
    house.remove_manager("asha", "ravi").await.unwrap();
    assert_eq!(house.managers("asha").await, [id("asha")]);
    assert_ne!(house.family_id("ravi").await, family, "a removed one begins anew");
    assert!(house.visible("ravi").await.is_empty());

    house.add_manager("asha", "meera").await.unwrap();
    house.remove_manager("asha", "asha").await.unwrap();
    assert_eq!(house.managers("meera").await, [id("meera")]);
}

#[tokio::test]
async fn a_deleted_account_does_not_keep_a_family() {
    let house = House::open().await;
    house.add_manager("asha", "ravi").await.unwrap();
    house.accounts.deleted.lock().unwrap().insert(id("ravi"));
    assert_eq!(house.remove_manager("asha", "asha").await.unwrap_err().code(), Code::FailedPrecondition);
    let page = ListManagersRequest { limit: 0, cursor: String::new() };
    let managers = inner(house.family().list_managers(house.of("asha", page)).await).unwrap().data;
    assert_eq!((managers[1].user_id, managers[1].email.as_str()), (id("ravi"), ""));
    house.remove_manager("asha", "ravi").await.unwrap();
}

#[tokio::test]
async fn a_foreign_manager_and_an_absent_one_are_refused_alike() {
    let house = House::open().await;
    house.family_id("asha").await;
    house.family_id("ravi").await;
    let foreign = house.remove_manager("asha", "ravi").await.unwrap_err();
    let absent = house.remove_manager("asha", "meera").await.unwrap_err();
    let homeless = house.remove_manager("nila", "asha").await.unwrap_err();
    assert_eq!(foreign.code(), Code::PermissionDenied);
    assert_eq!(shown(&foreign), shown(&absent));
    assert_eq!(shown(&foreign), shown(&homeless));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_remove_each_other_one_remains() {
    let house = House::open().await;
    for _ in 0..10 {
        let family = house.family_id("asha").await;
        house.add_manager("asha", "ravi").await.unwrap();
        let (one, other) =
            tokio::join!(house.remove_manager("asha", "ravi"), house.remove_manager("ravi", "asha"));
        let (stays, left) = if one.is_ok() { ("asha", other) } else { ("ravi", one) };
        assert_eq!(left.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!((house.family_id(stays).await, house.managers(stays).await), (family, vec![id(stays)]));
    }
}

#[tokio::test]
async fn managers_come_in_pages() {
    let house = House::open().await;
    for whom in ["ravi", "meera", "nila", "kumar"] {
        house.add_manager("asha", whom).await.unwrap();
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListManagersRequest { limit: 2, cursor };
        let page = inner(house.family().list_managers(house.of("asha", request)).await).unwrap();
        assert!(page.data.len() <= 2);
        seen.extend(page.data.into_iter().map(|manager| manager.user_id));
        let Pagination { next_cursor, has_more } = page.pagination.unwrap();
        assert_eq!(next_cursor.is_some(), has_more);
        let Some(next) = next_cursor else { break };
        cursor = next;
    }
    assert_eq!(seen, ["asha", "ravi", "meera", "nila", "kumar"].map(id));
}

#[tokio::test]
async fn every_write_leaves_its_trace_in_the_family() {
    let house = House::open().await;
    let amma = house.create("asha", "Amma").await;
    let invited = house.invite("asha", "ravi").await.unwrap();
    house.accept("ravi", invited.id).await.unwrap();
    let grant = house.grant("asha", doctor(&house, amma.id, "meera")).await.unwrap();
    withdraw(&house, amma.id, grant.id).await.unwrap();
    house.delete("asha", amma.id).await.unwrap();
    house.restore("asha", amma.id).await.unwrap();
    house.remove_manager("asha", "ravi").await.unwrap();
    let trace =
        |action: &str, resource: &str, what| (id("asha"), action.to_owned(), resource.to_owned(), what);
    let expected = [
        trace("CREATE", "Family", amma.family_id),
        trace("CREATE", "Member", amma.id),
        trace("CREATE", "Invitation", invited.id),
        (id("ravi"), "CREATE".to_owned(), "FamilyManager".to_owned(), id("ravi")),
        trace("GRANT", "Grant", grant.id),
        trace("REVOKE", "Grant", grant.id),
        trace("DELETE", "Member", amma.id),
        trace("RESTORE", "Member", amma.id),
        trace("DELETE", "FamilyManager", id("ravi")),
    ];
    assert_eq!(house.audit(amma.family_id).await, expected);
}
