use backends::schema;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        schema::run(manager, &["ALTER TABLE members ADD COLUMN importing_since TIMESTAMPTZ"]).await?;
        schema::directory_columns(manager, "members", &["importing_since"]).await
    }
}
