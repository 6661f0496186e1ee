//! A month on its way to the archive, and the entries of what is there.

use backends::{Database, DbResultExt, Scope as Tenant};
use chassis::Error;
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult,
    PaginatorTrait, QueryFilter, QueryOrder, Statement, Value,
};

use super::Store;
use super::entity::daily_log::Model;
use super::entity::log_archive::{Column, Entity, Model as Entry};
use super::log::History;
use super::partitions;
use crate::archive::{self, Rows, kept_from};
use crate::domain::log::Revision;
use crate::domain::{Scope, id};

/// A month of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// Its first day.
    pub first: NaiveDate,
}

/// The oldest month of which there are logs, or on PostgreSQL a partition.
pub async fn oldest(db: &Database) -> Result<Option<Month>, Error> {
    if db.backend() == DbBackend::Postgres {
        return Ok(partitions::months_there(db).await?.into_iter().min().map(Month::of));
    }
    #[derive(FromQueryResult)]
    struct Row {
        oldest: Option<DateTime<Utc>>,
    }
    let sql = "SELECT min(timestamp) AS oldest FROM daily_logs";
    let ask = Row::find_by_statement(Statement::from_string(db.backend(), sql));
    let row = ask.one(db.read(Tenant::Own).await?.connection()).await.stored()?;
    Ok(row.and_then(|row| row.oldest).map(|oldest| Month::of(oldest.date_naive())))
}

impl Month {
    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self { first: day.with_day(1).unwrap_or(day) }
    }

    /// Keeps others from writing to the month until the transaction ends.
    pub async fn hold(self, owner: &DatabaseTransaction) -> Result<(), Error> {
        if owner.get_database_backend() == DbBackend::Postgres {
            let lock = format!("LOCK TABLE {} IN SHARE MODE", partitions::name(self.first));
            owner.execute_unprepared(&lock).await.stored()?;
        }
        Ok(())
    }

    /// How many files of the month there are already.
    pub async fn parts(self, owner: &DatabaseTransaction) -> Result<i32, Error> {
        let entries = Entity::find().filter(Column::Month.eq(self.first)).count(owner).await.stored()?;
        i32::try_from(entries).map_err(Error::internal)
    }

    /// Revisions in the order of their key.
    pub async fn page(
        self,
        owner: &DatabaseTransaction,
        after: Option<&Model>,
        limit: u64,
    ) -> Result<Vec<Model>, Error> {
        let (table, mut values) = self.table(owner);
        let mut sql = format!("SELECT * FROM {table}");
        if let Some(last) = after {
            let place = values.len();
            let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|n| place + n);
            sql += &format!(
                " AND (family_id, program_id, timestamp, id, revision) > (${a}, ${b}, ${c}, ${d}, ${e})"
            );
            let key: [Value; 5] = [
                last.family_id.into(),
                last.program_id.into(),
                last.timestamp.into(),
                last.id.into(),
                last.revision.into(),
            ];
            values.extend(key);
        }
        sql += &format!(" ORDER BY family_id, program_id, timestamp, id, revision LIMIT {limit}");
        let page = Model::find_by_statement(Statement::from_sql_and_values(
            owner.get_database_backend(),
            sql,
            values,
        ));
        page.all(owner).await.stored()
    }

    /// How many revisions it has.
    pub async fn count(self, owner: &DatabaseTransaction) -> Result<i64, Error> {
        let (table, values) = self.table(owner);
        let sql = format!("SELECT count(*) AS count FROM {table}");
        let ask = Statement::from_sql_and_values(owner.get_database_backend(), sql, values);
        let row = owner.query_one_raw(ask).await.stored()?;
        row.ok_or_else(|| Error::internal("a count has no row"))?.try_get("", "count").stored()
    }

    /// Takes the month out of the database. Who still reads from the table is waited for, for a moment only: all others would
    /// queue up behind.
    pub async fn drop(self, owner: &DatabaseTransaction) -> Result<(), Error> {
        if owner.get_database_backend() == DbBackend::Postgres {
            let drop = format!("SET LOCAL lock_timeout = 2000; DROP TABLE {}", partitions::name(self.first));
            owner.execute_unprepared(&drop).await.stored()?;
            return Ok(());
        }
        let (table, values) = self.table(owner);
        let delete =
            Statement::from_sql_and_values(DbBackend::Sqlite, format!("DELETE FROM {table}"), values);
        owner.execute_raw(delete).await.stored()?;
        Ok(())
    }

    /// Where its revisions are: on PostgreSQL in a partition, which has no wall between families.
    fn table(self, owner: &DatabaseTransaction) -> (String, Vec<Value>) {
        let from = self.first.and_time(NaiveTime::MIN).and_utc();
        let until = (self.first + Months::new(1)).and_time(NaiveTime::MIN).and_utc();
        let table = match owner.get_database_backend() {
            DbBackend::Postgres => partitions::name(self.first),
            _ => "daily_logs".to_owned(),
        };
        (format!("{table} WHERE timestamp >= $1 AND timestamp < $2"), vec![from.into(), until.into()])
    }
}

