use backends::{Action, Scope, Subject};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Adapter, ready, somebody};

mod sample {
    use chrono::{DateTime, NaiveDate, Utc};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "samples")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub at: DateTime<Utc>,
        pub date: NaiveDate,
        #[sea_orm(column_type = "JsonBinary")]
        pub document: Json,
        pub bytes: Vec<u8>,
        pub flag: bool,
        pub ratio: f64,
        pub small: i32,
        pub words: Option<String>,
        pub gone: Option<DateTime<Utc>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn sample(id: i64, at: &str) -> sample::Model {
    sample::Model {
        id,
        at: at.parse().unwrap(),
        date: NaiveDate::from_ymd_opt(2024, 2, 29).unwrap(),
        document: serde_json::json!({ "macros": { "protein_g": 0.1 }, "items": [1, null, "ß"] }),
        bytes: vec![0, 255, 10],
        flag: true,
        ratio: 0.1 + 0.2,
        small: -5,
        words: (id % 2 == 0).then(|| "DATE 'quoted'".to_owned()),
        gone: (id % 2 == 1).then(|| at.parse().unwrap()),
    }
}

async fn store(db: &backends::Database, samples: &[sample::Model]) {
    let tx = db.write(&somebody(), Action::Create, "Sample", Scope::Own).await.unwrap();
    for model in samples.iter().cloned() {
        let row = sample::ActiveModel {
            id: Set(model.id),
            at: Set(model.at),
            date: Set(model.date),
            document: Set(model.document),
            bytes: Set(model.bytes),
            flag: Set(model.flag),
            ratio: Set(model.ratio),
            small: Set(model.small),
            words: Set(model.words),
            gone: Set(model.gone),
        };
        sample::Entity::insert(row).exec_without_returning(tx.connection()).await.unwrap();
    }
    tx.commit(Subject::outside(1)).await.unwrap();
}

pub async fn round_trip(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let samples = [sample((1 << 53) - 1, "2026-03-01T12:00:00.123456Z"), sample(2, "1969-12-31T23:59:59Z")];
    store(&db, &samples).await;
    for want in samples {
        let found = sample::Entity::find_by_id(want.id)
            .one(db.read(Scope::Own).await.unwrap().connection())
            .await
            .unwrap();
        assert_eq!(found, Some(want));
    }
}

/// With and without a fraction, and over the turn of a year: where instants are text, text must sort as they do.
pub async fn instants_in_order(adapter: impl Adapter) {
    let db = ready(&adapter).await;
    let instants = [
        "2025-12-31T23:59:59.999999Z",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000001Z",
        "2026-01-01T00:00:00.001Z",
        "2026-01-01T00:00:00.001001Z",
        "2026-01-01T00:00:01Z",
    ];
    let samples: Vec<_> = (1..7_i32).zip(instants).rev().map(|(id, at)| sample(id.into(), at)).collect();
    store(&db, &samples).await;
    for (n, at) in (1_i64..).zip(instants) {
        let at: DateTime<Utc> = at.parse().unwrap();
        let later =
            sample::Entity::find().filter(sample::Column::At.gte(at)).order_by_asc(sample::Column::At);
        let ids: Vec<_> = later
            .all(db.read(Scope::Own).await.unwrap().connection())
            .await
            .unwrap()
            .iter()
            .map(|row| row.id)
            .collect();
        assert_eq!(ids, (n..=6).collect::<Vec<_>>());
    }
}
