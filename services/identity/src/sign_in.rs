//! The ways in: register, log in, refresh. Each ends with a session and its tokens.

use chassis::clock::Clock;
use chassis::{Call, Error};
use proto::identity::v1::{LoginRequest, RefreshRequest, RegisterRequest, Tokens};

use crate::config::PasswordCost;
use crate::domain::account;
use crate::domain::session::{ACCESS_LIFETIME, Verdict};
use crate::error;
use crate::keys::{KeyEncryptionKey, SigningKey};
use crate::passwords::Passwords;
use crate::store::Store;
use crate::store::sessions::{NewSession, NewToken};
use crate::store::users::NewUser;
use crate::tokens::{self, Refresh};

/// Signs people in.
pub struct SignIn {
    store: Store,
    passwords: Passwords,
    lock: KeyEncryptionKey,
    clock: Clock,
}

impl SignIn {
    /// Prepares signing in. Fails when the signing key at hand does not open by the key-encryption key.
    pub async fn open(
        cost: &PasswordCost,
        lock: KeyEncryptionKey,
        store: &Store,
        clock: &Clock,
    ) -> Result<Self, Error> {
        store.ensure_signing_key(&lock, clock.now()).await?;
        let passwords = Passwords::new(cost)?;
        let sign_in = Self { store: store.clone(), passwords, lock, clock: clock.clone() };
        sign_in.signing_key().await?;
        Ok(sign_in)
    }

    /// Opens an account and a session. Of two who register one address at once, the database lets one through.
    pub async fn register(&self, call: Call<RegisterRequest, ()>) -> Result<Tokens, Error> {
        let email = account::address(&call.message.email);
        let full_name = account::full_name(&call.message.full_name)?;
        if self.store.email_taken(&email).await? {
            return Err(error::email_taken());
        }
        let password_hash = self.passwords.hash(call.message.password.clone()).await?;
        let id = self.store.next_user_id().await?;
        let (session, tokens) = self.new_session(id).await?;
        let user = NewUser { id, email, password_hash, full_name, session };
        self.store.register(&call.actor(id), user).await?;
        Ok(tokens)
    }

    /// Opens a session by password. Every refusal takes the same steps, whether the account exists or not.
    pub async fn login(&self, call: Call<LoginRequest, ()>) -> Result<Tokens, Error> {
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
        let (session, tokens) = self.new_session(user.id).await?;
        let opened = self.store.open_session(&call.actor(user.id), session, &guess).await?;
        if opened { Ok(tokens) } else { Err(error::wrong_credentials()) }
    }

    /// Exchanges a refresh token. Of two who present one token at once, the first gets new tokens and the second counts as a
    /// thief: the session ends, and with it what the first has just got.
    pub async fn refresh(&self, call: Call<RefreshRequest, ()>) -> Result<Tokens, Error> {
        let presented = tokens::hash(&call.message.refresh_token);
        let Some(owner) = self.store.token_owner(&presented).await? else {
            return Err(error::stale_refresh_token());
        };
        let next = self.new_token()?;
        // signed before the exchange: a client whose old token is gone must not go without new ones
        let tokens = self.tokens(owner.user_id, owner.id, next.0).await?;
        match self.store.rotate(&call.actor(owner.user_id), &presented, next.1).await? {
            Verdict::Rotate => Ok(tokens),
            Verdict::Reused => {
                tracing::warn!(session_id = owner.id, "a refresh token was used twice; its session is over");
                Err(error::stale_refresh_token())
            }
            Verdict::Refused => Err(error::stale_refresh_token()),
        }
    }

    async fn new_session(&self, user_id: i64) -> Result<(NewSession, Tokens), Error> {
        let id = self.store.next_session_id().await?;
        let (text, token) = self.new_token()?;
        let tokens = self.tokens(user_id, id, text).await?;
        Ok((NewSession { id, user_id, token }, tokens))
    }

    fn new_token(&self) -> Result<(String, NewToken), Error> {
        let Refresh { text, hash } = Refresh::draw()?;
        Ok((text, NewToken { hash, issued_at: self.clock.now() }))
    }

    async fn tokens(&self, user_id: i64, session_id: i64, refresh_token: String) -> Result<Tokens, Error> {
        let claims = tokens::claims(user_id, session_id, self.clock.now());
        Ok(Tokens {
            access_token: self.signing_key().await?.sign(&claims)?,
            token_type: "Bearer".to_owned(),
            expires_in: ACCESS_LIFETIME.num_seconds(),
            refresh_token,
        })
    }

    /// The newest key, asked for at every signing, so that a rotation by another process takes effect at once.
    async fn signing_key(&self) -> Result<SigningKey, Error> {
        let key = self.store.newest_key().await?.ok_or_else(|| Error::internal("there is no signing key"))?;
        SigningKey::open(&self.lock, &key.kid, &key.secret)
    }
}