impl Store {
    /// Continues a page of history that the database could not fill, from the archive.
    pub(super) async fn continued(
        &self,
        history: &History,
        mut page: Vec<Revision>,
    ) -> Result<Vec<Revision>, Error> {
        let kept_from = kept_from(self.db.clock().now());
        let full = usize::try_from(history.limit).map_err(Error::internal)?;
        if page.len() >= full || history.span.0.date_naive() >= kept_from {
            return Ok(page);
        }
        let mut entries = self.entries(history).await?.into_iter().peekable();
        while let Some(month) = entries.peek().map(|entry| entry.month)
            && page.len() < full
        {
            while let Some(entry) = entries.next_if(|entry| entry.month == month) {
                page.extend(self.archived(history, entry).await?);
            }
            // a month that moved between the two looks is in both
            page.sort_by_key(|log| std::cmp::Reverse((log.moment.timestamp, log.log_id)));
            page.dedup_by_key(|log| log.log_id);
        }
        page.truncate(full);
        Ok(page)
    }

    /// The files that may hold what is asked for, the newest month first.
    pub(super) async fn entries(&self, history: &History) -> Result<Vec<Entry>, Error> {
        let newest = history.after.map_or(history.span.1, |after| after.timestamp);
        let reader = self.db.read_primary(Tenant::Own).await?;
        let files = Entity::find()
            .filter(Column::Month.gte(Month::of(history.span.0.date_naive()).first))
            .filter(Column::Month.lte(newest.date_naive()))
            .filter(Column::FirstFamilyId.lte(history.scope.family_id))
            .filter(Column::LastFamilyId.gte(history.scope.family_id))
            .order_by_desc(Column::Month)
            .order_by_asc(Column::Part);
        files.all(reader.connection()).await.stored()
    }

    async fn archived(&self, history: &History, entry: Entry) -> Result<Vec<Revision>, Error> {
        let models = self.models(history.scope, entry).await?;
        let shown = models.into_iter().filter(|log| log.current).map(Revision::try_from);
        let shown: Vec<Revision> = shown.collect::<Result<_, _>>()?;
        Ok(shown.into_iter().filter(|log| history.shows(log)).collect())
    }

    /// The revisions of a log that lies in the archive, the newest first.
    pub async fn archived_log(&self, scope: Scope, log_id: i64) -> Result<Vec<Revision>, Error> {
        let Some(span) = id::month(log_id) else { return Ok(Vec::new()) };
        if span.0.date_naive() >= kept_from(self.db.clock().now()) {
            return Ok(Vec::new());
        }
        let month = History { scope, span, log_types: Vec::new(), after: None, limit: 0 };
        let mut found = Vec::new();
        for entry in self.entries(&month).await? {
            found.extend(self.archived_revisions(scope, entry).await?);
        }
        found.retain(|log| log.log_id == log_id);
        found.sort_by_key(|log| std::cmp::Reverse(log.revision));
        Ok(found)
    }

    /// Every revision of a program in a file.
    pub(super) async fn archived_revisions(
        &self,
        scope: Scope,
        entry: Entry,
    ) -> Result<Vec<Revision>, Error> {
        self.models(scope, entry).await?.into_iter().map(Revision::try_from).collect()
    }

    async fn models(&self, scope: Scope, entry: Entry) -> Result<Vec<Model>, Error> {
        let content = self.objects.get(&entry.s3_key, archive::MOST_BYTES).await?;
        let content = content.ok_or_else(|| {
            Error::unavailable("a file of the archive is missing, or has just been replaced")
        })?;
        let rows = Rows { scope };
        let reading = tokio::task::spawn_blocking(move || archive::read(content, rows));
        reading.await.map_err(Error::internal)?
    }
}

impl History {
    /// Whether a log belongs on the page or a later one; as the query says it.
    fn shows(&self, log: &Revision) -> bool {
        let at = log.moment.timestamp;
        let after = self.after.is_none_or(|after| (at, log.log_id) < (after.timestamp, after.log_id));
        after && self.span.0 <= at && at < self.span.1 && self.log_types.contains(&log.payload.log_type())
    }
}
