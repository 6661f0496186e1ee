//! The one decision who may do what with a member. Every service asks for it, directly or through another one.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::grant::{Holder, LogType, Window};

/// How long a deleted member can be restored.
pub const UNDO: TimeDelta = TimeDelta::days(30);

/// How long ago a deletion lies that nobody can take back any more.
pub const PAST_UNDO: TimeDelta = TimeDelta::seconds(UNDO.num_seconds() + 1);

/// What somebody wants to do with a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look.
    Read,
    /// Log, amend, verify, plan.
    Write,
    /// Change, delete or restore the member, and who may see it.
    Manage,
    /// Bring the record of a member that is being imported.
    Import,
}

/// Whether a member is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Living,
    /// It was deleted, and can be restored for a time.
    Deleted(DateTime<Utc>),
    /// Its record is still to come.
    Importing,
}

impl Action {
    /// As the audit trail has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::Manage => "MANAGE",
            Self::Import => "IMPORT",
        }
    }
}

/// What somebody is to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Manages the member's family.
    FamilyManager,
    /// Holds a grant.
    Holder(Holder),
}

/// A grant that somebody holds on a member and nobody has withdrawn.
#[derive(Clone, Debug)]
pub struct Held {
    /// What the holder is to the member.
    pub holder: Holder,
    /// The kinds of logs it opens.
    pub log_types: BTreeSet<LogType>,
    /// When it is in force.
    pub window: Window,
}

/// What somebody may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the user is to the member.
    pub role: Role,
    /// The kinds of logs the user may reach.
    pub log_types: BTreeSet<LogType>,
}

/// Decides; none is no.
///
/// `presence` is the member's, `manages` whether the user manages the member's family, and `held` are the user's grants on
/// the member.
pub fn decide(
    action: Action,
    presence: Presence,
    manages: bool,
    held: &[Held],
    now: DateTime<Utc>,
) -> Option<Decision> {
    let reachable = match presence {
        Presence::Living => action != Action::Import,
        Presence::Deleted(at) => manages && action == Action::Manage && now < at + UNDO,
        Presence::Importing => manages && action == Action::Import,
    };
    if !reachable {
        return None;
    }
    if manages {
        return Some(Decision { role: Role::FamilyManager, log_types: LogType::ALL.into() });
    }
    let valid = || held.iter().filter(|grant| action == Action::Read && grant.window.holds(now));
    let holder = valid().map(|grant| grant.holder).min()?;
    Some(Decision {
        role: Role::Holder(holder),
        log_types: valid().flat_map(|grant| grant.log_types.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn held(holder: Holder, log_types: &[LogType], from: i64, to: Option<i64>) -> Held {
        let window = Window {
            not_before: now() + TimeDelta::hours(from),
            not_after: to.map(|to| now() + TimeDelta::hours(to)),
        };
        Held { holder, log_types: log_types.iter().copied().collect(), window }
    }

    #[test]
    fn a_manager_does_everything_with_the_living_and_may_bring_back_the_deleted() {
        let day = TimeDelta::days(1);
        for (presence, [read, write, manage, import]) in [
            (Presence::Living, [true, true, true, false]),
            (Presence::Deleted(now()), [false, false, true, false]),
            (Presence::Deleted(now() - UNDO + day), [false, false, true, false]),
            (Presence::Deleted(now() - UNDO), [false, false, false, false]),
            (Presence::Importing, [false, false, false, true]),
        ] {
            for (action, allowed) in [
                (Action::Read, read),
                (Action::Write, write),
                (Action::Manage, manage),
                (Action::Import, import),
            ] {
                let decision = decide(action, presence, true, &[], now());
                assert_eq!(decision.is_some(), allowed, "{action:?} {presence:?}");
                if let Some(decision) = decision {
                    assert_eq!(
                        decision,
                        Decision { role: Role::FamilyManager, log_types: LogType::ALL.into() }
                    );
                }
            }
        }
    }

    #[test]
    fn a_grant_reads_within_its_window_and_nothing_else() {
        use Holder::{Doctor, Member};
        for (grant, allowed) in [
            (held(Doctor, &[LogType::Checkin], -1, Some(1)), true),
            (held(Doctor, &[LogType::Checkin], 0, Some(1)), true),
            (held(Doctor, &[LogType::Checkin], -1, Some(0)), false),
            (held(Doctor, &[LogType::Checkin], 1, Some(2)), false),
            (held(Member, &LogType::ALL, -1, None), true),
            (held(Member, &LogType::ALL, 1, None), false),
        ] {
            let grants = [grant];
            assert_eq!(
                decide(Action::Read, Presence::Living, false, &grants, now()).is_some(),
                allowed,
                "{grants:?}"
            );
            assert_eq!(decide(Action::Write, Presence::Living, false, &grants, now()), None);
            assert_eq!(decide(Action::Manage, Presence::Living, false, &grants, now()), None);
            assert_eq!(
                decide(Action::Read, Presence::Deleted(now()), false, &grants, now()),
                None,
                "deleted"
            );
            assert_eq!(
                decide(Action::Manage, Presence::Deleted(now()), false, &grants, now()),
                None,
                "deleted"
            );
            assert_eq!(decide(Action::Read, Presence::Importing, false, &grants, now()), None, "importing");
        }
    }

    #[test]
    fn a_stranger_does_nothing() {
        for action in [Action::Read, Action::Write, Action::Manage, Action::Import] {
            for presence in [Presence::Living, Presence::Deleted(now()), Presence::Importing] {
                assert_eq!(decide(action, presence, false, &[], now()), None);
            }
        }
    }

    #[test]
    fn grants_in_force_add_up_and_being_the_member_goes_before_being_a_doctor() {
        let grants = [
            held(Holder::Doctor, &[LogType::Checkin], -1, Some(1)),
            held(Holder::Member, &[LogType::Nutrition], -1, None),
            held(Holder::Doctor, &[LogType::Workout], 1, Some(2)),
        ];
        let decision = decide(Action::Read, Presence::Living, false, &grants, now()).unwrap();
        assert_eq!(decision.role, Role::Holder(Holder::Member));
        assert_eq!(decision.log_types, BTreeSet::from([LogType::Nutrition, LogType::Checkin]));
        let doctor = decide(Action::Read, Presence::Living, false, &grants[..1], now()).unwrap();
        assert_eq!(doctor.role, Role::Holder(Holder::Doctor));
        // who manages the family needs no grant, and is not held to one
        let manager = decide(Action::Read, Presence::Living, true, &grants, now()).unwrap();
        assert_eq!(manager.log_types, LogType::ALL.into());
    }
}
