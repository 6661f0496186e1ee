//! A house with one room: identity on a database of its own, and a clock that obeys.

use std::sync::Arc;

use backends::Database;
use chassis::auth::{Authority, Verifier};
use chassis::clock::Clock;
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation, Link};
use chrono::{DateTime, Utc};
use identity::{Config, KeyEncryptionKey, Needs, PasswordCost, Providers};
use proto::identity::v1::identity_service_client::IdentityServiceClient;
use proto::identity::v1::{CheckSessionRequest, LoginRequest, RefreshRequest, RegisterRequest, Tokens};
use sea_orm::{FromQueryResult, Statement};
use tonic::{Request, Status};

pub const PASSWORD: &str = "correct horse battery";

/// As little work as argon2id allows.
pub const CHEAP: PasswordCost =
    PasswordCost { memory_kib: 8, passes: 1, lanes: 1, parallel: 2, waiting: 1000 };

pub struct House {
    pub db: Database,
    pub clock: Clock,
    pub authority: Arc<dyn Authority>,
    pub identity: IdentityServiceClient<Link>,
}

impl House {
    pub async fn open() -> Self {
        Self::at_cost(CHEAP).await
    }

    pub async fn at_cost(passwords: PasswordCost) -> Self {
        let clock = Clock::fixed(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
        let db = Database::in_memory(&clock).await.unwrap();
        Self::over(db, clock, [7; 32], passwords).await.unwrap()
    }

    /// Opens identity once more over the same database, as after a restart.
    pub async fn again(&self, key: [u8; 32]) -> Result<Self, Error> {
        Self::over(self.db.clone(), self.clock.clone(), key, CHEAP).await
    }

    /// Opens identity with providers, at a time of theirs.
    pub async fn with(providers: Providers, now: DateTime<Utc>) -> Self {
        let clock = Clock::fixed(now);
        let db = Database::in_memory(&clock).await.unwrap();
        let config =
            Config { providers, passwords: CHEAP, ..Config::new(KeyEncryptionKey::new([7; 32], Vec::new())) };
        Self::configured(db, clock, config).await.unwrap()
    }

    async fn over(db: Database, clock: Clock, key: [u8; 32], passwords: PasswordCost) -> Result<Self, Error> {
        let config = Config { passwords, ..Config::new(KeyEncryptionKey::new(key, Vec::new())) };
        Self::configured(db, clock, config).await
    }

    async fn configured(db: Database, clock: Clock, config: Config) -> Result<Self, Error> {
        let foundation = Foundation { clock: clock.clone(), tasks: Tasks::new() };
        let opened = identity::open(config, Needs { foundation, db: db.clone() }).await?;
        let link = opened.room.link(&Verifier::new(opened.authority.clone(), clock.clone()));
        Ok(Self { db, clock, authority: opened.authority, identity: IdentityServiceClient::new(link) })
    }

    pub fn identity(&self) -> IdentityServiceClient<Link> {
        self.identity.clone()
    }

    pub async fn register(&self, email: &str) -> Result<Tokens, Status> {
        let (email, password) = (email.to_owned(), PASSWORD.to_owned());
        let request = RegisterRequest { email, password, full_name: "Asha Rao".to_owned() };
        Ok(self.identity().register(request).await?.into_inner())
    }

    pub async fn login(&self, email: &str, password: &str) -> Result<Tokens, Status> {
        let request = LoginRequest { email: email.to_owned(), password: password.to_owned(), restore: false };
        Ok(self.identity().login(request).await?.into_inner())
    }

    pub async fn refresh(&self, tokens: &Tokens) -> Result<Tokens, Status> {
        let request = RefreshRequest { refresh_token: tokens.refresh_token.clone() };
        Ok(self.identity().refresh(request).await?.into_inner())
    }

    /// The user and session of an access token, as a room that has never seen it finds them.
    pub async fn user(&self, tokens: &Tokens) -> Result<chassis::User, Error> {
        Verifier::new(self.authority.clone(), self.clock.clone()).user(&tokens.access_token).await
    }

    pub async fn alive(&self, session_id: i64) -> bool {
        self.identity().check_session(CheckSessionRequest { session_id }).await.unwrap().into_inner().alive
    }

    pub async fn rows<T: FromQueryResult>(&self, query: &str) -> Vec<T> {
        let query = Statement::from_string(self.db.backend(), query);
        T::find_by_statement(query)
            .all(self.db.read(backends::Scope::Own).await.unwrap().connection())
            .await
            .unwrap()
    }
}

/// A request that carries an access token.
pub fn signed<M>(tokens: &Tokens, message: M) -> Request<M> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {}", tokens.access_token).parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

/// All that a caller sees of a refusal.
pub fn shown(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}
