use chassis::Error;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::entity::inbox;
use super::{Database, Scope, Tx};
use crate::error::DbResultExt;
use crate::queue::Message;

impl Database {
    /// Opens the transaction in which `consumer` handles a message; none when it has handled it before. The message counts as
    /// handled when the transaction commits.
    pub async fn consume(
        &self,
        consumer: &'static str,
        message: &Message,
        scope: Scope,
    ) -> Result<Option<Tx>, Error> {
        let tx = self.open(scope).await?;
        let row = inbox::ActiveModel {
            consumer: Set(consumer.to_owned()),
            message_id: Set(message.id.to_string()),
            handled_at: Set(self.clock().now()),
        };
        let once =
            OnConflict::columns([inbox::Column::Consumer, inbox::Column::MessageId]).do_nothing().to_owned();
        let inserted =
            inbox::Entity::insert(row).on_conflict(once).exec_without_returning(tx.connection()).await;
        Ok((inserted.stored()? > 0).then_some(tx))
    }
}
