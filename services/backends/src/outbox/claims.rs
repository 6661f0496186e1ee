use std::time::Duration;

use chassis::Error;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::End;
use super::delivered::drop_rows;
use crate::db::Engine;
use crate::db::outbox_row::{Column, Entity, Model};
use crate::error::DbResultExt;
use crate::{Connection, Database, backoff};

/// How long a claim holds without being renewed. What a dead process had claimed leaves this much later, and a photo with it; what a
/// living one is too slow to renew leaves twice, which does no harm.
pub const LEASE: Duration = Duration::from_secs(6);

/// The longest wait between two attempts to publish a row.
const MOST_BACKOFF: Duration = Duration::from_secs(5);

/// One relay's claims on rows.
pub struct Claims {
    db: Database,
    owner: String,
}

impl Claims {
    pub fn of(db: &Database) -> Self {
        Self { db: db.clone(), owner: Uuid::new_v4().to_string() }
    }

    /// Releases what the process before this one had claimed. A SQLite file has one process, so every claim is a dead one's;
    /// elsewhere the leases of the dead run out.
    pub async fn inherit(&self) -> Result<(), Error> {
        if self.db.backend() == DbBackend::Sqlite {
            let all = Entity::update_many().filter(Column::ClaimedAt.is_not_null());
            let connection = self.connection().await?;
            release(all).exec(&connection).await.stored()?;
            connection.commit().await.stored()?;
        }
        Ok(())
    }

    /// Keeps the claims.
    pub async fn renew(&self) -> Result<(), Error> {
        let connection = self.connection().await?;
        Entity::update_many()
            .col_expr(Column::ClaimedAt, Expr::value(self.now()))
            .filter(Column::ClaimedBy.eq(&self.owner))
            .exec(&connection)
            .await
            .stored()?;
        connection.commit().await.stored()
    }

    /// Claims up to `most` rows that are due and of no busy topic.
    pub async fn take(&self, most: usize, busy: &[&str]) -> Result<Vec<Model>, Error> {
        let now = self.now();
        let free = Condition::any().add(Column::ClaimedAt.is_null()).add(Column::ClaimedAt.lt(now - LEASE));
        let due = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::DueAt.lte(now))
            .filter(Column::Topic.is_not_in(busy.iter().copied()))
            .filter(free.clone())
            .order_by_asc(Column::DueAt)
            .limit(most as u64);
        let connection = self.alone().await?;
        // the condition stands outside too: where another relay got between, the row is looked at again before it changes
        let claimed = Entity::update_many()
            .col_expr(Column::ClaimedBy, Expr::value(&self.owner))
            .col_expr(Column::ClaimedAt, Expr::value(now))
            .filter(Column::Id.in_subquery(due.into_query()))
            .filter(free)
            .exec_with_returning(&connection)
            .await
            .stored()?;
        connection.commit().await.stored()?;
        Ok(claimed)
    }

    /// Releases the rows that are this relay's by the word of the database alone. When a connection breaks, a claim may stand
    /// whose answer was lost; nobody would work on its rows, and [`Claims::renew`] would keep them for ever.
    pub async fn release_but(&self, known: Vec<&str>) -> Result<(), Error> {
        let connection = self.alone().await?;
        release(Entity::update_many())
            .filter(Column::ClaimedBy.eq(&self.owner))
            .filter(Column::Id.is_not_in(known))
            .exec(&connection)
            .await
            .stored()?;
        connection.commit().await.stored()
    }

    /// Deletes rows that are published and releases the others, to be tried again later.
    pub async fn settle(&self, ends: &[End]) -> Result<(), Error> {
        let connection = self.connection().await?;
        let published: Vec<_> =
            ends.iter().filter(|end| end.published).map(|end| end.row.id.clone()).collect();
        if !published.is_empty() {
            drop_rows(&connection, published).await?;
        }
        for row in ends.iter().filter(|end| !end.published).map(|end| &end.row) {
            let attempts = row.attempts.saturating_add(1);
            let wait = backoff::after(attempts.unsigned_abs(), Duration::from_millis(100), MOST_BACKOFF);
            release(Entity::update_many())
                .col_expr(Column::Attempts, Expr::value(attempts))
                .col_expr(Column::DueAt, Expr::value(self.now() + wait))
                .filter(Column::Id.eq(&row.id))
                .filter(Column::ClaimedBy.eq(&self.owner))
                .exec(&connection)
                .await
                .stored()?;
        }
        connection.commit().await.stored()
    }

    /// A transaction in which nobody else claims: two who do so at once could each wait for a row of the other.
    async fn alone(&self) -> Result<Connection, Error> {
        let connection = self.connection().await?;
        if let Engine::Postgres(server) = self.db.engine() {
            let lock = format!("SELECT pg_advisory_xact_lock({})", server.lock_of_claims());
            connection.execute_unprepared(&lock).await.stored()?;
        }
        Ok(connection)
    }

    async fn connection(&self) -> Result<Connection, Error> {
        self.db.engine().housekeeping().await
    }

    fn now(&self) -> DateTime<Utc> {
        self.db.clock().now()
    }
}

fn release(update: sea_orm::UpdateMany<Entity>) -> sea_orm::UpdateMany<Entity> {
    update
        .col_expr(Column::ClaimedBy, Expr::value(Option::<String>::None))
        .col_expr(Column::ClaimedAt, Expr::value(Option::<DateTime<Utc>>::None))
}

#[cfg(test)]
mod tests {
    use chassis::Actor;
    use chassis::clock::Clock;
    use sea_orm::DbErr;
    use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

    use super::*;
    use crate::{Action, Scope, schema};

    struct Tables;

    impl MigrationName for Tables {
        fn name(&self) -> &str {
            "m0001_tables"
        }
    }

    #[async_trait::async_trait]
    impl MigrationTrait for Tables {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            schema::shared(manager).await
        }
    }

    struct Migrator;

    impl MigratorTrait for Migrator {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            vec![Box::new(Tables)]
        }
    }

    #[tokio::test]
    async fn a_claim_whose_answer_was_lost_is_released_and_no_other() {
        let db = Database::in_memory(&Clock::system()).await.unwrap();
        db.migrate::<Migrator>().await.unwrap();
        let actor = Actor { user_id: 7, request_id: Uuid::new_v4(), address: None };
        let tx = db.write(&actor, Action::Update, "Thing", Scope::Own).await.unwrap();
        tx.publish("things.changed", &1).await.unwrap();
        tx.publish("things.changed", &2).await.unwrap();
        tx.commit_quietly().await.unwrap();

        let claims = Claims::of(&db);
        let known = claims.take(1, &[]).await.unwrap();
        let lost = claims.take(1, &[]).await.unwrap();
        assert!(claims.take(2, &[]).await.unwrap().is_empty(), "both are claimed");
        claims.release_but(vec![&known[0].id]).await.unwrap();
        let again = claims.take(2, &[]).await.unwrap();
        assert_eq!(again.iter().map(|row| &row.id).collect::<Vec<_>>(), [&lost[0].id]);
    }
}
