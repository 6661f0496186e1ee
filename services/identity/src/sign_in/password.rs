use chassis::{Call, Error};
use proto::identity::v1::{LoginRequest, RegisterRequest, Tokens};

use super::SignIn;
use crate::domain::account;
use crate::error;
use crate::store::users::NewUser;

impl SignIn {
    /// Opens an account and a session. Of two who register one address at once, the database lets one through.
    pub async fn register(&self, call: Call<RegisterRequest, ()>) -> Result<Tokens, Error> {
        self.by_password()?;
        let email = account::address(&call.message.email);
        let full_name = account::full_name(&call.message.full_name)?;
        if self.store.email_taken(&email).await? {
            return Err(error::email_taken());
        }
        let password_hash = self.passwords.hash(call.message.password.clone()).await?;
        let id = self.store.next_user_id().await?;
        let (session, tokens) = self.new_session(id, &call.origin).await?;
        let user = NewUser { id, email, password_hash, full_name, session };
        self.store.register(&call.actor(id), user).await?;
        Ok(tokens)
    }

    /// Opens a session by password. Every refusal takes the same steps, whether the account exists or not.
    pub async fn login(&self, call: Call<LoginRequest, ()>) -> Result<Tokens, Error> {
        self.by_password()?;
        let email = account::address(&call.message.email);
        let guess = self.store.reserve_guess(&call.actor(0), &email, self.clock.now()).await?;
        let user = self.store.user_by_email(&email).await?;
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let right = match self.passwords.verify(call.message.password.clone(), hash).await {
            Ok(right) => right,
            Err(error) => {
                // nobody looked at the guess, so it must not count
                self.store.forget_guess(&call.actor(0), &guess).await?;
                return Err(error);
            }
        };
        let (true, Some(user)) = (right, &user) else {
            self.store.record_refusal(&call.actor(user.map_or(0, |user| user.id))).await?;
            return Err(error::wrong_credentials());
        };
        let (session, tokens) = self.new_session(user.id, &call.origin).await?;
        let opened = self.store.open_session(&call.actor(user.id), session, &guess).await?;
        if opened { Ok(tokens) } else { Err(error::wrong_credentials()) }
    }

    fn by_password(&self) -> Result<(), Error> {
        if self.password_sign_in { Ok(()) } else { Err(error::passwords_off()) }
    }
}
