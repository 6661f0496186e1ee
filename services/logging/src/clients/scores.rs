//! The scores, which are told of every revision of a log.

use std::time::Duration;

use chassis::mesh::answered;
use chassis::{Error, Link};
use chrono::{DateTime, Utc};
use proto::adherence::v1 as wire;
use proto::adherence::v1::adherence_service_client::AdherenceServiceClient;
use proto::adherence::v1::record_log_request::Contribution;

use crate::domain::log::{Revision, Status};
use crate::domain::payload::{Checkin, Nutrition, Payload, Workout};

/// A person whose log is stored shall not wait for long to hear what it was worth.
const PATIENCE: Duration = Duration::from_secs(5);

/// The adherence service, as the keeper of scores.
#[derive(Clone)]
pub struct Scores {
    client: AdherenceServiceClient<Link>,
}

impl Scores {
    /// Asks over `link`.
    pub fn new(link: Link) -> Self {
        Self { client: AdherenceServiceClient::new(link) }
    }

    /// Tells of a revision and learns how the day's total moved, in hundredths of a point. Told again, the answer is the same; who would
    /// do so, should the scores lose it within a second, need not wait for their disk.
    pub async fn record(
        &self,
        revision: &Revision,
        now: DateTime<Utc>,
        said_again: bool,
    ) -> Result<i32, Error> {
        let request = wire::RecordLogRequest {
            family_id: revision.scope.family_id,
            program_id: revision.scope.program_id,
            log_id: revision.log_id,
            revision: revision.revision,
            status: status(revision.status).into(),
            local_date: revision.moment.local_date.to_string(),
            today_date: now.with_timezone(&revision.by.time_zone).date_naive().to_string(),
            plan_version: revision.by.plan_version,
            contribution: contribution(revision),
            said_again,
        };
        let mut request = tonic::Request::new(request);
        request.set_timeout(PATIENCE);
        Ok(answered(self.client.clone().record_log(request).await)?.impact_basis_points)
    }
}

fn status(status: Status) -> wire::LogStatus {
    match status {
        Status::Verified => wire::LogStatus::Verified,
        Status::Processing => wire::LogStatus::Processing,
        Status::Completed => wire::LogStatus::Completed,
        Status::Failed => wire::LogStatus::Failed,
    }
}

/// A photo that is still to be read, or could not be, adds nothing.
fn contribution(revision: &Revision) -> Option<Contribution> {
    match revision.status {
        Status::Processing | Status::Failed => None,
        Status::Verified | Status::Completed => Some(match &revision.payload {
            Payload::Nutrition(meal) => Contribution::Nutrition(nutrition(meal)),
            Payload::Workout(session) => Contribution::Workout(workout(session)),
            Payload::Checkin(vitals) => Contribution::Checkin(checkin(vitals)),
        }),
    }
}

fn nutrition(meal: &Nutrition) -> wire::NutritionContribution {
    let macros = meal.macros.clone().unwrap_or_default();
    wire::NutritionContribution {
        calories: meal.energy(),
        protein_g: macros.protein_g,
        carbs_g: macros.carbs_g,
        fat_g: macros.fat_g,
        fiber_g: macros.fiber_g,
        sugar_g: macros.sugar_g,
    }
}

fn workout(session: &Workout) -> wire::WorkoutContribution {
    // the contract allows 50 exercises of 50 sets
    let sets = i32::try_from(session.sets()).unwrap_or(i32::MAX);
    wire::WorkoutContribution { sets, minutes: session.minutes() }
}

fn checkin(vitals: &Checkin) -> wire::CheckinContribution {
    let measurement = |(metric, value): (&str, f64)| wire::Measurement { metric: metric.to_owned(), value };
    wire::CheckinContribution { measurements: vitals.measurements().into_iter().map(measurement).collect() }
}
