//! Nobody manages a family without having said yes, and nobody learns from an invitation who has an account.

use chrono::TimeDelta;
use proto::family::v1::*;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::house::{House, inner, shown};
use crate::identity::{email, id};

async fn decline(house: &House, name: &str, invitation_id: i64) -> Result<DeclineInvitationResponse, Status> {
    let request = house.of(name, DeclineInvitationRequest { invitation_id });
    inner(house.family().decline_invitation(request).await)
}

async fn withdraw(
    house: &House,
    name: &str,
    invitation_id: i64,
) -> Result<WithdrawInvitationResponse, Status> {
    let request = house.of(name, WithdrawInvitationRequest { invitation_id });
    inner(house.family().withdraw_invitation(request).await)
}

/// What somebody is invited to, and what the somebody's family has sent.
async fn seen(house: &House, name: &str) -> (Vec<i64>, Vec<i64>) {
    let ids = |data: Vec<Invitation>| data.iter().map(|invitation| invitation.id).collect();
    let to = ListInvitationsRequest { limit: 0, cursor: String::new() };
    let of = ListFamilyInvitationsRequest { limit: 0, cursor: String::new() };
    let to = inner(house.family().list_invitations(house.of(name, to)).await).unwrap();
    let of = inner(house.family().list_family_invitations(house.of(name, of)).await).unwrap();
    (ids(to.data), ids(of.data))
}

