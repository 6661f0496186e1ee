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
pub struct Accounts(IdentityServiceClient<Link>);

impl Accounts {
    /// The accounts behind this link.
    pub fn new(identity: Link) -> Self {
        Self(IdentityServiceClient::new(identity))
    }

    /// The account of an address.
    pub async fn by_email(&self, email: &str) -> Result<Option<User>, Error> {
        found(self.0.clone().lookup_user(LookupUserRequest { email: email.to_owned() }).await)
    }

    /// Those of some accounts that are not deleted.
    pub async fn by_id(&self, ids: &[i64]) -> Result<HashMap<i64, User>, Error> {
        let mut accounts = HashMap::new();
        for ids in ids.chunks(AT_ONCE) {
            let answer =
                answered(self.0.clone().list_users(ListUsersRequest { user_ids: ids.to_vec() }).await)?;
            accounts.extend(answer.users.into_iter().map(|user| (user.id, user)));
        }
        Ok(accounts)
    }
}

/// The address has no account.
pub fn no_account() -> Error {
    Error::illegal_state("this e-mail address has no account; ask its owner to sign up first")
}
