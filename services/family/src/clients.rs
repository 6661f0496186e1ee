//! What family asks of other services.

use std::collections::HashMap;

use chassis::mesh::{answered, found};
use chassis::{Error, Link};
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use proto::identity::v1::{ListUsersRequest, LookupUserRequest, User};

/// How many accounts identity returns at once.
const AT_ONCE: usize = 100;

/// The accounts that identity keeps.
#[derive(Clone)]
pub struct Accounts {
    identity: IdentityServiceClient<Link>,
    proved_only: bool,
}

impl Accounts {
    /// The accounts behind this link; `proved_only` as in [`crate::Config`].
    pub fn new(identity: Link, proved_only: bool) -> Self {
        Self { identity: IdentityServiceClient::new(identity), proved_only }
    }

    /// The account of an address.
    pub async fn by_email(&self, email: &str) -> Result<Option<User>, Error> {
        found(self.identity.clone().lookup_user(LookupUserRequest { email: email.to_owned() }).await)
    }

    /// The account, if its address may be trusted to be its owner's.
    pub fn trusted(&self, account: Option<User>) -> Result<User, Error> {
        let account = account.ok_or_else(no_account)?;
        if self.proved_only && !account.email_verified { Err(unproved()) } else { Ok(account) }
    }

    /// Those of some accounts that are not deleted.
    pub async fn by_id(&self, ids: &[i64]) -> Result<HashMap<i64, User>, Error> {
        let mut accounts = HashMap::new();
        for ids in ids.chunks(AT_ONCE) {
            let answer = answered(
                self.identity.clone().list_users(ListUsersRequest { user_ids: ids.to_vec() }).await,
            )?;
            accounts.extend(answer.users.into_iter().map(|user| (user.id, user)));
        }
        Ok(accounts)
    }
}

/// The address has no account.
fn no_account() -> Error {
    Error::illegal_state("this e-mail address has no account; ask its owner to sign up first")
}

/// Whoever has the account may have lain in wait.
fn unproved() -> Error {
    Error::illegal_state(
        "nobody has proved yet to own the e-mail address of this account; its owner does by signing in through an identity provider",
    )
}
