//! The audit trail of a family, put together from what each service took down.

use chassis::audit::Page;
use chassis::{Call, Error, call, page, time};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use futures_util::future::try_join_all;
use proto::audit::v1::Entry;
use proto::logging::v1 as wire;
use serde::{Deserialize, Serialize};
use tonic::Request;

use super::Logging;
use crate::clients::families::Managed;

/// A place in the trail: when, and of the same instant, in the part of which service and at which id.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Place {
    micros: i64,
    part: usize,
    id: i64,
}

impl Logging {
    pub(super) async fn audit_trail(
        &self,
        request: Request<wire::ListAuditTrailRequest>,
    ) -> Result<wire::ListAuditTrailResponse, Error> {
        let call = call::user(request)?;
        let family = self.families.managed(call.caller, call.message.member_id).await?;
        let query = query(&call, &family);
        let (limit, after) =
            (page::limit(call.message.limit), page::decode::<Place>(&query, &call.message.cursor)?);
        let wanted = wanted(&call.message, &family, limit + 1)?;
        let parts = (0..=self.audits.len()).map(|part| self.part(part, of_part(&wanted, after, part)));
        let mut entries: Vec<(Place, Entry)> = try_join_all(parts).await?.into_iter().flatten().collect();
        entries.sort_by_key(|(place, _)| std::cmp::Reverse((place.micros, place.part, place.id)));
        let (entries, has_more) = page::cut(entries, limit);
        let next_cursor = entries.last().filter(|_| has_more).map(|(place, _)| page::encode(&query, place));
        Ok(wire::ListAuditTrailResponse {
            data: entries.into_iter().map(|(_, entry)| entry).collect(),
            pagination: Some(wire::Pagination { next_cursor, has_more }),
        })
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

/// The name of a query, to which its cursors are bound.
fn query(call: &Call<wire::ListAuditTrailRequest>, family: &Managed) -> String {
    let day = |text: &Option<String>| text.clone().unwrap_or_default();
    let (user, member) = (call.caller.id, family.member_id.unwrap_or_default());
    let (from, to) = (day(&call.message.from), day(&call.message.to));
    format!("audit:{user}:{}:{member}:{from}:{to}", family.family_id)
}

fn wanted(asked: &wire::ListAuditTrailRequest, family: &Managed, limit: u64) -> Result<Page, Error> {
    let day = |field, text: &Option<String>| text.as_deref().map(|text| time::date(field, text)).transpose();
    let (from, to) = (day("from", &asked.from)?, day("to", &asked.to)?);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Error::invalid("from", "must not be after to"));
    }
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    Ok(Page {
        family_id: family.family_id,
        member_id: family.member_id,
        from: from.map(midnight),
        until: to.and_then(|to| to.checked_add_days(Days::new(1))).map(midnight),
        before: None,
        limit,
    })
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
