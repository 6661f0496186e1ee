//! A program's history, newest first.

use chassis::{Error, call, page};
use chrono::DateTime;
use proto::logging::v1 as wire;
use tonic::Request;

use super::{Logging, log};
use crate::clients::programs::{AuthorizedProgram, Read};
use crate::domain::moment;
use crate::domain::payload::LogType;
use crate::store::{After, History};

impl Logging {
    pub(super) async fn history(
        &self,
        request: Request<wire::ListHistoryRequest>,
    ) -> Result<wire::ListHistoryResponse, Error> {
        let call = call::user(request)?;
        let asked = call.message;
        let program = self.programs.authorize::<Read>(call.caller, asked.program_id).await?;
        let log_types = log_types(asked.log_type(), &program)?;
        let query = format!("history:{}:{}:{}", call.caller.id, asked.program_id, asked.log_type);
        let limit = page::limit(asked.limit);
        let history = History {
            scope: program.scope(),
            span: moment::span(program.start_date(), self.clock.now()),
            log_types,
            after: after(&query, &asked.cursor)?,
            limit: limit + 1,
        };
        let (logs, has_more) = page::cut(self.store.history(&history).await?, limit);
        let place =
            |last: &crate::domain::log::Revision| (last.moment.timestamp.timestamp_micros(), last.log_id);
        let next_cursor = logs.last().filter(|_| has_more).map(|last| page::encode(&query, &place(last)));
        let meals = logs.iter().filter(|log| log.payload.log_type() == LogType::Nutrition);
        let meals: Vec<i64> = meals.map(|log| log.log_id).collect();
        let mut images = self.store.images(program.scope(), &meals).await?;
        let data = logs.into_iter().map(|log| {
            let image = images.remove(&log.log_id);
            log::encode(log, image)
        });
        Ok(wire::ListHistoryResponse {
            data: data.collect(),
            pagination: Some(wire::Pagination { next_cursor, has_more }),
        })
    }
}

fn log_types(asked: wire::LogType, program: &AuthorizedProgram<Read>) -> Result<Vec<LogType>, Error> {
    let kind = match asked {
        wire::LogType::Unspecified => return Ok(program.log_types().to_vec()),
        wire::LogType::Nutrition => LogType::Nutrition,
        wire::LogType::Workout => LogType::Workout,
        wire::LogType::Checkin => LogType::Checkin,
    };
    program.reach(kind).map(|()| vec![kind])
}

fn after(query: &str, cursor: &str) -> Result<Option<After>, Error> {
    let Some((micros, log_id)) = page::decode::<(i64, i64)>(query, cursor)? else { return Ok(None) };
    let timestamp = DateTime::from_timestamp_micros(micros);
    let timestamp =
        timestamp.ok_or_else(|| Error::invalid("cursor", "must be the next_cursor of the last page"))?;
    Ok(Some(After { timestamp, log_id }))
}
