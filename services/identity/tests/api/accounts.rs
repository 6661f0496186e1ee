//! Opening, reading, changing and deleting an account.

use chrono::TimeDelta;
use futures_util::future::join_all;
use prost_types::FieldMask;
use proto::identity::v1::*;
use tonic::Code;

use crate::house::{House, PASSWORD, shown, signed};

#[tokio::test]
async fn registering_opens_an_account_and_signs_in() {
    let house = House::open().await;
    let tokens = house.register(" Asha@Example.com".trim()).await.unwrap();
    assert_eq!((tokens.token_type.as_str(), tokens.expires_in), ("Bearer", 900));
    let me = house.identity().get_me(signed(&tokens, GetMeRequest {})).await.unwrap().into_inner();
    assert_eq!((me.email.as_str(), me.full_name.as_str()), ("asha@example.com", "Asha Rao"));
    assert_eq!(me.created_at.unwrap().seconds, house.clock.now().timestamp());
    assert_eq!(house.user(&tokens).await.unwrap().id, me.id);
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_written_and_however_many_ask_at_once() {
    let house = House::open().await;
    let answers = join_all((0..20).map(|n| {
        let email = if n % 2 == 0 { "asha@example.com" } else { "ASHA@example.COM" };
        house.register(email)
    }))
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    assert!(lost.into_iter().all(|refused| refused.unwrap_err().code() == Code::AlreadyExists));
    assert_eq!(house.register("asha@example.com").await.unwrap_err().code(), Code::AlreadyExists);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_by_field_and_nothing_is_kept() {
    let house = House::open().await;
    let good = RegisterRequest {
        email: "asha@example.com".into(),
        password: PASSWORD.into(),
        full_name: "Asha".into(),
    };
    for (field, bad) in [
        ("email", RegisterRequest { email: "not an address".into(), ..good.clone() }),
        ("email", RegisterRequest { email: String::new(), ..good.clone() }),
        ("password", RegisterRequest { password: "too short".into(), ..good.clone() }),
        ("password", RegisterRequest { password: "x".repeat(129), ..good.clone() }),
        ("full_name", RegisterRequest { full_name: "   ".into(), ..good.clone() }),
        ("full_name", RegisterRequest { full_name: "As\nha".into(), ..good.clone() }),
    ] {
        let status = house.identity().register(bad).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{field}");
        assert_eq!(chassis::Error::from(status).fields()[0].field, field);
    }
    assert!(house.register("asha@example.com").await.is_ok(), "nothing was kept of the refused ones");
}

#[tokio::test]
async fn a_user_changes_the_name_and_nothing_else() {
    let house = House::open().await;
    let tokens = house.register("asha@example.com").await.unwrap();
    let change = async |full_name: Option<&str>, mask: Option<&[&str]>| {
        let paths = |mask: &[&str]| FieldMask { paths: mask.iter().map(|path| path.to_string()).collect() };
        let request =
            UpdateMeRequest { full_name: full_name.map(str::to_owned), update_mask: mask.map(paths) };
        house.identity().update_me(signed(&tokens, request)).await.map(|user| user.into_inner().full_name)
    };
    assert_eq!(change(Some(" Asha R. Rao "), None).await.unwrap(), "Asha R. Rao");
    assert_eq!(change(Some("Asha"), Some(&["full_name"])).await.unwrap(), "Asha");
    for (full_name, mask) in [
        (None, None),
        (Some("  "), None),
        (Some("Mallory"), Some(&["email"][..])),
        (None, Some(&["full_name"])),
    ] {
        assert_eq!(change(full_name, mask).await.unwrap_err().code(), Code::InvalidArgument, "{full_name:?}");
    }
    let me = house.identity().get_me(signed(&tokens, GetMeRequest {})).await.unwrap().into_inner();
    assert_eq!(me.full_name, "Asha");
}

#[tokio::test]
async fn deleting_an_account_ends_its_sessions_and_closes_every_way_back() {
    let house = House::open().await;
    let first = house.register("asha@example.com").await.unwrap();
    let second = house.login("asha@example.com", PASSWORD).await.unwrap();
    let id = house.user(&first).await.unwrap().id;
    house.identity().delete_me(signed(&first, DeleteMeRequest::default())).await.unwrap();
    for tokens in [&first, &second] {
        assert_eq!(house.user(tokens).await.unwrap_err().kind(), chassis::Kind::Unauthenticated);
        assert_eq!(house.refresh(tokens).await.unwrap_err().code(), Code::Unauthenticated);
    }
    assert_eq!(house.login("asha@example.com", PASSWORD).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(house.register("asha@example.com").await.unwrap_err().code(), Code::AlreadyExists);
    let lookup = house.identity().lookup_user(LookupUserRequest { email: "asha@example.com".into() }).await;
    assert_eq!(lookup.unwrap_err().code(), Code::NotFound);
    let listed =
        house.identity().list_users(ListUsersRequest { user_ids: vec![id] }).await.unwrap().into_inner();
    assert_eq!(listed.users, []);
    // the caller layer may trust a session a moment longer; the account is gone for its methods all the same
    let late = house.identity().get_me(signed(&second, GetMeRequest {})).await.unwrap_err();
    assert_eq!(late.code(), Code::Unauthenticated);
    let late = UpdateMeRequest { full_name: Some("Asha".into()), update_mask: None };
    assert_eq!(
        house.identity().update_me(signed(&first, late)).await.unwrap_err().code(),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn other_services_find_accounts_by_address_and_by_id() {
    let house = House::open().await;
    let mut ids = Vec::new();
    for email in ["asha@example.com", "ravi@example.com", "meera@example.com"] {
        ids.push(house.user(&house.register(email).await.unwrap()).await.unwrap().id);
    }
    let found =
        house.identity().lookup_user(LookupUserRequest { email: "RAVI@Example.com".into() }).await.unwrap();
    assert_eq!(found.into_inner().id, ids[1]);
    let missing =
        house.identity().lookup_user(LookupUserRequest { email: "nobody@example.com".into() }).await;
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
    let asked = vec![ids[2], ids[0], 999_999, ids[0]];
    let users =
        house.identity().list_users(ListUsersRequest { user_ids: asked }).await.unwrap().into_inner().users;
    let mut expected = vec![ids[0], ids[2]];
    expected.sort_unstable();
    assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn methods_for_users_need_a_token() {
    let house = House::open().await;
    let forged = Tokens { access_token: "a.b.c".into(), ..Tokens::default() };
    let without = house.identity().get_me(GetMeRequest {}).await.unwrap_err();
    let with = house.identity().get_me(signed(&forged, GetMeRequest {})).await.unwrap_err();
    assert_eq!((shown(&without).0, shown(&with).0), (Code::Unauthenticated, Code::Unauthenticated));
}

#[tokio::test]
async fn a_deletion_can_be_taken_back_for_thirty_days_and_only_when_it_is_asked_for() {
    let house = House::open().await;
    let asha = house.register("asha@example.com").await.unwrap();
    let me = house.identity().get_me(signed(&asha, GetMeRequest {})).await.unwrap().into_inner();
    let delete = async |tokens: &Tokens, erase| {
        house.identity().delete_me(signed(tokens, DeleteMeRequest { erase })).await.unwrap();
    };
    let back = async |password: &str| {
        let (email, password) = ("Asha@example.com".to_owned(), password.to_owned());
        house
            .identity()
            .login(LoginRequest { email, password, restore: true })
            .await
            .map(tonic::Response::into_inner)
    };
    delete(&asha, false).await;
    assert_eq!(house.login("asha@example.com", PASSWORD).await.unwrap_err().code(), Code::Unauthenticated);
    house.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert_eq!(back("not the password").await.unwrap_err().code(), Code::Unauthenticated);
    let asha = back(PASSWORD).await.unwrap();
    assert_eq!(house.identity().get_me(signed(&asha, GetMeRequest {})).await.unwrap().into_inner(), me);
    // who lives need not be restored
    back(PASSWORD).await.unwrap();

    delete(&asha, false).await;
    house.clock.advance(TimeDelta::days(30));
    assert_eq!(back(PASSWORD).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(identity::purge(&house.db).await.unwrap(), [me.id]);
    assert!(identity::purge(&house.db).await.unwrap().is_empty());
    let again = house.register("asha@example.com").await.unwrap();
    // and at once, when that is wanted
    delete(&again, true).await;
    assert_eq!(back(PASSWORD).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(identity::purge(&house.db).await.unwrap().len(), 1);
}
