//! A copy of all that is kept about a member.

use chassis::{Error, call};
use proto::google::api::HttpBody;
use proto::logging::v1 as wire;
use tokio::sync::mpsc::Receiver;
use tonic::{Request, Status};

use super::Logging;

impl Logging {
    pub(super) async fn export(
        &self,
        request: Request<wire::ExportMemberRequest>,
    ) -> Result<Receiver<Result<HttpBody, Status>>, Error> {
        let call = call::user(request)?;
        self.exporter.begin(call.caller, call.message.member_id, call.message.format()).await
    }
}
