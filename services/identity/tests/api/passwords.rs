//! Which passwords will do, and how one is changed.

use chassis::Error;
use proto::identity::v1::{ChangePasswordRequest, ListSessionsRequest, RegisterRequest, Tokens};
use tonic::{Code, Status};

use crate::house::{House, PASSWORD, signed};

const NEXT: &str = "seventeen quiet pelicans";

#[tokio::test]
async fn a_new_password_takes_the_old_one_and_ends_every_other_session() {
    let house = House::open().await;
    let here = house.register("asha@example.com").await.unwrap();
    let there = house.login("asha@example.com", PASSWORD).await.unwrap();
    change(&house, &here, Some(PASSWORD), NEXT).await.unwrap();
    house.user(&here).await.unwrap();
    house.refresh(&here).await.unwrap();
    assert!(house.user(&there).await.is_err());
    assert_eq!(house.refresh(&there).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(house.login("asha@example.com", PASSWORD).await.unwrap_err().code(), Code::Unauthenticated);
    house.login("asha@example.com", NEXT).await.unwrap();
}

#[tokio::test]
async fn whoever_finds_a_session_open_cannot_take_the_account_over() {
    let house = House::open().await;
    let asha = house.register("asha@example.com").await.unwrap();
    // a session that a password opened proves nothing more, however young it is
    assert_eq!(field(change(&house, &asha, None, NEXT).await), "current_password");
    // five guesses, as at the door, and they count there too
    for _ in 0..5 {
        assert_eq!(field(change(&house, &asha, Some("a wild guess"), NEXT).await), "current_password");
    }
    for password in ["a wild guess", PASSWORD] {
        let refused = change(&house, &asha, Some(password), NEXT).await.unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
    }
    assert_eq!(house.login("asha@example.com", PASSWORD).await.unwrap_err().code(), Code::ResourceExhausted);
    let sessions =
        house.identity().list_sessions(signed(&asha, ListSessionsRequest::default())).await.unwrap();
    assert_eq!(sessions.into_inner().data.len(), 1, "nothing has changed");
}

#[tokio::test]
async fn a_password_that_is_soon_guessed_is_refused_at_every_door() {
    let house = House::open().await;
    let asha = house.register("asha@example.com").await.unwrap();
    for weak in ["password1234", "praanpraan", "asha@example.com", "too short"] {
        assert_eq!(field(change(&house, &asha, Some(PASSWORD), weak).await), "new_password", "{weak}");
        let (email, full_name) = ("ravi@example.com".to_owned(), "Asha Rao".to_owned());
        let request = RegisterRequest { email, password: weak.to_owned(), full_name };
        let refused = house.identity().register(request).await.map(drop);
        if weak != "asha@example.com" {
            assert_eq!(field(refused), "password", "{weak}");
        }
    }
    house.login("asha@example.com", PASSWORD).await.unwrap();
}

async fn change(house: &House, who: &Tokens, current: Option<&str>, new: &str) -> Result<(), Status> {
    let request =
        ChangePasswordRequest { current_password: current.map(str::to_owned), new_password: new.to_owned() };
    house.identity().change_password(signed(who, request)).await.map(drop)
}

/// The one field that is refused.
fn field(refused: Result<(), Status>) -> String {
    let refused = Error::from(refused.unwrap_err());
    assert_eq!(refused.fields().len(), 1, "{refused:?}");
    refused.fields()[0].field.clone()
}
