//! Rows that a transaction adds when it commits, together with all others of their table.
//!
//! PostgreSQL takes the rows of a table as one array for each column, so that however many there are it is the same statement, which
//! it plans once; and it takes several tables by one statement, in one journey.

use sea_orm::sea_query::{Alias, ColumnType, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbErr, EntityName, EntityTrait, IdenStatic,
    Iterable, PrimaryKeyToColumn, QueryResult, Value,
};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;

/// How many rows one statement of SQLite adds: as many as leave it well below the parameters that it takes.
const OF_SQLITE: usize = 500;

/// What becomes of a row whose key is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// It is refused, and all others with it.
    Refuse,
    /// It takes the other's place.
    Replace,
    /// It is left out; the keys of those that are not are told.
    Skip,
}

/// Rows of one table.
pub struct Rows {
    table: &'static str,
    columns: Vec<Column>,
    key: Vec<&'static str>,
    conflict: Conflict,
    values: Vec<Vec<Value>>,
}

struct Column {
    name: &'static str,
    /// What PostgreSQL calls its type.
    kind: &'static str,
}

impl Rows {
    /// None yet, of the table of `A`.
    pub fn none<A: ActiveModelTrait>(conflict: Conflict) -> Result<Self, DbErr> {
        let column = |column: <A::Entity as EntityTrait>::Column| {
            Ok(Column { name: column.as_str(), kind: kind(column.def().get_column_type())? })
        };
        let key = <A::Entity as EntityTrait>::PrimaryKey::iter();
        Ok(Self {
            table: A::Entity::default().table_name(),
            columns: <A::Entity as EntityTrait>::Column::iter().map(column).collect::<Result<_, DbErr>>()?,
            key: key.map(|part| part.into_column().as_str()).collect(),
            conflict,
            values: Vec::new(),
        })
    }

    /// Whether rows of `A` belong to these.
    pub fn are_of<A: ActiveModelTrait>(&self, conflict: Conflict) -> bool {
        self.table == A::Entity::default().table_name() && self.conflict == conflict
    }

    /// Adds one, of which every column must be set.
    pub fn push<A: ActiveModelTrait>(&mut self, row: &A) -> Result<(), DbErr> {
        let value = |column: <A::Entity as EntityTrait>::Column| match row.get(column) {
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) => Ok(value),
            ActiveValue::NotSet => Err(DbErr::AttrNotSet(column.as_str().to_owned())),
        };
        self.values
            .push(<A::Entity as EntityTrait>::Column::iter().map(value).collect::<Result<_, DbErr>>()?);
        Ok(())
    }

    /// Adds them to SQLite.
    pub async fn add(self, connection: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        let mut told = Vec::new();
        for some in self.values.chunks(OF_SQLITE) {
            let mut insert = Query::insert();
            let columns = self.columns.iter().map(|column| Alias::new(column.name));
            insert.into_table(Alias::new(self.table)).columns(columns);
            for row in some {
                insert.values_panic(row.iter().cloned().map(Into::into));
            }
            if let Some(conflict) = self.on_conflict() {
                insert.on_conflict(conflict);
            }
            if self.conflict == Conflict::Skip {
                insert.returning(Query::returning().columns(self.key.iter().map(|name| Alias::new(*name))));
                told.extend(connection.query_all(&insert).await?);
            } else {
                connection.execute(&insert).await?;
            }
        }
        Ok(told)
    }

    fn on_conflict(&self) -> Option<OnConflict> {
        let mut conflict = OnConflict::columns(self.key.iter().map(|name| Alias::new(*name)));
        match self.conflict {
            Conflict::Refuse => return None,
            Conflict::Skip => conflict.do_nothing(),
            Conflict::Replace => conflict.update_columns(self.others().map(Alias::new)),
        };
        Some(conflict)
    }

    /// The columns beside the key.
    fn others(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| column.name).filter(|name| !self.key.contains(name))
    }

    /// What PostgreSQL is told, where `first` is the number of the first parameter.
    fn statement(&self, first: usize) -> String {
        let quoted = |name: &str| format!("\"{name}\"");
        let names: Vec<_> = self.columns.iter().map(|column| quoted(column.name)).collect();
        let arrays = self.columns.iter().zip(first..);
        let arrays: Vec<_> = arrays.map(|(column, n)| format!("${n}::{}[]", column.kind)).collect();
        let key: Vec<_> = self.key.iter().map(|name| quoted(name)).collect();
        let conflict = match self.conflict {
            Conflict::Refuse => String::new(),
            Conflict::Skip => format!(" ON CONFLICT DO NOTHING RETURNING {}", key.join(", ")),
            Conflict::Replace => {
                let set: Vec<_> =
                    self.others().map(|name| format!("\"{name}\" = EXCLUDED.\"{name}\"")).collect();
                format!(" ON CONFLICT ({}) DO UPDATE SET {}", key.join(", "), set.join(", "))
            }
        };
        let (table, names) = (self.table, names.join(", "));
        format!("INSERT INTO \"{table}\" ({names}) SELECT * FROM unnest({}){conflict}", arrays.join(", "))
    }

    fn bind(&self, arguments: &mut PgArguments) -> Result<(), DbErr> {
        for (place, column) in self.columns.iter().enumerate() {
            let values = self.values.iter().map(|row| &row[place]);
            bind(arguments, column.kind, values).map_err(|error| DbErr::Type(error.to_string()))?;
        }
        Ok(())
    }
}

