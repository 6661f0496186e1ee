//! The ways in: by password, by an identity provider, by a refresh token. Each ends with a session and its tokens.

mod oidc;
mod password;

use chassis::clock::Clock;
use chassis::{Call, Error, Origin};
use proto::identity::v1::{RefreshRequest, Tokens};

use crate::config::Config;
use crate::domain::rotation;
use crate::domain::session::{ACCESS_LIFETIME, Verdict};
use crate::error;
use crate::keys::{KeyEncryptionKey, Sealed, SigningKey};
use crate::oidc::Oidc;
use crate::passwords::Passwords;
use crate::store::Store;
use crate::store::keys::made;
use crate::store::sessions::{Client, NewSession, NewToken, Opening};
use crate::tokens::{self, Drawn};

/// Signs people in.
pub struct SignIn {
    store: Store,
    passwords: Passwords,
    password_sign_in: bool,
    oidc: Oidc,
    lock: KeyEncryptionKey,
    clock: Clock,
}

impl SignIn {
    /// Prepares signing in. Fails when the signing key at hand does not open by the key-encryption key.
    pub async fn open(config: Config, store: &Store, clock: &Clock) -> Result<Self, Error> {
        let sign_in = Self {
            store: store.clone(),
            passwords: Passwords::new(&config.passwords)?,
            password_sign_in: config.password_sign_in,
            oidc: Oidc::new(config.providers, clock, config.provider_pause)?,
            lock: config.key_encryption_key,
            clock: clock.clone(),
        };
        sign_in.signing_key().await?;
        Ok(sign_in)
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
        let actor = call.actor(owner.user_id);
        match self.store.rotate(&actor, &presented, next.1, client(&call.origin)).await? {
            Verdict::Rotate => Ok(tokens),
            Verdict::Reused => {
                tracing::warn!(session_id = owner.id, "a refresh token was used twice; its session is over");
                Err(error::stale_refresh_token())
            }
            Verdict::Refused => Err(error::stale_refresh_token()),
        }
    }

    async fn new_session(
        &self,
        user_id: i64,
        origin: &Origin,
        opening: Opening,
    ) -> Result<(NewSession, Tokens), Error> {
        let id = self.store.next_session_id().await?;
        let (text, token) = self.new_token()?;
        let tokens = self.tokens(user_id, id, text).await?;
        Ok((NewSession { id, user_id, token, client: client(origin), opening }, tokens))
    }

    fn new_token(&self) -> Result<(String, NewToken), Error> {
        let Drawn { text, hash } = Drawn::draw()?;
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

    /// The key that signs now. The keys are asked for at every signing, so that all processes go over to the next one together;
    /// whoever finds that the next one is due makes it.
    async fn signing_key(&self) -> Result<SigningKey, Error> {
        let now = self.clock.now();
        let mut keys = self.store.signing_keys().await?;
        if rotation::next_is_due(&made(&keys), now) {
            self.store.add_signing_key(&keys, Sealed::generate(&self.lock)?, now).await?;
            keys = self.store.signing_keys().await?;
        }
        let key = rotation::signer(&made(&keys), now).and_then(|place| keys.get(place));
        let key = key.ok_or_else(|| Error::internal("there is no signing key"))?;
        SigningKey::open(&self.lock, &key.kid, &key.secret)
    }
}

fn client(origin: &Origin) -> Client {
    Client { address: origin.address.clone(), user_agent: origin.user_agent.clone() }
}
