//! What logs said before they were corrected.

use std::collections::HashMap;

use backends::DbResultExt;
use chassis::Error;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::Store;
use super::entity::daily_log::{Column, Entity};
use super::log::{History, place};
use crate::domain::Scope;
use crate::domain::log::Revision;

type ByLog = HashMap<i64, Vec<Revision>>;

impl Store {
    /// The revisions before those of a page of history, by log, oldest first; from the database and on from the archive.
    pub async fn earlier(&self, scope: Scope, page: &[Revision]) -> Result<ByLog, Error> {
        let revised: Vec<&Revision> = page.iter().filter(|log| log.revision > 1).collect();
        let mut found = ByLog::new();
        keep_earlier(&mut found, &revised, self.stored(scope, &revised).await?);
        // a month that is moving is in one of the two, and the archive is where it moves to
        let missing: Vec<&Revision> = revised.into_iter().filter(|log| !is_whole(&found, log)).collect();
        if let Some((from, until)) = span(&missing) {
            let span = (from, until);
            let months = History { scope, span, log_types: Vec::new(), after: None, limit: 0 };
            for entry in self.entries(&months).await? {
                let archived = self.archived_revisions(scope, entry).await?;
                keep_earlier(&mut found, &missing, archived);
            }
        }
        if missing.iter().any(|log| !is_whole(&found, log)) {
            return Err(Error::internal("a revision of a log is missing"));
        }
        Ok(found)
    }

    async fn stored(&self, scope: Scope, logs: &[&Revision]) -> Result<Vec<Revision>, Error> {
        let Some((from, until)) = span(logs) else { return Ok(Vec::new()) };
        let reader = self.db.read_primary(scope.into()).await?;
        let rows = Entity::find()
            .filter(place(scope))
            .filter(Column::Timestamp.gte(from))
            .filter(Column::Timestamp.lte(until))
            .filter(Column::Id.is_in(logs.iter().map(|log| log.log_id)));
        let rows = rows.all(reader.connection()).await.stored()?;
        rows.into_iter().map(Revision::try_from).collect()
    }
}

fn keep_earlier(found: &mut ByLog, of: &[&Revision], revisions: Vec<Revision>) {
    for revision in revisions {
        let current = of.iter().find(|log| log.log_id == revision.log_id);
        if current.is_some_and(|current| revision.revision < current.revision) {
            found.entry(revision.log_id).or_default().push(revision);
        }
    }
    for revisions in found.values_mut() {
        revisions.sort_by_key(|revision| revision.revision);
        revisions.dedup_by_key(|revision| revision.revision);
    }
}

fn is_whole(found: &ByLog, log: &Revision) -> bool {
    let earlier = found.get(&log.log_id).map_or(0, Vec::len);
    i32::try_from(earlier).is_ok_and(|earlier| earlier == log.revision - 1)
}

fn span(logs: &[&Revision]) -> Option<(chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>)> {
    let times = || logs.iter().map(|log| log.moment.timestamp);
    times().min().zip(times().max())
}
