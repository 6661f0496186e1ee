//! Photos: the link to upload one, and the links to look at one.

use backends::{Action, Once, Subject};
use chassis::{Error, call, time};
use proto::logging::v1 as wire;
use tonic::Request;
use uuid::Uuid;

use super::Logging;
use crate::clients::programs::Write;
use crate::domain::Scope;
use crate::domain::image::ImageStatus;
use crate::domain::image_key::ImageKey;
use crate::error;

impl Logging {
    /// The same request gets the same key, with a fresh signature: only the key is kept.
    pub(super) async fn upload(
        &self,
        request: Request<wire::CreateUploadRequest>,
    ) -> Result<wire::Upload, Error> {
        let call = call::user(request)?;
        let program = self.programs.authorize::<Write>(call.caller, call.message.program_id).await?;
        let db = self.store.db();
        let answer = match db
            .write_once(&call.key(), &call.actor(), Action::Upload, "Upload", program.scope().into())
            .await?
        {
            Once::Done { answer, .. } => answer,
            Once::New(tx) => {
                let image_key = new_key(program.scope(), &call.message.content_type)?;
                let answer = wire::Upload { image_key, ..wire::Upload::default() };
                let Scope { family_id, program_id } = program.scope();
                tx.commit_with(Subject::of_family(family_id, program_id), &answer).await?;
                answer
            }
        };
        self.signed(answer, &call.message).await
    }

    async fn signed(
        &self,
        upload: wire::Upload,
        of: &wire::CreateUploadRequest,
    ) -> Result<wire::Upload, Error> {
        let length = u64::try_from(of.content_length).map_err(Error::internal)?;
        let lifetime = self.config.link_lifetime;
        let link = self.objects.presign_put(&upload.image_key, &of.content_type, length, lifetime).await?;
        Ok(wire::Upload {
            upload_url: link.url,
            method: link.method,
            headers: link.headers.into_iter().collect(),
            expires_at: Some(time::timestamp(link.expires_at)),
            ..upload
        })
    }

    /// Only a photo that was checked and stripped is ever shown.
    pub(super) async fn link_to_image(
        &self,
        request: Request<wire::GetLogImageRequest>,
    ) -> Result<wire::LogImage, Error> {
        let call = call::user(request)?;
        let wire::GetLogImageRequest { log_id, program_id } = call.message;
        let (program, log, _) = self.look_up(call.caller, log_id, program_id).await?;
        let image = self.store.image(program.scope(), log.log_id).await?.ok_or(error::Error::NoPhoto)?;
        match (image.kept, image.status) {
            (true, _) => {}
            (false, ImageStatus::Pending) => return Err(error::Error::PhotoUnchecked.into()),
            (false, ImageStatus::Failed) => return Err(error::Error::PhotoRefused.into()),
            (false, ImageStatus::Completed) => return Err(error::Error::PhotoElsewhere.into()),
        }
        let lifetime = self.config.link_lifetime;
        let thumbnail = self.objects.presign_get(&image.key.thumbnail(), lifetime).await?;
        let link = self.objects.presign_get(&image.key.kept(), lifetime).await?;
        Ok(wire::LogImage {
            url: link.url,
            // the link that was signed first ends first
            expires_at: Some(time::timestamp(thumbnail.expires_at)),
            thumbnail_url: thumbnail.url,
        })
    }
}

fn new_key(scope: Scope, content_type: &str) -> Result<String, Error> {
    let key = ImageKey::new(scope, Uuid::new_v4(), content_type);
    let key =
        key.ok_or_else(|| Error::invalid("content_type", "must be image/jpeg, image/png or image/webp"))?;
    Ok(key.upload())
}
