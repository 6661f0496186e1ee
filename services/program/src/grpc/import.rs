//! Programs as they were kept elsewhere.

use chassis::{Call, Error};
use proto::program::v1::{ImportProgramsRequest, ImportProgramsResponse};

use super::Service;
use crate::access::Action as May;
use crate::domain::import::Imported;

impl Service {
    pub(super) async fn import(
        &self,
        call: Call<ImportProgramsRequest>,
    ) -> Result<ImportProgramsResponse, Error> {
        let programs = Imported::read_all(&call.message.programs, self.planning.now())?;
        if call.message.validate_only {
            return Ok(ImportProgramsResponse::default());
        }
        let member = self.access.member(call.caller.id, call.message.member_id, May::Import).await?;
        self.planning.import(&call, member, programs).await
    }
}
