use backends::{DbResultExt, Tx, db_error, is_unique_violation};
use chassis::Error;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::entity::spent_id_tokens::{ActiveModel, Column, Entity};
use super::sessions::IdToken;
use crate::error;

/// Notes that an ID token has been used, so that whoever comes by it later finds it worthless; refused when it has been already.
/// Those that nobody would believe any more are let go of.
pub async fn spend(tx: &Tx, token: IdToken, now: DateTime<Utc>) -> Result<(), Error> {
    Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(tx.connection()).await.stored()?;
    let row = ActiveModel { hash: Set(token.hash), expires_at: Set(token.expires_at) };
    match Entity::insert(row).exec_without_returning(tx.connection()).await {
        Err(error) if is_unique_violation(&error) => Err(error::bad_id_token()),
        inserted => inserted.map(drop).map_err(|error| db_error(&error)),
    }
}
