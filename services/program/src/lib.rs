//! What is planned: 90-day care programs, their states, and the versions of their goals.
//!
//! Owns programs, pauses and goals. Promises that a change of goals never touches a past day, that every change raises the
//! plan's version, and that whoever follows plans hears of it (`program.changed`, which carries ids only). Leaves to family who
//! may do what with a member, and to adherence what the plan makes of the logs.

mod access;
mod clients;
mod domain;
mod events;
mod grpc;
mod planning;
mod purge;
mod store;

use std::sync::Arc;

use backends::audit::Recorder;
use backends::outbox::Relay;
use backends::{Database, Queue};
use chassis::{Error, Foundation, Link, Room};
use proto::program::v1::program_service_server::ProgramServiceServer;

/// What program needs.
pub struct Needs {
    /// The clock and the tasks of the process.
    pub foundation: Foundation,
    /// Its own database.
    pub db: Database,
    /// Where it publishes `program.changed`.
    pub queue: Arc<dyn Queue>,
    /// The family service.
    pub family: Link,
}

/// The largest request, in bytes: an import brings all programs of a member at once, which the door has bounded.
const LARGEST: usize = 32 * 1024 * 1024;

/// Brings the tables up to date, as [`open`] does too.
pub async fn migrate(db: &Database) -> Result<(), Error> {
    db.migrate::<store::migration::Migrator>().await
}

/// How the tables on PostgreSQL stand to the steps of [`migrate`].
pub async fn standing(db: &Database) -> Result<backends::db::Standing, Error> {
    db.standing::<store::migration::Migrator>().await
}

/// Erases for good the programs whose deletion nobody can take back any more, and those of members that family has erased. Tells
/// which.
pub async fn purge(db: &Database, family: &Database) -> Result<Vec<i64>, Error> {
    db.tell_changes();
    purge::run(db, family).await
}

/// Opens program: brings its tables up to date and starts to publish what is in its outbox.
pub async fn open(needs: Needs) -> Result<Room, Error> {
    let Needs { foundation, db, queue, family } = needs;
    let store = store::Store::open(db.clone()).await?;
    db.tell_changes();
    Relay::start(&foundation, &db, queue);
    let witness = Recorder::start(&foundation, &db);
    let access = access::Access::new(store.clone(), clients::Family::new(family), foundation.clock.clone());
    let planning = planning::Planning::new(store.clone(), foundation.clock);
    let service = grpc::Service::new(store, access, planning);
    let server = ProgramServiceServer::new(service).max_decoding_message_size(LARGEST);
    Ok(Room::new("program").service(server).audited(witness))
}
