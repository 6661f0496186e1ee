use sea_orm::sea_query::{ArrayType, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, Value};

/// That some columns of a row are, together, one of some keys. However many keys there are, PostgreSQL gets the same statement, which
/// it plans once.
pub fn among<C: ColumnTrait, const N: usize>(
    connection: &impl ConnectionTrait,
    columns: [C; N],
    keys: &[[i64; N]],
) -> Expr {
    let names = columns.map(|column| format!("\"{}\".\"{}\"", column.entity_name(), column.as_str()));
    let names = names.join(", ");
    if connection.get_database_backend() != DbBackend::Postgres {
        let rows: Vec<_> =
            keys.iter().map(|key| format!("({})", key.map(|id| id.to_string()).join(", "))).collect();
        // an empty list would have no columns
        return match rows.is_empty() {
            true => Expr::cust("FALSE"),
            false => Expr::cust(format!("({names}) IN (VALUES {})", rows.join(", "))),
        };
    }
    let arrays: Vec<_> = (1..=N).map(|place| format!("${place}::bigint[]")).collect();
    let column = |place: usize| keys.iter().map(|key| Value::from(key[place])).collect::<Vec<_>>();
    let values = (0..N).map(|place| Value::Array(ArrayType::BigInt, Some(Box::new(column(place)))));
    Expr::cust_with_values(format!("({names}) IN (SELECT * FROM unnest({}))", arrays.join(", ")), values)
}
