//! Scores as the contract writes them.

use chassis::time::timestamp;
use chrono::NaiveDate;
use proto::adherence::v1 as wire;

use crate::domain::event::{Event, Kind, LogStatus};
use crate::domain::leaderboard::Place;
use crate::domain::plan::Plan;
use crate::domain::score::{Band, Score};
use crate::domain::sight::{Shown, Sight};
use crate::domain::summary::{average, streak, trend, week};

/// The days from `from` on; `days` may begin earlier, for the trend, and end on `last`.
pub fn adherence(program_id: i64, days: &[Shown], from: NaiveDate, last: NaiveDate) -> wire::Adherence {
    let asked = || days.iter().filter(|day| day.date >= from);
    wire::Adherence {
        program_id,
        days: asked().map(day).collect(),
        average: average(asked()).map(Score::points),
        trend: trend(days, last),
    }
}

/// What a family looks at first. `days` are those of the program so far and the last seven, be they the program's or not; a day
/// that is not has no score.
pub fn dashboard(plan: &Plan, sight: Sight, days: &[Shown], today: NaiveDate) -> wire::Dashboard {
    let day_number = plan.day_number(today);
    wire::Dashboard {
        program_id: plan.program_id,
        title: plan.title.clone(),
        day_number: day_number as i32,
        phase: plan.phase(today),
        days_left: (plan.length() - day_number) as i32,
        today: days.last().map(day),
        week: week(days, today).map(day).collect(),
        week_average: average(week(days, today)).map(Score::points),
        average: average(days).map(Score::points),
        trend: trend(days, today),
        // a streak of totals that nobody shows is none, and not 0
        streak_days: sight.is_whole().then(|| streak(days, today)),
    }
}

/// The places, best first.
pub fn leaderboard(places: Vec<Place>) -> wire::Leaderboard {
    let entry = |place: Place| wire::LeaderboardEntry {
        rank: place.rank,
        tied: place.tied,
        member_id: place.standing.member_id,
        name: place.standing.name,
        score: place.standing.score.points(),
        coverage: place.standing.coverage.share(),
    };
    wire::Leaderboard { entries: places.into_iter().map(entry).collect() }
}

/// Something that happened.
pub fn event(event: Event) -> wire::ProgramEvent {
    let kind = match event.kind {
        Kind::Log => wire::EventKind::Log,
        Kind::Score => wire::EventKind::Score,
    };
    let status = event.status.map_or(wire::LogStatus::Unspecified, |status| match status {
        LogStatus::Verified => wire::LogStatus::Verified,
        LogStatus::Processing => wire::LogStatus::Processing,
        LogStatus::Completed => wire::LogStatus::Completed,
        LogStatus::Failed => wire::LogStatus::Failed,
    });
    wire::ProgramEvent {
        id: event.id,
        kind: kind.into(),
        log_id: event.log_id,
        status: status.into(),
        date: event.date.to_string(),
        total_score: event.total.map(Score::points),
        occurred_at: Some(timestamp(event.occurred_at)),
    }
}

fn day(day: &Shown) -> wire::Day {
    let band = day.band().map(|band| match band {
        Band::Good => wire::Band::Good,
        Band::Fair => wire::Band::Fair,
        Band::Poor => wire::Band::Poor,
    });
    wire::Day {
        date: day.date.to_string(),
        nutrition_score: day.nutrition.map(Score::points),
        strength_score: day.strength.map(Score::points),
        clinical_score: day.clinical.map(Score::points),
        total_score: day.total.map(Score::points),
        control_score: day.control.map(Score::points),
        coverage: day.coverage.map(Score::share),
        band: band.map(Into::into),
    }
}
