//! From what is kept to the contract's messages.

use std::collections::BTreeSet;

use chassis::time::timestamp;
use chassis::{Error, page};
use chrono::{DateTime, Utc};
use proto::family::v1::{
    AuthorizeMemberResponse, Family, Grant, Invitation, InvitationStatus, LogType, Manager, Member,
    Pagination, Role,
};
use proto::identity::v1::User;

use crate::domain::access::{self, Decision};
use crate::domain::grant::{self, Holder};
use crate::domain::invitation;
use crate::domain::member;
use crate::store::entity::{families, family_managers, grants, invitations, members};
use crate::store::families::Position;
use crate::store::grants::holder;

/// A family.
pub fn family(row: families::Model) -> Family {
    Family { id: row.family_id, created_at: Some(timestamp(row.created_at)) }
}

/// A manager. Of a deleted account only the id is left to tell.
pub fn manager(row: &family_managers::Model, account: Option<&User>) -> Manager {
    Manager {
        user_id: row.user_id,
        email: account.map(|account| account.email.clone()).unwrap_or_default(),
        full_name: account.map(|account| account.full_name.clone()).unwrap_or_default(),
        joined_at: Some(timestamp(row.joined_at)),
    }
}

/// An invitation. Of a deleted account only the id is left to tell.
pub fn invitation(row: invitations::Model, inviter: Option<&User>) -> Result<Invitation, Error> {
    let status = match crate::store::invitations::status(&row)? {
        invitation::Status::Pending => InvitationStatus::Pending,
        invitation::Status::Accepted => InvitationStatus::Accepted,
        invitation::Status::Declined => InvitationStatus::Declined,
        invitation::Status::Withdrawn => InvitationStatus::Withdrawn,
    };
    Ok(Invitation {
        id: row.id,
        email: row.email,
        status: status.into(),
        invited_by: row.invited_by,
        invited_by_name: inviter.map(|inviter| inviter.full_name.clone()).unwrap_or_default(),
        created_at: Some(timestamp(row.created_at)),
        expires_at: Some(timestamp(row.expires_at)),
    })
}

/// A member, with the age it has now.
pub fn member(row: members::Model, now: DateTime<Utc>) -> Result<Member, Error> {
    let zone = crate::store::members::profile(&row)?.time_zone;
    Ok(Member {
        id: row.id,
        family_id: row.family_id,
        name: row.name,
        birth_date: row.birth_date.to_string(),
        age: member::age(row.birth_date, member::today(zone, now)),
        relation_type: row.relation_type,
        time_zone: row.time_zone,
        leaderboard_opt_in: row.leaderboard_opt_in,
        created_at: Some(timestamp(row.created_at)),
    })
}

/// Members, with the ages they have now.
pub fn members(rows: Vec<members::Model>, now: DateTime<Utc>) -> Result<Vec<Member>, Error> {
    rows.into_iter().map(|row| member(row, now)).collect()
}

/// A grant. Of a deleted account only the id is left to tell.
pub fn grant(row: grants::Model, account: Option<&User>) -> Result<Grant, Error> {
    Ok(Grant {
        id: row.id,
        member_id: row.member_id,
        user_id: row.user_id,
        email: account.map(|account| account.email.clone()).unwrap_or_default(),
        role: role(access::Role::Holder(holder(&row)?)).into(),
        log_types: log_types(&row.log_types.0),
        not_before: Some(timestamp(row.not_before)),
        not_after: row.not_after.map(timestamp),
        created_at: Some(timestamp(row.created_at)),
    })
}

/// What somebody may do with a member.
pub fn decision(member: members::Model, decision: Decision) -> AuthorizeMemberResponse {
    AuthorizeMemberResponse {
        family_id: member.family_id,
        role: role(decision.role).into(),
        log_types: log_types(&decision.log_types),
        time_zone: member.time_zone,
    }
}

/// Where a list goes on after these rows.
pub fn pagination<T>(scope: &str, rows: &[T], more: bool, position: impl Fn(&T) -> Position) -> Pagination {
    let last = rows.last().filter(|_| more);
    Pagination { next_cursor: last.map(|row| page::encode(scope, &position(row))), has_more: more }
}

fn role(role: access::Role) -> Role {
    match role {
        access::Role::FamilyManager => Role::FamilyManager,
        access::Role::Holder(Holder::Member) => Role::Member,
        access::Role::Holder(Holder::Doctor) => Role::Doctor,
    }
}

fn log_types(kinds: &BTreeSet<grant::LogType>) -> Vec<i32> {
    let encode = |kind: &grant::LogType| match kind {
        grant::LogType::Nutrition => LogType::Nutrition.into(),
        grant::LogType::Workout => LogType::Workout.into(),
        grant::LogType::Checkin => LogType::Checkin.into(),
    };
    kinds.iter().map(encode).collect()
}
