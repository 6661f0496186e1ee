use sea_orm::entity::prelude::*;

/// The plan of a program. Whoever touches the program's scores holds this row's lock.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plans")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub family_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i64,
    pub member_id: i64,
    pub version: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub plan: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
