use chassis::{Actor, Call, Error};
use proto::identity::v1::{ChangePasswordRequest, LoginRequest, RegisterRequest, Tokens};

use super::SignIn;
use crate::domain::account;
use crate::domain::password::Chosen;
use crate::domain::session::Proof;
use crate::error;
use crate::store::attempts::Guess;
use crate::store::entity::users;
use crate::store::sessions::Opening;
use crate::store::users::{NewPassword, NewUser};

const BY_PASSWORD: Opening = Opening { proof: Proof::Password, spends: None };

impl SignIn {
    /// Opens an account and a session. Of two who register one address at once, the database lets one through.
    pub async fn register(&self, call: Call<RegisterRequest, ()>) -> Result<Tokens, Error> {
        self.by_password()?;
        let email = account::address(&call.message.email);
        let full_name = account::full_name(&call.message.full_name)?;
        if self.store.email_taken(&email).await? {
            return Err(error::email_taken());
        }
        let chosen = Chosen::new("password", &call.message.password, [&email, &full_name]);
        let password_hash = self.passwords.hash(chosen).await?;
        let id = self.store.next_user_id().await?;
        let (session, tokens) = self.new_session(id, &call.origin, BY_PASSWORD).await?;
        let user = NewUser { id, email, password_hash, full_name, session };
        self.store.register(&call.actor(id), user).await?;
        Ok(tokens)
    }

    /// Opens a session by password. Every refusal takes the same steps, whether the account exists or not.
    pub async fn login(&self, call: Call<LoginRequest, ()>) -> Result<Tokens, Error> {
        self.by_password()?;
        let email = account::address(&call.message.email);
        let guess = self.store.reserve_guess(&call.actor(0), &email, self.clock.now()).await?;
        let mut user = self.store.user_by_email(&email).await?;
        if call.message.restore && user.is_none() {
            user = self.store.deleted_user(&email, self.clock.now()).await?;
        }
        let right = self.is_right(&call.actor(0), &guess, &call.message.password, user.as_ref()).await?;
        let (true, Some(user)) = (right, &user) else {
            self.store.record_refusal(&call.actor(user.map_or(0, |user| user.id))).await?;
            return Err(error::wrong_credentials());
        };
        if user.deleted_at.is_some() {
            self.store.restore_user(&call.actor(user.id), self.clock.now()).await?;
        }
        let (session, tokens) = self.new_session(user.id, &call.origin, BY_PASSWORD).await?;
        let opened = self.store.open_session(&call.actor(user.id), session, &guess).await?;
        if opened { Ok(tokens) } else { Err(error::wrong_credentials()) }
    }

    /// Gives the caller another password, for the old one or for the fresh word of an identity provider. A wrong guess at the old
    /// one counts like any other.
    pub async fn change_password(&self, call: Call<ChangePasswordRequest>) -> Result<(), Error> {
        self.by_password()?;
        let (actor, session_id, now) = (call.actor(), call.caller.session_id, self.clock.now());
        let user = self.store.user_now(call.caller.id).await?.ok_or_else(error::account_gone)?;
        let session = self.store.living_session(session_id, now).await?.ok_or_else(error::account_gone)?;
        let guess = match &call.message.current_password {
            Some(current) => Some(self.right_guess(&actor, &user, current).await?),
            None if Proof::replaces_password(&session.proof, session.created_at, now) => None,
            None => return Err(error::current_password_missing()),
        };
        let chosen = Chosen::new("new_password", &call.message.new_password, [&user.email, &user.full_name]);
        let hash = self.passwords.hash(chosen).await?;
        let changed = self.store.set_password(&actor, NewPassword { hash, guess, session_id }, now).await?;
        if changed { Ok(()) } else { Err(error::account_gone()) }
    }

    async fn right_guess(&self, actor: &Actor, user: &users::Model, password: &str) -> Result<Guess, Error> {
        let guess = self.store.reserve_guess(actor, &user.email, self.clock.now()).await?;
        if self.is_right(actor, &guess, password, Some(user)).await? {
            return Ok(guess);
        }
        self.store.record_refusal(actor).await?;
        Err(error::wrong_current_password())
    }

    /// Whether a reserved guess is the user's password.
    async fn is_right(
        &self,
        actor: &Actor,
        guess: &Guess,
        password: &str,
        user: Option<&users::Model>,
    ) -> Result<bool, Error> {
        let hash = user.map(|user| user.password_hash.clone());
        let checked = self.passwords.verify(password.to_owned(), hash).await;
        if checked.is_err() {
            // nobody looked at the guess, so it must not count
            self.store.forget_guess(actor, guess).await?;
        }
        checked
    }

    fn by_password(&self) -> Result<(), Error> {
        if self.password_sign_in { Ok(()) } else { Err(error::passwords_off()) }
    }
}