/// What PostgreSQL is told to add rows of several tables at once: `WITH r0 AS (INSERT …), r1 AS (INSERT …) INSERT …`.
pub fn together(all: &[Rows]) -> String {
    let mut first = 1;
    let mut inserts: Vec<_> = Vec::with_capacity(all.len());
    for rows in all {
        inserts.push(rows.statement(first));
        first += rows.columns.len();
    }
    let Some(last) = inserts.pop() else { return String::new() };
    if inserts.is_empty() {
        return last;
    }
    let before: Vec<_> =
        inserts.iter().enumerate().map(|(place, insert)| format!("r{place} AS ({insert})")).collect();
    format!("WITH {} {last}", before.join(", "))
}

/// The parameters of [`together`].
pub fn arguments(all: &[Rows]) -> Result<PgArguments, DbErr> {
    let mut arguments = PgArguments::default();
    all.iter().try_for_each(|rows| rows.bind(&mut arguments))?;
    Ok(arguments)
}

/// What PostgreSQL calls a type, of those that migrations use.
fn kind(column: &ColumnType) -> Result<&'static str, DbErr> {
    Ok(match column {
        ColumnType::BigInteger => "bigint",
        ColumnType::Integer => "integer",
        ColumnType::SmallInteger => "smallint",
        ColumnType::Boolean => "boolean",
        ColumnType::String(_) | ColumnType::Text => "text",
        ColumnType::TimestampWithTimeZone => "timestamptz",
        ColumnType::Date => "date",
        ColumnType::Json | ColumnType::JsonBinary => "jsonb",
        ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => "bytea",
        _ => return Err(DbErr::Type("a column of a type that no table has".to_owned())),
    })
}

fn bind<'v>(
    arguments: &mut PgArguments,
    kind: &'static str,
    values: impl Iterator<Item = &'v Value>,
) -> Result<(), sqlx::error::BoxDynError> {
    /// All values of a column, of which each must be of the column's type.
    macro_rules! array {
        ($variant:ident) => {{
            let value = |value: &Value| match value {
                Value::$variant(value) => Ok(value.clone()),
                _ => Err("a value is not of its column's type"),
            };
            arguments.add(values.map(value).collect::<Result<Vec<_>, _>>()?)
        }};
    }
    match kind {
        "bigint" => array!(BigInt),
        "integer" => array!(Int),
        "smallint" => array!(SmallInt),
        "boolean" => array!(Bool),
        "text" => array!(String),
        "timestamptz" => array!(ChronoDateTimeUtc),
        "date" => array!(ChronoDate),
        "bytea" => array!(Bytes),
        _ => {
            let json = |value: &Value| match value {
                Value::Json(json) => Ok(json.as_deref().cloned()),
                _ => Err("a value is not of its column's type"),
            };
            arguments.add(values.map(json).collect::<Result<Vec<_>, _>>()?)
        }
    }
}
