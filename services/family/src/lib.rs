//! Who belongs to whom: families, the members they care for, and who may see what.
//!
//! Owns families, their managers, members and grants. Promises that no health data crosses a family's boundary unseen: it is
//! the one place that decides who may do what with a member (`domain::access`), for itself and, by `AuthorizeMember`, for
//! every other service. Asks identity for accounts by address and id; publishes nothing.

mod clients;
mod domain;
mod grpc;
mod purge;
mod store;

use backends::Database;
use backends::audit::Recorder;
use chassis::{Error, Foundation, Link, Room};
use proto::family::v1::family_service_server::FamilyServiceServer;

/// The settings of family.
#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    /// Whether grants and invitations go to those alone whose address an identity provider has vouched for. Otherwise somebody
    /// may register the address of a person who is about to be invited.
    pub proved_addresses_only: bool,
}

/// What family needs.
pub struct Needs {
    /// The clock and the tasks of the process.
    pub foundation: Foundation,
    /// Its own database.
    pub db: Database,
    /// The way to identity.
    pub identity: Link,
}

/// Brings the tables up to date, as [`open`] does too.
pub async fn migrate(db: &Database) -> Result<(), Error> {
    db.migrate::<store::migration::Migrator>().await
}

/// How the tables on PostgreSQL stand to the steps of [`migrate`].
pub async fn standing(db: &Database) -> Result<backends::db::Standing, Error> {
    db.standing::<store::migration::Migrator>().await
}

/// Erases for good the members whose deletion nobody can take back any more, and what the accounts leave behind that identity
/// has erased. Tells which members.
pub async fn purge(db: &Database, identity: &Database) -> Result<Vec<i64>, Error> {
    db.tell_changes();
    purge::run(db, identity).await
}

/// Opens family: brings its tables up to date and hands out its room.
pub async fn open(config: Config, needs: Needs) -> Result<Room, Error> {
    let Needs { foundation, db, identity } = needs;
    migrate(&db).await?;
    db.tell_changes();
    let witness = Recorder::start(&foundation, &db);
    let store = store::Store::new(db);
    let accounts = clients::Accounts::new(identity, config.proved_addresses_only);
    let service = grpc::Service::new(store, accounts, foundation.clock);
    Ok(Room::new("family").service(FamilyServiceServer::new(service)).audited(witness))
}
