//! The keys of months that are over, packed.
//!
//! Each program writes at an end of its own in the key, so that pages are split in the middle, and when the month is over they are half
//! full. They are built anew then, once, beside those who read and write.

use backends::{Database, DbResultExt, Scope};
use chassis::Error;
use sea_orm::{DbBackend, FromQueryResult, Statement};

use super::partitions;

/// Bytes of one revision in a packed key: forty of columns, eight of head, four of place.
const PACKED: f64 = 52.0;
/// How much larger than packed a key may be.
const LOOSE: f64 = 1.25;
/// What is not worth the work, in bytes.
const SMALL: i64 = 1 << 20;

/// The key of one month that was packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Its name.
    pub name: String,
    /// How many bytes it took before.
    pub before: i64,
    /// How many bytes it takes now.
    pub after: i64,
}

#[derive(FromQueryResult)]
struct Index {
    name: String,
    bytes: i64,
}

/// Packs what is loose, oldest first. A run that dies leaves an index that nobody uses, which the next one removes.
pub async fn run(db: &Database) -> Result<Vec<Packed>, Error> {
    let mut packed = Vec::new();
    if db.backend() != DbBackend::Postgres {
        return Ok(packed);
    }
    for left in ask(db, &unfinished()).await? {
        db.alone_as_owner(&format!("DROP INDEX CONCURRENTLY IF EXISTS {}", left.name)).await?;
    }
    let now = partitions::name(db.clock().now().date_naive());
    for Index { name, bytes: before } in
        ask(db, &keys(&format!("month.relname < '{now}' AND {}", is_loose()))).await?
    {
        // hardly anything comes to a month that is over, so that no page needs room
        db.alone_as_owner(&format!("ALTER INDEX {name} SET (fillfactor = 100)")).await?;
        db.alone_as_owner(&format!("REINDEX INDEX CONCURRENTLY {name}")).await?;
        let after = ask(db, &keys(&format!("index.relname = '{name}'"))).await?;
        packed.push(Packed { name, before, after: after.iter().map(|now| now.bytes).sum() });
    }
    Ok(packed)
}

async fn ask(db: &Database, sql: &str) -> Result<Vec<Index>, Error> {
    let reader = db.read_primary(Scope::Own).await?;
    let statement = Statement::from_string(db.backend(), sql);
    Index::find_by_statement(statement).all(reader.connection()).await.stored()
}

fn keys(which: &str) -> String {
    indexes(&format!("indisprimary AND indisvalid AND {which}"))
}

/// What the building of a key left when it died.
fn unfinished() -> String {
    indexes("NOT indisvalid AND index.relname ~ '_cc(new|old)[0-9]*$'")
}

/// The statistics may be of yesterday, as the month is over.
fn is_loose() -> String {
    format!(
        "month.reltuples > 0 AND pg_relation_size(index.oid) > greatest({SMALL}, {LOOSE} * {PACKED} * month.reltuples)"
    )
}

fn indexes(which: &str) -> String {
    format!(
        "SELECT index.relname::text AS name, pg_relation_size(index.oid) AS bytes
        FROM pg_inherits JOIN pg_class AS month ON month.oid = inhrelid
            JOIN pg_index ON indrelid = month.oid JOIN pg_class AS index ON index.oid = indexrelid
        WHERE inhparent = 'daily_logs'::regclass AND {which} ORDER BY index.relname"
    )
}
