//! Adherence as its callers see it.

mod decode;
mod encode;

use std::pin::Pin;
use std::sync::Arc;

use chassis::clock::Clock;
use chassis::{Error, Kind, audit, call, time};
use chrono::Days;
use futures_util::{Stream, StreamExt};
use proto::adherence::v1::adherence_service_server::AdherenceService;
use proto::adherence::v1::*;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::access::{self, Access, AuthorizedProgram};
use crate::clients::Family;
use crate::domain::day::Scores;
use crate::domain::leaderboard::{self, Standing};
use crate::domain::sight::{Shown, Sight};
use crate::plans::Plans;
use crate::reading::Reading;
use crate::recording::Recording;
use crate::summaries::{Summaries, Summary};
use crate::watch::Watch;

/// The gRPC service.
pub struct Service {
    /// Who may see what.
    pub access: Access,
    /// The plans.
    pub plans: Plans,
    /// The scores.
    pub reading: Reading,
    /// The scores at hand.
    pub summaries: Summaries,
    /// How logs get into them.
    pub recording: Recording,
    /// The live events.
    pub watch: Watch,
    /// The family service.
    pub family: Family,
    /// The time.
    pub clock: Clock,
}

impl Service {
    /// A program's scores, at least of the plan by which its viewer was let in.
    async fn summary(&self, program: &AuthorizedProgram) -> Result<Arc<Summary>, Error> {
        let (scope, version) = (program.scope(), program.plan_version());
        let summary = self.summaries.get(scope, version, program.today()).await;
        // it was erased after it was authorized
        summary.map_err(|error| if error.kind() == Kind::NotFound { Error::denied() } else { error })
    }

    /// The last seven days of everybody who takes part and has a program that runs.
    async fn standings(&self, user_id: i64) -> Result<Vec<Standing>, Error> {
        let household = self.family.household(user_id).await?;
        let family_id = household.family_id;
        audit::granted(audit::Subject {
            family_id,
            member_id: None,
            resource_type: "Leaderboard",
            resource_id: family_id,
        });
        let plans = self.plans.store().plans(household.family_id).await?;
        let mut standings = Vec::new();
        for member in household.members.into_iter().filter(|member| member.leaderboard_opt_in) {
            let today = access::today(&self.clock, &member.time_zone)?;
            let newest = plans.iter().find(|plan| plan.member_id == member.id && plan.runs_on(today));
            let Some(plan) = newest else { continue };
            let days = self.reading.days(plan, &plan.days(today - Days::new(6), today)).await?;
            let days: Vec<_> = days.iter().map(|day| Sight::whole().day(day, today)).collect();
            standings.extend(Standing::of(member.id, member.name, &days));
        }
        Ok(standings)
    }
}

/// Days as the program's viewer may see them.
fn shown<'d>(program: &AuthorizedProgram, days: impl Iterator<Item = &'d Scores>) -> Vec<Shown> {
    days.map(|day| program.sight().day(day, program.today())).collect()
}

#[tonic::async_trait]
impl AdherenceService for Service {
    async fn get_adherence(
        &self,
        request: Request<GetAdherenceRequest>,
    ) -> Result<Response<Adherence>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id).await?;
        let summary = self.summary(&program).await?;
        let plan = &summary.plan;
        let date =
            |field, text: &Option<String>| text.as_deref().map(|text| time::date(field, text)).transpose();
        let from = date("from", &call.message.from)?.unwrap_or(plan.start);
        let to = date("to", &call.message.to)?;
        if to.is_some_and(|to| from > to) {
            return Err(Error::invalid("from", "must not be after to").into());
        }
        let last = to.unwrap_or(program.today()).min(program.today()).min(plan.end);
        // the trend looks two weeks back, wherever the span begins
        let dates = plan.days(from.min(last - Days::new(13)), last);
        let days = shown(&program, summary.days(&dates));
        Ok(Response::new(encode::adherence(plan.program_id, &days, from, last)))
    }

    async fn get_dashboard(
        &self,
        request: Request<GetDashboardRequest>,
    ) -> Result<Response<Dashboard>, Status> {
        let call = call::user(request)?;
        let program = self.access.program(call.caller.id, call.message.program_id).await?;
        let summary = self.summary(&program).await?;
        let days = shown(&program, summary.so_far(program.today()));
        Ok(Response::new(encode::dashboard(&summary.plan, program.sight(), &days, program.today())))
    }

    async fn get_leaderboard(
        &self,
        request: Request<GetLeaderboardRequest>,
    ) -> Result<Response<Leaderboard>, Status> {
        let call = call::user(request)?;
        let places = leaderboard::rank(self.standings(call.caller.id).await?);
        Ok(Response::new(encode::leaderboard(places)))
    }

    type WatchProgramStream = Pin<Box<dyn Stream<Item = Result<ProgramEvent, Status>> + Send>>;

    async fn watch_program(
        &self,
        request: Request<WatchProgramRequest>,
    ) -> Result<Response<Self::WatchProgramStream>, Status> {
        let call = call::user(request)?;
        let WatchProgramRequest { program_id, after_event_id } = call.message;
        // a watcher's sight may not be older than that of one who only looks
        let program = self.access.program_now(call.caller.id, program_id).await?;
        let watched = self.watch.start(call.caller.id, program, after_event_id).await?;
        let events = ReceiverStream::new(watched).map(|told| Ok(encode::event(told?)));
        Ok(Response::new(Box::pin(events)))
    }

    async fn record_log(
        &self,
        request: Request<RecordLogRequest>,
    ) -> Result<Response<RecordLogResponse>, Status> {
        let entry = decode::entry(call::internal(request)?)?;
        let impact_basis_points = self.recording.record(entry).await?;
        Ok(Response::new(RecordLogResponse { impact_basis_points }))
    }

    async fn list_audit(
        &self,
        request: Request<ListAuditRequest>,
    ) -> Result<Response<ListAuditResponse>, Status> {
        let query = call::internal(request)?.query.unwrap_or_default();
        let lines = self.plans.store().db().audit_page(&query.try_into()?).await?;
        Ok(Response::new(ListAuditResponse {
            entries: lines.into_iter().map(|line| line.told_by("adherence")).collect(),
        }))
    }
}