#[tokio::test]
async fn an_invitation_changes_nothing_before_it_is_accepted() {
    let house = House::open().await;
    let own = house.family_id("ravi").await;
    let amma = house.create("asha", "Amma").await;
    let invited = house.invite("asha", "ravi").await.unwrap();
    assert_eq!((invited.status(), invited.email.clone()), (InvitationStatus::Pending, email("ravi")));
    assert_eq!((invited.invited_by, invited.invited_by_name.as_str()), (id("asha"), "asha"));
    let lifetime = invited.expires_at.unwrap().seconds - invited.created_at.unwrap().seconds;
    assert_eq!(lifetime, TimeDelta::days(14).num_seconds());
    assert_eq!(house.managers("asha").await, [id("asha")]);
    assert_eq!(house.family_id("ravi").await, own);
    assert_eq!(house.get("ravi", amma.id).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(seen(&house, "asha").await, (vec![], vec![invited.id]));
    assert_eq!(seen(&house, "ravi").await, (vec![invited.id], vec![]));

    let joined = house.accept("ravi", invited.id).await.unwrap();
    assert_eq!((joined.user_id, joined.email), (id("ravi"), email("ravi")));
    assert_eq!(house.family_id("ravi").await, amma.family_id);
    house.get("ravi", amma.id).await.unwrap();
    assert_eq!(seen(&house, "ravi").await, (vec![], vec![]));
    assert_eq!(house.accept("ravi", invited.id).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn an_address_with_an_account_and_one_without_are_answered_alike() {
    let house = House::open().await;
    house.family_id("asha").await;
    let alike = |mut invitation: Invitation| {
        invitation.id = 0;
        Invitation { email: String::new(), ..invitation }
    };
    let known = house.invite("asha", "ravi").await.unwrap();
    let request = InviteManagerRequest { email: "Nobody@Example.com".into() };
    let unknown = inner(house.family().invite_manager(house.of("asha", request)).await).unwrap();
    assert_eq!(unknown.email, "nobody@example.com");
    assert_eq!(seen(&house, "asha").await.1, [known.id, unknown.id]);
    assert_eq!(alike(known), alike(unknown));
    // the second time as well
    let again = InviteManagerRequest { email: "nobody@example.com".into() };
    let again = inner(house.family().invite_manager(house.of("asha", again)).await).unwrap_err();
    assert_eq!(shown(&house.invite("asha", "ravi").await.unwrap_err()), shown(&again));
    assert_eq!(again.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn who_may_join() {
    let house = House::open().await;
    let family = house.family_id("asha").await;
    assert_eq!(house.invite("asha", "asha").await.unwrap_err().code(), Code::AlreadyExists);
    let appa = house.create("ravi", "Appa").await;
    let invited = house.invite("asha", "ravi").await.unwrap().id;
    assert_eq!(house.accept("ravi", invited).await.unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(house.family_id("ravi").await, appa.family_id);
    // an empty family, be it one whose last member was deleted, is left behind
    house.delete("ravi", appa.id).await.unwrap();
    house.accept("ravi", invited).await.unwrap();
    assert_eq!(house.family_id("ravi").await, family);
    assert_eq!(house.invite("asha", "ravi").await.unwrap_err().code(), Code::AlreadyExists);
    assert_eq!(house.restore("ravi", appa.id).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn an_invitation_is_for_the_invited_alone_and_for_14_days() {
    let house = House::open().await;
    let invited = house.invite("asha", "ravi").await.unwrap().id;
    house.family_id("meera").await;
    let absent = house.accept("meera", 4_000_000_000).await.unwrap_err();
    let refusals = [
        house.accept("meera", invited).await.map(drop),
        house.accept("asha", invited).await.map(drop),
        decline(&house, "meera", invited).await.map(drop),
        decline(&house, "meera", 4_000_000_000).await.map(drop),
        withdraw(&house, "meera", invited).await.map(drop),
        withdraw(&house, "ravi", invited).await.map(drop),
        withdraw(&house, "asha", 4_000_000_000).await.map(drop),
    ];
    for refused in refusals {
        assert_eq!(shown(&refused.unwrap_err()), shown(&absent));
    }
    house.clock.advance(TimeDelta::days(14) - TimeDelta::seconds(1));
    assert_eq!(seen(&house, "ravi").await.0, [invited]);
    house.clock.advance(TimeDelta::seconds(1));
    assert!(seen(&house, "ravi").await.0.is_empty());
    assert!(seen(&house, "asha").await.1.is_empty());
    assert_eq!(shown(&house.accept("ravi", invited).await.unwrap_err()), shown(&absent));
    house.add_manager("asha", "ravi").await.unwrap();
}

#[tokio::test]
async fn what_was_declined_or_withdrawn_is_over() {
    let house = House::open().await;
    let declined = house.invite("asha", "ravi").await.unwrap().id;
    decline(&house, "ravi", declined).await.unwrap();
    let withdrawn = house.invite("asha", "ravi").await.unwrap().id;
    withdraw(&house, "asha", withdrawn).await.unwrap();
    for over in [declined, withdrawn] {
        assert_eq!(house.accept("ravi", over).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(decline(&house, "ravi", over).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(withdraw(&house, "asha", over).await.unwrap_err().code(), Code::PermissionDenied);
    }
    assert!(seen(&house, "ravi").await.0.is_empty());
}

#[tokio::test]
async fn who_is_put_out_brings_nobody_in() {
    let house = House::open().await;
    house.add_manager("asha", "ravi").await.unwrap();
    let invited = house.invite("ravi", "meera").await.unwrap().id;
    let others = house.invite("asha", "nila").await.unwrap().id;
    house.remove_manager("asha", "ravi").await.unwrap();
    assert_eq!(house.accept("meera", invited).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(seen(&house, "asha").await.1, [others]);
    // nor who goes elsewhere
    let from_kumar = house.invite("kumar", "meera").await.unwrap().id;
    house.add_manager("asha", "kumar").await.unwrap();
    assert_eq!(house.accept("meera", from_kumar).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_repeated_request_has_one_effect_and_one_answer() {
    let house = House::open().await;
    let request_id = Uuid::new_v4();
    let invite = async |whom| {
        let request = house.under(request_id, "asha", InviteManagerRequest { email: email(whom) });
        inner(house.family().invite_manager(request).await)
    };
    let first = invite("ravi").await.unwrap();
    house.clock.advance(TimeDelta::hours(1));
    assert_eq!(invite("ravi").await.unwrap(), first);
    let reused = chassis::Error::from(invite("meera").await.unwrap_err());
    assert_eq!(reused.kind(), chassis::Kind::KeyReused);
    let accept = async || {
        let request = house.under(request_id, "ravi", AcceptInvitationRequest { invitation_id: first.id });
        inner(house.family().accept_invitation(request).await)
    };
    assert_eq!(accept().await.unwrap(), accept().await.unwrap());
    assert_eq!(house.managers("asha").await, [id("asha"), id("ravi")]);
}

#[tokio::test]
async fn invitations_come_in_pages() {
    let house = House::open().await;
    let mut sent = Vec::new();
    for whom in ["asha", "meera", "nila", "kumar"] {
        sent.push(house.invite(whom, "ravi").await.unwrap().id);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = ListInvitationsRequest { limit: 3, cursor };
        let page = inner(house.family().list_invitations(house.of("ravi", request)).await).unwrap();
        seen.extend(page.data.into_iter().map(|invitation| invitation.id));
        let Some(next) = page.pagination.unwrap().next_cursor else { break };
        cursor = next;
    }
    assert_eq!(seen, sent);
}
