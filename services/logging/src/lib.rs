//! Logging: what happened. It owns the logs of meals, workouts and vital signs, and the photos they come from.
//!
//! It promises that a log, once acknowledged, is kept and is never rewritten: a correction is a revision that supersedes;
//! that a request sent twice is one log; that every photo ends as read or as failed, once; and that the scores hear of every
//! revision, if late; that a copy of all that is kept about a member is whole or broken off; and that a record from elsewhere comes
//! in whole or is never seen. It leaves to others who may do what (program), what a photo shows (ai-inference) and how well it all
//! goes (adherence).

mod archive;
mod backstop;
mod clients;
pub mod config;
mod domain;
mod entering;
mod error;
mod events;
mod export;
mod grpc;
mod import;
mod journal;
mod purge;
mod store;
mod trail;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use backends::audit::Recorder;
use backends::outbox::Relay;
use backends::{Database, Objects, Queue};
use chassis::shutdown::Tasks;
use chassis::{Error, Foundation, Link, Room};
use opentelemetry::metrics::Gauge;
use proto::logging::v1::logging_service_server::LoggingServiceServer;

pub use archive::Archived;
pub use config::Config;
pub use events::QUEUES;
pub use store::packing::Packed;
pub use store::partitions::{MissingPartitions, Partitions};

use clients::audits::Audit;
use clients::families::Families;
use clients::programs::Programs;
use clients::readings::Readings;
use clients::scores::Scores;
use export::Exporter;
use grpc::Logging;
use import::Importer;
use journal::Journal;
use store::{Migrator, Store};
use trail::Trail;

/// The largest request, in bytes. The door lets 16 MiB in for an import, of which the transcoding may make a little more.
const LARGEST: usize = 32 * 1024 * 1024;

/// How often to look whether a partition is missing, or the default one is not empty.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3600);

/// For an alarm: how many revisions lie in the default partition.
static STRAYS: LazyLock<Gauge<i64>> = LazyLock::new(|| {
    opentelemetry::global::meter("praan")
        .i64_gauge("praan.daily_logs.strays")
        .with_description("How many revisions of logs lie outside of all months.")
        .build()
});

/// What logging needs of the house.
pub struct Needs {
    /// Time and tasks.
    pub foundation: Foundation,
    /// Its own database.
    pub db: Database,
    /// Where messages go and come from.
    pub queue: Arc<dyn Queue>,
    /// Where photos are.
    pub objects: Objects,
    /// Who knows who manages whom.
    pub family: Link,
    /// Who decides on access.
    pub program: Link,
    /// Who keeps the scores.
    pub adherence: Link,
    /// Who keeps the readings of photos.
    pub ai_inference: Link,
}

/// Brings the tables up to date, as [`open`] does too.
pub async fn migrate(db: &Database) -> Result<(), Error> {
    db.migrate::<Migrator>().await
}

/// How the tables on PostgreSQL stand to the steps of [`migrate`].
pub async fn standing(db: &Database) -> Result<backends::db::Standing, Error> {
    db.standing::<Migrator>().await
}

/// Makes the partitions that the logs of the months to come will need, as [`open`] does too. Safe to run twice, also at once.
pub async fn partitions(db: &Database) -> Result<Partitions, Error> {
    let partitions = store::partitions::make(db, BTreeSet::new()).await?;
    STRAYS.record(partitions.strays, &[]);
    if partitions.strays > 0 {
        tracing::error!(revisions = partitions.strays, "the default partition of daily_logs is not empty");
    }
    Ok(partitions)
}

/// Packs the keys of months that are over, where they are loose.
pub async fn pack(db: &Database) -> Result<Vec<Packed>, Error> {
    store::packing::run(db).await
}

/// What [`partitions`] would find and make, without making it.
pub async fn missing_partitions(db: &Database) -> Result<MissingPartitions, Error> {
    store::partitions::missing(db).await
}

/// Moves the oldest month of logs that is over for two years to the archive; none when none is left. A run that fails or dies
/// moves nothing, and the next one begins anew.
pub async fn archive(db: &Database, objects: &Objects) -> Result<Option<Archived>, Error> {
    archive::next(db, objects).await
}

/// Erases for good what is kept of programs that program has erased, photos and archive among it, and tells how many programs.
pub async fn purge(db: &Database, objects: &Objects, program: &Database) -> Result<usize, Error> {
    purge::run(db, objects, program).await
}

/// Makes partitions now and again, for as long as the process runs. Without one, logs fall into the default partition, which
/// is no reason not to take them.
async fn keep_partitions(db: &Database, tasks: &Tasks) {
    let make =
        async |db: &Database| partitions(db).await.map_or_else(|error| error.log("making partitions"), drop);
    make(db).await;
    let (db, stop) = (db.clone(), tasks.clone());
    tasks.spawn("partitions", async move {
        loop {
            tokio::select! {
                () = stop.stopping() => return,
                () = tokio::time::sleep(BETWEEN_LOOKS) => make(&db).await,
            }
        }
    });
}

/// Opens the room: brings the tables up to date and starts to consume and to publish.
pub async fn open(config: Config, needs: Needs) -> Result<Room, Error> {
    let Needs { foundation, db, queue, objects, family, program, adherence, ai_inference } = needs;
    migrate(&db).await?;
    keep_partitions(&db, &foundation.tasks).await;
    let store = Store::new(db.clone(), objects.clone());
    let trail = Trail::new(store.clone(), Audit::all(&family, &program, &adherence));
    let clock = foundation.clock.clone();
    let journal = Arc::new(Journal::start(&foundation, store.clone(), Scores::new(adherence), &config));
    let readings = Readings::new(ai_inference);
    events::subscribe(queue.as_ref(), &journal, &readings).await?;
    Relay::start(&foundation, &db, queue);
    let witness = Recorder::start(&foundation, &db);
    let (programs, families) = (Programs::new(program, family.clone()), Families::new(family));
    let importer = Importer {
        store: store.clone(),
        families: families.clone(),
        programs: programs.clone(),
        readings: readings.clone(),
    };
    let exporter = Exporter {
        store: store.clone(),
        families: families.clone(),
        programs: programs.clone(),
        readings,
        trail: trail.clone(),
        clock: clock.clone(),
        tasks: foundation.tasks.clone(),
    };
    let service =
        Logging { store, journal, programs, families, trail, exporter, importer, objects, clock, config };
    let server = LoggingServiceServer::new(service).max_decoding_message_size(LARGEST);
    Ok(Room::new("logging").service(server).audited(witness))
}
