//! Where things rest: the database with its outbox, the queue, the cache and the object store.
//!
//! Each is a port. The embedded adapters here need nothing but a directory; a production adapter stands beside its embedded
//! one and passes the same conformance suite (`tests/it`). The rules of the house that hang on storage live here once, so
//! that no service can forget them: every write is one transaction of effect, audit row, idempotency row and outbox rows
//! ([`db`]); what may wait leaves through the outbox ([`outbox`]) and is handled as if once ([`Database::consume`]).

pub mod audit;
mod backoff;
pub mod cache;
pub mod checkup;
pub mod db;
pub mod erasure;
mod error;
pub mod objects;
pub mod outbox;
pub mod queue;
pub mod schema;
pub mod together;
mod trace;

pub use cache::Cache;
pub use db::{
    Action, Answered, Connection, Database, Kept, Keyed, Once, Reader, Scope, Subject, Tx, Write, among,
};
pub use error::{DbResultExt, db_error, is_unique_violation};
pub use objects::Objects;
pub use queue::Queue;

/// Gives a row a `Debug` that tells its name and nothing of what it holds: sea-orm asks for one, and rows hold health data and secrets.
#[macro_export]
macro_rules! opaque {
    ($row:ident) => {
        impl std::fmt::Debug for $row {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($row), " { .. }"))
            }
        }
    };
}
