//! `praan account`: locks an account, and unlocks it.

use std::time::Duration;

use chassis::{Error, Foundation};

use crate::house::Base;
use crate::options::{Account, Holder, Service};

/// Does what is asked, and says by `say` what was done.
pub async fn run(account: &Account, say: impl Fn(&str)) -> Result<(), Error> {
    let (Account::Lock(holder) | Account::Unlock(holder)) = account;
    let Holder { email, storage } = holder.as_ref();
    let foundation = Foundation::system();
    let db = Base::open(storage, &foundation)?.database(Service::Identity).await?;
    identity::migrate(&db).await?;
    match account {
        Account::Lock(_) => {
            let identity::Locked { user_id, sessions } = identity::lock(&db, email).await?;
            say(&format!("account {user_id} is locked; {sessions} sessions were open, and have ended"));
        }
        Account::Unlock(_) => {
            let user_id = identity::unlock(&db, email).await?;
            say(&format!("account {user_id} is unlocked; its owner may sign in again"));
        }
    }
    db.close().await?;
    foundation.tasks.stop(Duration::from_secs(10)).await;
    Ok(())
}
