//! Logs, one row a revision. The newest revision of a log is marked `current`.

use backends::{DbResultExt, Scope as Tenant, Tx};
use chassis::Error;
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::Store;
use super::entity::daily_log::{ActiveModel, Column, Entity, Model};
use crate::domain::Scope;
use crate::domain::id;
use crate::domain::log::{Authorship, Revision, Status};
use crate::domain::moment::Moment;
use crate::domain::payload::{LogType, Payload};

/// Which part of a program's history to read.
#[derive(Clone, Debug)]
pub struct History {
    /// Of which program.
    pub scope: Scope,
    /// No log of the program is outside.
    pub span: (DateTime<Utc>, DateTime<Utc>),
    /// The kinds of logs.
    pub log_types: Vec<LogType>,
    /// Where the last page ended.
    pub after: Option<After>,
    /// How many at most.
    pub limit: u64,
}

/// A place in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// When the last log of the page happened.
    pub timestamp: DateTime<Utc>,
    /// Its id.
    pub log_id: i64,
}

impl Store {
    /// Where a log lives, and nothing of what it says.
    pub async fn locate(&self, log_id: i64) -> Result<Option<Scope>, Error> {
        let Some(month) = id::month(log_id) else { return Ok(None) };
        let place = locating(log_id, month).select_only().columns([Column::FamilyId, Column::ProgramId]);
        let directory = self.db.read(Tenant::Directory).await?;
        let place: Option<(i64, i64)> = place.into_tuple().one(directory.connection()).await.stored()?;
        Ok(place.map(|(family_id, program_id)| Scope { family_id, program_id }))
    }

    /// A log as it stands.
    pub async fn current(&self, scope: Scope, log_id: i64) -> Result<Option<Revision>, Error> {
        current(self.db.read_primary(scope.into()).await?.connection(), scope, log_id).await
    }

    /// The same inside a transaction, which keeps others from adding a revision until it ends.
    pub async fn current_for_update(
        &self,
        tx: &Tx,
        scope: Scope,
        log_id: i64,
    ) -> Result<Option<Revision>, Error> {
        let Some(query) = of_log(scope, log_id) else { return Ok(None) };
        let row = query.filter(is_current()).lock_exclusive().one(tx.connection()).await.stored()?;
        row.map(Revision::try_from).transpose()
    }

    /// A log as it stood at a revision.
    pub async fn revision(
        &self,
        scope: Scope,
        log_id: i64,
        revision: i32,
    ) -> Result<Option<Revision>, Error> {
        let Some(query) = of_log(scope, log_id) else { return Ok(None) };
        let reader = self.db.read_primary(scope.into()).await?;
        let row = query.filter(Column::Revision.eq(revision)).one(reader.connection()).await.stored()?;
        row.map(Revision::try_from).transpose()
    }

    /// A log as it stood, in its newest revisions before `before`.
    pub async fn revisions(
        &self,
        scope: Scope,
        log_id: i64,
        before: Option<i32>,
        limit: u64,
    ) -> Result<Vec<Revision>, Error> {
        let Some(query) = of_log(scope, log_id) else { return Ok(Vec::new()) };
        let query = query.apply_if(before, |query, before| query.filter(Column::Revision.lt(before)));
        let query = query.order_by_desc(Column::Revision).limit(limit);
        let rows = query.all(self.db.read_primary(scope.into()).await?.connection()).await.stored()?;
        rows.into_iter().map(Revision::try_from).collect()
    }

    /// Logs as they stand, newest first, from the database and on from the archive.
    pub async fn history(&self, history: &History) -> Result<Vec<Revision>, Error> {
        // vital signs are told as they are, whatever a replica has seen of them
        let reader = match history.log_types.contains(&LogType::Checkin) {
            true => self.db.read_primary(history.scope.into()).await?,
            false => self.db.read(history.scope.into()).await?,
        };
        let rows = paging(history).all(reader.connection()).await.stored()?;
        drop(reader);
        let page = rows.into_iter().map(Revision::try_from).collect::<Result<_, _>>()?;
        self.continued(history, page).await
    }

    /// Adds a log's first revision, when the transaction commits.
    pub fn add(&self, tx: &Tx, first: &Revision) -> Result<(), Error> {
        tx.add_later(row(first, true)?)
    }

