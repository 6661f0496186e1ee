//! The audit trail of a family, put together from what each service took down.

use chassis::audit::Page;
use chassis::{Error, page, time};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use proto::audit::v1::Entry;
use serde::{Deserialize, Serialize};

use crate::clients::audits::Audit;
use crate::store::Store;

/// A place in the trail: when, and of the same instant, in the part of which service and at which id.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Place {
    micros: i64,
    part: usize,
    id: i64,
}

/// The trail as a whole.
#[derive(Clone)]
pub struct Trail {
    store: Store,
    audits: [Audit; 3],
}

impl Trail {
    /// Of what is in `store`, and of what the other services took down.
    pub fn new(store: Store, audits: [Audit; 3]) -> Self {
        Self { store, audits }
    }

    /// The newest entries of what is `wanted`, after that place, each with its own; and whether more follow.
    pub async fn page(
        &self,
        wanted: Page,
        after: Option<Place>,
        limit: u64,
    ) -> Result<(Vec<(Place, Entry)>, bool), Error> {
        let wanted = Page { limit: limit + 1, ..wanted };
        let parts = (0..=self.audits.len()).map(|part| self.part(part, of_part(&wanted, after, part)));
        let mut entries: Vec<(Place, Entry)> = try_join_all(parts).await?.into_iter().flatten().collect();
        entries.sort_by_key(|(place, _)| std::cmp::Reverse((place.micros, place.part, place.id)));
        Ok(page::cut(entries, limit))
    }

    /// What one service has; the last one is this.
    async fn part(&self, part: usize, page: Page) -> Result<Vec<(Place, Entry)>, Error> {
        let entries = match self.audits.get(part) {
            Some(audit) => audit.page(page).await?,
            None => {
                let own = self.store.db().audit_page(&page).await?;
                own.into_iter().map(|line| line.told_by("logging")).collect()
            }
        };
        let placed = |entry: Entry| {
            let at = entry.time.as_ref().ok_or_else(|| Error::internal("an audit entry has no time"))?;
            let micros = time::instant("time", at)?.timestamp_micros();
            Ok((Place { micros, part, id: entry.id }, entry))
        };
        entries.into_iter().map(placed).collect()
    }
}

/// What to ask of a part: of the instant where the last page ended, the parts before that place are still to come, and those after it
/// have been told.
fn of_part(wanted: &Page, after: Option<Place>, part: usize) -> Page {
    let before = after.and_then(|place| {
        let at: DateTime<Utc> = DateTime::from_timestamp_micros(place.micros)?;
        let id = match part.cmp(&place.part) {
            std::cmp::Ordering::Less => i64::MAX,
            std::cmp::Ordering::Equal => place.id,
            std::cmp::Ordering::Greater => 0,
        };
        Some((at, id))
    });
    Page { before, ..wanted.clone() }
}
