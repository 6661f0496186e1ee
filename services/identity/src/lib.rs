//! Who somebody is: accounts, sessions, and the tokens that prove them.
//!
//! Owns users, their identities at providers, sessions, refresh tokens, signing keys and the count of password guesses. Promises
//! that a password is never stored, that at most five guesses at one account are evaluated in any quarter of an hour, that a refresh token works once,
//! and that nobody learns from an answer to a sign-in whether an address has an account. Publishes nothing; every service
//! checks access tokens itself, by the keys and the sessions of [`Opened::authority`] or of the same methods over the wire.

mod authority;
mod config;
mod domain;
mod error;
mod grpc;
mod keys;
mod oidc;
mod passwords;
mod purge;
mod sign_in;
mod store;
mod tokens;

use std::sync::Arc;

use backends::Database;
use backends::audit::Recorder;
use chassis::{Error, Foundation, Room};
use proto::identity::v1::identity_service_server::IdentityServiceServer;

pub use config::{Config, PasswordCost};
pub use keys::KeyEncryptionKey;
pub use oidc::Providers;
pub use store::locks::Locked;

/// What identity needs.
pub struct Needs {
    /// The clock and the tasks of the process.
    pub foundation: Foundation,
    /// Its own database.
    pub db: Database,
}

/// Identity, opened.
pub struct Opened {
    /// The service.
    pub room: Room,
    /// What knows the keys and sessions, for the layers around the rooms of this process, this one among them.
    pub authority: Arc<dyn chassis::auth::Authority>,
}

/// Brings the tables up to date, as [`open`] does too.
pub async fn migrate(db: &Database) -> Result<(), Error> {
    db.migrate::<store::migration::Migrator>().await
}

/// How the tables on PostgreSQL stand to the steps of [`migrate`].
pub async fn standing(db: &Database) -> Result<backends::db::Standing, Error> {
    db.standing::<store::migration::Migrator>().await
}

/// Erases the accounts for good whose deletion nobody can take back any more, and tells which.
pub async fn purge(db: &Database) -> Result<Vec<i64>, Error> {
    purge::run(db).await
}

/// Locks the account of an address, as an operator does whose user has lost a device or their password: every session of it ends,
/// within a second in every process, and nobody signs in to it, by whatever way, until it is unlocked.
pub async fn lock(db: &Database, email: &str) -> Result<Locked, Error> {
    store::Store::new(db.clone()).lock(&domain::account::address(email)).await
}

/// Lets the owner of a locked account sign in again, and tells its id.
pub async fn unlock(db: &Database, email: &str) -> Result<i64, Error> {
    store::Store::new(db.clone()).unlock(&domain::account::address(email)).await
}

/// Opens identity: brings its tables up to date, and makes the first signing key when there is none.
pub async fn open(config: Config, needs: Needs) -> Result<Opened, Error> {
    let Needs { foundation, db } = needs;
    migrate(&db).await?;
    let witness = Recorder::start(&foundation, &db);
    let clock = foundation.clock;
    let store = store::Store::new(db);
    let sign_in = sign_in::SignIn::open(config, &store, &clock).await?;
    let authority = Arc::new(authority::Sessions::new(store.clone(), clock.clone()));
    let service = grpc::Service::new(store, sign_in, clock);
    Ok(Opened {
        room: Room::new("identity").service(IdentityServiceServer::new(service)).audited(witness),
        authority,
    })
}
