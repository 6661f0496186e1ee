//! A part of the audit trail, as it is asked for and told.

use chrono::{DateTime, Utc};
use proto::audit::v1 as wire;

use crate::{Error, time};

/// Which part of a family's trail to read, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The family.
    pub family_id: i64,
    /// The member it is about; none for all, and for what is about no member.
    pub member_id: Option<i64>,
    /// Not before this.
    pub from: Option<DateTime<Utc>>,
    /// Before this.
    pub until: Option<DateTime<Utc>>,
    /// Older than this; of the same instant, with a smaller id.
    pub before: Option<(DateTime<Utc>, i64)>,
    /// How many at most.
    pub limit: u64,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id among those of the service.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor_id: i64,
    /// Did what.
    pub action: String,
    /// To what.
    pub resource_type: String,
    /// And which.
    pub resource_id: i64,
    /// Of whom.
    pub member_id: Option<i64>,
    /// How it ended.
    pub outcome: String,
    /// From where.
    pub ip_address: Option<String>,
    /// In which request.
    pub request_id: String,
}

impl Line {
    /// As the contract writes it.
    pub fn told_by(self, service: &str) -> wire::Entry {
        wire::Entry {
            time: Some(time::timestamp(self.at)),
            actor_id: self.actor_id,
            action: self.action,
            resource_type: self.resource_type,
            resource_id: self.resource_id,
            member_id: self.member_id,
            outcome: self.outcome,
            ip_address: self.ip_address,
            request_id: self.request_id,
            service: service.to_owned(),
            id: self.id,
        }
    }
}

impl TryFrom<wire::Query> for Page {
    type Error = Error;

    fn try_from(query: wire::Query) -> Result<Self, Error> {
        let instant = |field: &'static str, at: Option<prost_types::Timestamp>| {
            at.map(|at| time::instant(field, &at)).transpose()
        };
        let before = instant("before", query.before)?;
        Ok(Self {
            family_id: query.family_id,
            member_id: query.member_id,
            from: instant("from", query.from)?,
            until: instant("until", query.until)?,
            before: before.map(|at| (at, query.before_id)),
            limit: query.limit.clamp(0, 1_000).unsigned_abs().into(),
        })
    }
}

impl From<Page> for wire::Query {
    fn from(page: Page) -> Self {
        Self {
            family_id: page.family_id,
            member_id: page.member_id,
            from: page.from.map(time::timestamp),
            until: page.until.map(time::timestamp),
            before: page.before.map(|(at, _)| time::timestamp(at)),
            before_id: page.before.map_or(0, |(_, id)| id),
            limit: i32::try_from(page.limit).unwrap_or(i32::MAX),
        }
    }
}
