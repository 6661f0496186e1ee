//! What watchers hear. Ids rise within a program: they are given under the lock of its plan, so whoever has seen one has seen all
//! before it. They follow the time and not a count, so that who may hear of some kinds of logs only cannot tell by the gaps how
//! many others there were.

use backends::{DbResultExt, Tx};
use chassis::Error;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::entity::program_events::{ActiveModel, Column, Entity, Model};
use super::{Scope, Store};
use crate::domain::event::{Event, Kind, LogStatus};
use crate::domain::score::Score;
use crate::domain::sight::LogType;

impl Store {
    /// The events after one, oldest first.
    pub async fn events(&self, scope: Scope, after: i64, limit: u64) -> Result<Vec<Event>, Error> {
        let query = of(scope).filter(Column::Id.gt(after)).order_by_asc(Column::Id).limit(limit);
        let reader = self.db.read(scope.into()).await?;
        query.all(reader.connection()).await.stored()?.into_iter().map(Event::try_from).collect()
    }

    /// The id of the newest event; 0 when there is none.
    pub async fn last_event_id(&self, scope: Scope) -> Result<i64, Error> {
        last_id(self.db.read(scope.into()).await?.connection(), scope).await
    }
}

/// Adds events, in their order, when the transaction commits. Their ids are given here, past `last`, also where a clock goes back;
/// the last of them is told.
pub fn append(tx: &Tx, scope: Scope, events: Vec<Event>, last: i64) -> Result<i64, Error> {
    let Some(first) = events.first() else { return Ok(last) };
    let next = Ord::max(first.occurred_at.timestamp_micros(), last + 1);
    let mut last = last;
    for (event, id) in events.into_iter().zip(next..) {
        tx.add_later(row(scope, Event { id, ..event }))?;
        last = id;
    }
    Ok(last)
}

/// The id of the newest event of a program; 0 when there is none.
pub async fn last_id(connection: &impl ConnectionTrait, scope: Scope) -> Result<i64, Error> {
    let query = of(scope).select_only().column(Column::Id).order_by_desc(Column::Id).limit(1);
    let last: Option<i64> = query.into_tuple().one(connection).await.stored()?;
    Ok(last.unwrap_or(0))
}

fn of(scope: Scope) -> Select<Entity> {
    Entity::find().filter(Column::FamilyId.eq(scope.family_id)).filter(Column::ProgramId.eq(scope.program_id))
}

fn row(scope: Scope, event: Event) -> ActiveModel {
    ActiveModel {
        family_id: Set(scope.family_id),
        program_id: Set(scope.program_id),
        id: Set(event.id),
        kind: Set(event.kind.name().to_owned()),
        log_id: Set(event.log_id),
        log_type: Set(event.log_type.map(|kind| kind.name().to_owned())),
        status: Set(event.status.map(|status| status.name().to_owned())),
        date: Set(event.date),
        total_score: Set(event.total.map(Score::hundredths)),
        occurred_at: Set(event.occurred_at),
    }
}

impl TryFrom<Model> for Event {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let unreadable = || Error::internal("program_events cannot be read");
        let log_type = row.log_type.map(|name| LogType::named(&name).ok_or_else(unreadable)).transpose()?;
        let status = row.status.map(|name| LogStatus::named(&name).ok_or_else(unreadable)).transpose()?;
        Ok(Self {
            id: row.id,
            kind: Kind::named(&row.kind).ok_or_else(unreadable)?,
            log_id: row.log_id,
            log_type,
            status,
            date: row.date,
            total: row.total_score.map(Score::stored),
            occurred_at: row.occurred_at,
        })
    }
}
