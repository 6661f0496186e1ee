//! Messages that were delivered by a shorter way are dropped behind the back of those who did so: as many at once as came while the
//! last ones were dropped.

use std::sync::{Mutex, PoisonError};

use chassis::Error;
use chassis::shutdown::Tasks;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::Database;
use crate::db::outbox_row::{Column, Entity};
use crate::error::DbResultExt;

/// How many may wait to be dropped. What is beyond, the relay delivers once more.
const MOST: usize = 10_000;
/// How many one statement drops: few enough that the driver keeps a prepared statement for every number.
const AT_ONCE: usize = 50;

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
            () = tasks.stopping() => break,
            () = db.delivered().some.notified() => {}
        }
        drop_all(&db).await;
    }
    drop_all(&db).await;
}

async fn drop_all(db: &Database) {
    for some in db.delivered().take().chunks(AT_ONCE) {
        if let Err(error) = drop_some(db, some).await {
            error.log("could not drop messages that are no longer needed");
        }
    }
}

async fn drop_some(db: &Database, ids: &[Uuid]) -> Result<(), Error> {
    let connection = db.engine().housekeeping().await?;
    let ids = ids.iter().map(Uuid::to_string);
    Entity::delete_many().filter(Column::Id.is_in(ids)).exec(&connection).await.stored()?;
    connection.commit().await.stored()
}
