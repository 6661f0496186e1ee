use proto::program::v1 as wire;
use serde::{Deserialize, Serialize};

use super::Faults;

/// How to train in a week.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
pub struct Strength {
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    sessions_per_week: i32,
    #[serde(flatten)]
    session: Session,
}

/// What makes a session a whole one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Session {
    #[serde(rename = "sets_per_session")]
    Sets(i32),
    #[serde(rename = "minutes_per_session")]
    Minutes(i32),
}

impl Strength {
    pub(super) fn read(goals: &wire::StrengthGoals, path: &str, faults: &mut Faults) -> Option<Self> {
        let session = match (goals.sets_per_session, goals.minutes_per_session) {
            (Some(sets), None) => Session::Sets(sets),
            (None, Some(minutes)) => Session::Minutes(minutes),
            (None, None) => {
                faults
                    .add(format!("{path}.sets_per_session"), "must be given, unless minutes_per_session is");
                return None;
            }
            (Some(_), Some(_)) => {
                faults
                    .add(format!("{path}.minutes_per_session"), "must not be given beside sets_per_session");
                return None;
            }
        };
        Some(Self { weight: goals.weight, sessions_per_week: goals.sessions_per_week, session })
    }

    pub(super) fn to_wire(&self) -> wire::StrengthGoals {
        let (sets_per_session, minutes_per_session) = match self.session {
            Session::Sets(sets) => (Some(sets), None),
            Session::Minutes(minutes) => (None, Some(minutes)),
        };
        let Self { weight, sessions_per_week, .. } = *self;
        wire::StrengthGoals { weight, sessions_per_week, sets_per_session, minutes_per_session }
    }
}
