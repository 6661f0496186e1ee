//! What a person sends to be logged.

use chassis::{Error, time};
use chrono::{DateTime, Utc};
use proto::logging::v1::CreateLogRequest;
use proto::logging::v1::create_log_request;

use super::payload;
use crate::clients::programs::{AuthorizedProgram, Write};
use crate::domain::image_key::ImageKey;
use crate::domain::moment::Moment;
use crate::domain::payload::Payload;
use crate::domain::{Fault, Scope};
use crate::error;
use crate::journal::{Content, Entry};

/// Reads an entry: numbers, or the key of a photo in their place.
pub fn decode(
    request: CreateLogRequest,
    program: &AuthorizedProgram<Write>,
    now: DateTime<Utc>,
) -> Result<Entry, Error> {
    let said = request.timestamp.as_ref().map(|at| time::instant("timestamp", at)).transpose()?;
    let moment =
        Moment::of_log(said, now, program.start_date(), program.time_zone()).map_err(error::Error::from)?;
    let content = content(request.payload, request.image_key.as_deref(), program.scope())?;
    Ok(Entry { moment, content })
}

fn content(
    payload: Option<create_log_request::Payload>,
    image_key: Option<&str>,
    scope: Scope,
) -> Result<Content, Error> {
    let payload = payload.map(Payload::from);
    let Some(image_key) = image_key else {
        let payload = payload.ok_or_else(payload::missing)?;
        payload.check().map_err(error::Error::from)?;
        return Ok(Content::Payload(payload));
    };
    let refused = |message: &str| error::Error::from(Fault::new("image_key", message));
    match payload {
        None => {}
        Some(Payload::Nutrition(nutrition)) if nutrition.is_empty() => {}
        Some(Payload::Nutrition(_)) => {
            return Err(refused("must not come with a payload, which it stands for").into());
        }
        Some(_) => return Err(refused("must come with log_type NUTRITION").into()),
    }
    let key = ImageKey::parse(image_key, scope);
    Ok(Content::Photo(key.ok_or_else(|| refused("must be the image_key of an upload to this program"))?))
}
