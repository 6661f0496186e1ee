use async_trait::async_trait;
use backends::schema::{self, Tenant};
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_admitted_photos"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        schema::run(manager, ADMITTED_PHOTOS).await?;
        schema::tenant_tables(manager, &[Tenant { table: "admitted_photos", directory: &[] }]).await
    }
}

const ADMITTED_PHOTOS: &[&str] = &["CREATE TABLE admitted_photos (
        family_id BIGINT NOT NULL, day DATE NOT NULL, photos BIGINT NOT NULL, PRIMARY KEY (family_id, day))"];
