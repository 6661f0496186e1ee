//! From the contract's messages to the domain.

use chassis::{Error, fields, time};
use proto::family::v1::{
    Action, CreateGrantRequest, CreateMemberRequest, LogType, Role, UpdateMemberRequest,
};

use crate::domain::access;
use crate::domain::grant::{self, Holder, Wish};
use crate::domain::member::{Changes, Profile, words};

/// A new member's profile.
pub fn profile(message: &CreateMemberRequest) -> Result<Profile, Error> {
    Ok(Profile {
        name: words("name", &message.name)?,
        birth_date: time::date("birth_date", &message.birth_date)?,
        relation_type: words("relation_type", &message.relation_type)?,
        time_zone: time::zone("time_zone", message.time_zone.as_deref().unwrap_or("UTC"))?,
        leaderboard_opt_in: message.leaderboard_opt_in,
    })
}

/// The changes to a member that the mask names.
pub fn changes(message: &UpdateMemberRequest) -> Result<Changes, Error> {
    let given = [
        ("name", message.name.is_some()),
        ("birth_date", message.birth_date.is_some()),
        ("relation_type", message.relation_type.is_some()),
        ("time_zone", message.time_zone.is_some()),
        ("leaderboard_opt_in", message.leaderboard_opt_in.is_some()),
    ];
    let named = fields::mask(message.update_mask.as_ref(), &given)?;
    let text = |field, value: &Option<String>| value.clone().filter(|_| named.contains(&field));
    Ok(Changes {
        name: text("name", &message.name).map(|name| words("name", &name)).transpose()?,
        birth_date: text("birth_date", &message.birth_date)
            .map(|day| time::date("birth_date", &day))
            .transpose()?,
        relation_type: text("relation_type", &message.relation_type)
            .map(|relation| words("relation_type", &relation))
            .transpose()?,
        time_zone: text("time_zone", &message.time_zone)
            .map(|zone| time::zone("time_zone", &zone))
            .transpose()?,
        leaderboard_opt_in: message.leaderboard_opt_in.filter(|_| named.contains(&"leaderboard_opt_in")),
    })
}

/// What a grant shall be.
pub fn wish(message: &CreateGrantRequest) -> Result<Wish, Error> {
    let holder = match message.role() {
        Role::Member => Holder::Member,
        Role::Doctor => Holder::Doctor,
        Role::Unspecified | Role::FamilyManager => {
            return Err(Error::invalid("role", "must be MEMBER or DOCTOR"));
        }
    };
    let instant = |field: &str, at: &Option<_>| at.as_ref().map(|at| time::instant(field, at)).transpose();
    Ok(Wish {
        holder,
        log_types: message.log_types().map(log_type).collect::<Result<_, _>>()?,
        not_before: instant("not_before", &message.not_before)?,
        not_after: instant("not_after", &message.not_after)?,
    })
}

/// What somebody wants to do.
pub fn action(action: Action) -> Result<access::Action, Error> {
    match action {
        Action::Read => Ok(access::Action::Read),
        Action::Write => Ok(access::Action::Write),
        Action::Manage => Ok(access::Action::Manage),
        Action::Import => Ok(access::Action::Import),
        Action::Unspecified => Err(Error::invalid("action", "must be given")),
    }
}

fn log_type(log_type: LogType) -> Result<grant::LogType, Error> {
    match log_type {
        LogType::Nutrition => Ok(grant::LogType::Nutrition),
        LogType::Workout => Ok(grant::LogType::Workout),
        LogType::Checkin => Ok(grant::LogType::Checkin),
        LogType::Unspecified => Err(Error::invalid("log_types", "must be kinds of logs")),
    }
}