    /// Adds the revision that supersedes the one before it, which must be the current one.
    pub async fn supersede(&self, tx: &Tx, next: &Revision) -> Result<(), Error> {
        let flipped = Entity::update_many()
            .col_expr(Column::Current, Expr::value(false))
            .filter(place(next.scope))
            .filter(Column::Timestamp.eq(next.moment.timestamp))
            .filter(Column::Id.eq(next.log_id))
            .filter(Column::Revision.eq(next.revision - 1))
            .filter(is_current())
            .exec(tx.connection())
            .await
            .stored()?;
        if flipped.rows_affected != 1 {
            return Err(Error::internal("a revision must follow the current one"));
        }
        self.add(tx, next)
    }
}

async fn current(
    connection: &impl ConnectionTrait,
    scope: Scope,
    log_id: i64,
) -> Result<Option<Revision>, Error> {
    let Some(query) = of_log(scope, log_id) else { return Ok(None) };
    let row = query.filter(is_current()).one(connection).await.stored()?;
    row.map(Revision::try_from).transpose()
}

fn locating(log_id: i64, (from, until): (DateTime<Utc>, DateTime<Utc>)) -> Select<Entity> {
    Entity::find()
        .filter(Column::Id.eq(log_id))
        .filter(Column::Timestamp.gte(from))
        .filter(Column::Timestamp.lt(until))
        .filter(Column::Revision.eq(1))
}

fn of_log(scope: Scope, log_id: i64) -> Option<Select<Entity>> {
    let (from, until) = id::month(log_id)?;
    let month = Condition::all().add(Column::Timestamp.gte(from)).add(Column::Timestamp.lt(until));
    Some(Entity::find().filter(place(scope)).filter(Column::Id.eq(log_id)).filter(month))
}

fn paging(history: &History) -> Select<Entity> {
    let (from, until) = history.span;
    let kinds = history.log_types.iter().map(|kind| kind.letter());
    let after = history.after.map(|after| {
        let before_it = Column::Timestamp.lt(after.timestamp);
        Column::Timestamp.lte(after.timestamp).and(before_it.or(Column::Id.lt(after.log_id)))
    });
    Entity::find()
        .filter(place(history.scope))
        .filter(Column::Timestamp.gte(from))
        .filter(Column::Timestamp.lt(until))
        .filter(is_current())
        .filter(Column::LogType.is_in(kinds))
        .apply_if(after, |query, after| query.filter(after))
        .order_by_desc(Column::Timestamp)
        .order_by_desc(Column::Id)
        .limit(history.limit)
}

pub(super) fn place(scope: Scope) -> Condition {
    Condition::all().add(Column::FamilyId.eq(scope.family_id)).add(Column::ProgramId.eq(scope.program_id))
}

fn is_current() -> Expr {
    Expr::col((Entity, Column::Current))
}

/// A revision as a row, which is marked where it is the log's newest.
pub(super) fn row(revision: &Revision, current: bool) -> Result<ActiveModel, Error> {
    Ok(ActiveModel {
        family_id: Set(revision.scope.family_id),
        program_id: Set(revision.scope.program_id),
        timestamp: Set(revision.moment.timestamp),
        id: Set(revision.log_id),
        revision: Set(revision.revision),
        log_type: Set(revision.payload.log_type().letter().to_owned()),
        status: Set(revision.status.letter().to_owned()),
        is_verified: Set(revision.status == Status::Verified),
        payload: Set(revision.payload.to_json().map_err(Error::internal)?),
        utc_offset_minutes: Set(revision.moment.utc_offset_minutes.try_into().map_err(Error::internal)?),
        time_zone: Set(revision.by.time_zone.name().to_owned()),
        author_id: Set(revision.by.author_id),
        current: Set(current),
        plan_version: Set(revision.by.plan_version.try_into().map_err(Error::internal)?),
        recorded_at: Set(revision.by.recorded_at),
    })
}

impl TryFrom<Model> for Revision {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let unreadable = |column| move || Error::internal(format!("daily_logs.{column} cannot be read"));
        let kind = LogType::of_letter(&row.log_type).ok_or_else(unreadable("log_type"))?;
        // a parser's own words may quote the payload
        let payload = Payload::from_json(kind, row.payload).map_err(|_| unreadable("payload")())?;
        Ok(Self {
            scope: Scope { family_id: row.family_id, program_id: row.program_id },
            log_id: row.id,
            revision: row.revision,
            moment: Moment::at(row.timestamp, row.utc_offset_minutes.into()),
            status: Status::of_letter(&row.status).ok_or_else(unreadable("status"))?,
            payload,
            by: Authorship {
                author_id: row.author_id,
                plan_version: row.plan_version.into(),
                time_zone: row.time_zone.parse().map_err(|_| unreadable("time_zone")())?,
                recorded_at: row.recorded_at,
            },
        })
    }
}

#[cfg(test)]
mod tests;
