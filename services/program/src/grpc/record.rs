//! What is told of programs for an export.

use chassis::{Error, page};
use chrono::{DateTime, Utc};
use proto::program::v1::{ListProgramRecordsRequest, ListProgramRecordsResponse, Pagination, ProgramRecord};

use super::{Service, encode};
use crate::domain::config::Config;

impl Service {
    pub(super) async fn records(
        &self,
        asked: ListProgramRecordsRequest,
    ) -> Result<ListProgramRecordsResponse, Error> {
        let ListProgramRecordsRequest { user_id, member_id, limit, cursor } = asked;
        let (member, domains) = self.access.seen(user_id, member_id).await?;
        let scope = format!("program_records:{user_id}:{member_id}");
        let after = page::decode::<(DateTime<Utc>, i64)>(&scope, &cursor)?;
        let (limit, today, members) = (page::limit(limit), member.today(), [member]);
        let (programs, has_more) = page::cut(self.store.programs(&members, after, limit + 1).await?, limit);
        let last = programs.last().filter(|_| has_more);
        let next_cursor = last.map(|program| page::encode(&scope, &(program.created_at, program.id)));
        let mut data = Vec::with_capacity(programs.len());
        for program in &programs {
            let configs = self.store.configs(program).await?.into_iter();
            let seen = configs.map(|config| Config { goals: config.goals.seen(domains), ..config });
            let pauses = self.store.pauses(program).await?;
            data.push(ProgramRecord {
                program: Some(encode::program(program, today)),
                pauses: pauses.iter().map(encode::pause).collect(),
                configs: seen.map(|config| encode::config(&config)).collect(),
            });
        }
        Ok(ListProgramRecordsResponse { data, pagination: Some(Pagination { next_cursor, has_more }) })
    }
}
