//! The audit trail, as the managers of a family read it.

use chassis::audit::Page;
use chassis::{Call, Error, call, page, time};
use chrono::{Days, NaiveDate, NaiveTime};
use proto::logging::v1 as wire;
use tonic::Request;

use super::Logging;
use crate::clients::families::Managed;
use crate::trail::Place;

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
        let wanted = wanted(&call.message, &family, limit)?;
        let (entries, has_more) = self.trail.page(wanted, after, limit).await?;
        let next_cursor = entries.last().filter(|_| has_more).map(|(place, _)| page::encode(&query, place));
        Ok(wire::ListAuditTrailResponse {
            data: entries.into_iter().map(|(_, entry)| entry).collect(),
            pagination: Some(wire::Pagination { next_cursor, has_more }),
        })
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
