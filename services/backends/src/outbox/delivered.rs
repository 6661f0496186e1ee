//! Messages that were delivered by a shorter way are dropped behind the back of those who did so, all of a moment at once. What a
//! process leaves behind when it stops is delivered once more.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chassis::Error;
use chassis::shutdown::Tasks;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::db::outbox_row::{Column, Entity};
use crate::error::DbResultExt;
use crate::{Connection, Database};

/// How many may wait to be dropped. What is beyond, the relay delivers once more.
const MOST: usize = 10_000;
/// How many one statement drops.
const AT_ONCE: usize = 500;
/// How long each waits at least, with others that came in the meantime for twice as long: not so long that the relay would find them, and
/// longer than what they told of may take to be on disk where it need not be at once.
const MOMENT: Duration = Duration::from_secs(1);

/// The ids of delivered messages.
#[derive(Default)]
pub(crate) struct Delivered {
    ids: Mutex<Vec<Uuid>>,
    some: Notify,
}

impl Delivered {
    pub(super) fn add(&self, id: Uuid) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.len() < MOST {
            ids.push(id);
            self.some.notify_one();
        }
    }

    fn take(&self) -> Vec<Uuid> {
        std::mem::take(&mut *self.ids.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Drops them, until the process stops.
pub async fn clear(db: Database, tasks: Tasks) {
    loop {
        tokio::select! {
            () = tasks.stopping() => return,
            () = db.delivered().some.notified() => {}
        }
        let ids = db.delivered().take();
        tokio::select! {
            () = tasks.stopping() => return,
            () = tokio::time::sleep(MOMENT) => drop_all(&db, &ids).await,
        }
    }
}

async fn drop_all(db: &Database, ids: &[Uuid]) {
    for some in ids.chunks(AT_ONCE) {
        if let Err(error) = drop_some(db, some).await {
            error.log("could not drop messages that are no longer needed");
        }
    }
}

async fn drop_some(db: &Database, ids: &[Uuid]) -> Result<(), Error> {
    let connection = db.engine().housekeeping().await?;
    drop_rows(&connection, ids.iter().map(Uuid::to_string).collect()).await?;
    connection.commit().await.stored()
}

/// Deletes rows: on PostgreSQL by the same statement, however many they are.
pub async fn drop_rows(connection: &Connection, ids: Vec<String>) -> Result<(), Error> {
    let those = match connection.get_database_backend() {
        DbBackend::Postgres => Expr::cust_with_values("id = ANY ($1)", [ids]),
        _ => Column::Id.is_in(ids),
    };
    Entity::delete_many().filter(those).exec(connection).await.stored().map(drop)
}
