//! A log's part in the score as logging writes it. Values become whole thousandths here, and nowhere else.

use chassis::{Error, time};
use proto::adherence::v1 as wire;
use proto::adherence::v1::record_log_request::Contribution as Wire;

use crate::domain::event::LogStatus;
use crate::domain::goals::{Intake, Nutrient};
use crate::domain::history::{Contribution, Measurement, Part, Session};
use crate::domain::standing::Revision;
use crate::domain::thousandths;
use crate::recording::Entry;
use crate::store::Scope;

/// No amount reaches this; it keeps every sum of them exact.
const MOST: f64 = 1e9;

/// Reads a revision of a log.
pub fn entry(request: wire::RecordLogRequest) -> Result<Entry, Error> {
    let status = match request.status() {
        wire::LogStatus::Verified => LogStatus::Verified,
        wire::LogStatus::Processing => LogStatus::Processing,
        wire::LogStatus::Completed => LogStatus::Completed,
        wire::LogStatus::Failed => LogStatus::Failed,
        wire::LogStatus::Unspecified => return Err(Error::invalid("status", "must be given")),
    };
    let part = match (status, request.contribution) {
        (LogStatus::Processing | LogStatus::Failed, _) | (_, None) => Part::Nothing,
        (_, Some(Wire::Nutrition(meal))) => Part::Nutrition(intake(&meal)?),
        (_, Some(Wire::Workout(workout))) => Part::Workout(session(&workout)?),
        (_, Some(Wire::Checkin(checkin))) => {
            Part::Checkin(checkin.measurements.into_iter().map(measurement).collect::<Result<_, _>>()?)
        }
    };
    let date = time::date("local_date", &request.local_date)?;
    let contribution = Contribution { log_id: request.log_id, revision: request.revision, date, part };
    Ok(Entry {
        scope: Scope { family_id: request.family_id, program_id: request.program_id },
        revision: Revision { contribution, status, today: time::date("today_date", &request.today_date)? },
        plan_version: request.plan_version,
        said_again: request.said_again,
    })
}

fn intake(meal: &wire::NutritionContribution) -> Result<Intake, Error> {
    let nutrients = [
        (Nutrient::Calories, "calories", meal.calories),
        (Nutrient::ProteinG, "protein_g", meal.protein_g),
        (Nutrient::CarbsG, "carbs_g", meal.carbs_g),
        (Nutrient::FatG, "fat_g", meal.fat_g),
        (Nutrient::FiberG, "fiber_g", meal.fiber_g),
        (Nutrient::SugarG, "sugar_g", meal.sugar_g),
    ];
    let written =
        nutrients.into_iter().filter_map(|(nutrient, field, value)| Some((nutrient, field, value?)));
    written
        .map(|(nutrient, field, value)| Ok((nutrient, amount(&format!("nutrition.{field}"), value)?)))
        .collect()
}

fn session(workout: &wire::WorkoutContribution) -> Result<Session, Error> {
    let sets = amount("workout.sets", workout.sets.into())?;
    Ok(Session { sets, minutes: amount("workout.minutes", workout.minutes)? })
}

fn measurement(measurement: wire::Measurement) -> Result<Measurement, Error> {
    let value = amount("checkin.measurements", measurement.value)?;
    Ok(Measurement { metric: measurement.metric, value })
}

fn amount(field: &str, value: f64) -> Result<i64, Error> {
    if (0.0..=MOST).contains(&value) {
        Ok(thousandths(value))
    } else {
        Err(Error::invalid(field, "must be between 0 and 1000000000"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::day;

    fn request(contribution: Option<Wire>) -> wire::RecordLogRequest {
        wire::RecordLogRequest {
            family_id: 1,
            program_id: 2,
            log_id: 3,
            revision: 4,
            status: wire::LogStatus::Verified.into(),
            local_date: "2026-01-05".into(),
            today_date: "2026-01-06".into(),
            plan_version: 7,
            contribution,
            said_again: true,
        }
    }

    #[test]
    fn what_is_not_written_down_stays_absent() {
        let meal = wire::NutritionContribution {
            calories: Some(0.0),
            protein_g: Some(12.3456),
            ..Default::default()
        };
        let entry = entry(request(Some(Wire::Nutrition(meal)))).unwrap();
        let intake = Intake::from([(Nutrient::Calories, 0), (Nutrient::ProteinG, 12_346)]);
        assert_eq!(entry.revision.contribution.part, Part::Nutrition(intake));
        assert_eq!(
            (entry.revision.contribution.date, entry.revision.today),
            (day("2026-01-05"), day("2026-01-06"))
        );
    }

    #[test]
    fn a_photo_that_says_nothing_adds_nothing() {
        let workout = || Some(Wire::Workout(wire::WorkoutContribution { sets: 3, minutes: 0.5 }));
        let part = |status: wire::LogStatus, contribution| {
            entry(wire::RecordLogRequest { status: status.into(), ..request(contribution) })
                .unwrap()
                .revision
                .contribution
                .part
        };
        assert_eq!(part(wire::LogStatus::Processing, None), Part::Nothing);
        assert_eq!(part(wire::LogStatus::Failed, workout()), Part::Nothing);
        assert_eq!(
            part(wire::LogStatus::Completed, workout()),
            Part::Workout(Session { sets: 3_000, minutes: 500 })
        );
    }

    #[test]
    fn amounts_out_of_this_world_are_refused() {
        for value in [-0.001, 1e10, f64::NAN, f64::INFINITY] {
            let measurement = wire::Measurement { metric: "weight".into(), value };
            let checkin = wire::CheckinContribution { measurements: vec![measurement] };
            let error = entry(request(Some(Wire::Checkin(checkin)))).unwrap_err();
            assert_eq!(error.fields()[0].field, "checkin.measurements", "{value}");
        }
    }
}
