use std::time::Duration;

use chassis::Error;
use chassis::shutdown::Tasks;
use opentelemetry::KeyValue;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::db::outbox_row::{Column, Entity};
use crate::error::DbResultExt;
use crate::{Database, Scope};

/// How often to look.
const BETWEEN_LOOKS: Duration = Duration::from_secs(15);

/// Tells now and again how much should have left a database and has not, until the process stops.
pub async fn watch(db: Database, tasks: Tasks) {
    let meter = opentelemetry::global::meter("praan");
    let due = meter
        .u64_gauge("praan.outbox.due")
        .with_description("How many messages are due in the outbox of a service.")
        .build();
    let overdue = meter
        .f64_gauge("praan.outbox.overdue")
        .with_description("For how long the oldest of them has been due; 0 when none is.")
        .with_unit("s")
        .build();
    let labels = [KeyValue::new("praan.service", db.name().to_owned())];
    while !tasks.is_stopping() {
        match look(&db).await {
            Ok((rows, seconds)) => {
                due.record(rows, &labels);
                overdue.record(seconds, &labels);
            }
            // the relay, which has the same trouble, says so
            Err(error) => tracing::debug!(%error, "the outbox could not be looked at"),
        }
        tokio::select! {
            () = tasks.stopping() => {}
            () = tokio::time::sleep(BETWEEN_LOOKS) => {}
        }
    }
}

async fn look(db: &Database) -> Result<(u64, f64), Error> {
    let now = db.clock().now();
    let due = Entity::find().filter(Column::DueAt.lte(now));
    let reader = db.read_primary(Scope::Own).await?;
    let rows = due.clone().count(reader.connection()).await.stored()?;
    let oldest = due.order_by_asc(Column::DueAt).one(reader.connection()).await.stored()?;
    let overdue = oldest.and_then(|row| (now - row.due_at).to_std().ok()).unwrap_or_default();
    Ok((rows, overdue.as_secs_f64()))
}
