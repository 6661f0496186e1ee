//! The months of `daily_logs`, which PostgreSQL keeps apart: each in a partition that is there before the first log of the month is.
//!
//! What happened in a month that nobody made falls into the default partition, from where it moves when the month is made.

use std::collections::{BTreeSet, HashSet};

use backends::{Database, DbResultExt, Scope};
use chassis::Error;
use chrono::{DateTime, Months, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};

/// How many months back: a program starts a year ago at most, and its logs a week before it.
const BACK: u32 = 13;

/// How many months ahead.
const AHEAD: u32 = 3;

/// What became of the partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitions {
    /// Those that were made now, oldest first.
    pub made: Vec<String>,
    /// How many revisions lie in no month's partition. There should be none.
    pub strays: i64,
}

/// What is missing of the partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPartitions {
    /// Those that should be there, oldest first.
    pub names: Vec<String>,
    /// How many revisions lie in no month's partition.
    pub strays: i64,
}

/// Looks for what is missing, and makes nothing.
pub async fn missing(db: &Database) -> Result<MissingPartitions, Error> {
    let there = existing(db).await?;
    let names =
        months(db.clock().now().date_naive()).map(name).filter(|name| !there.contains(name)).collect();
    Ok(MissingPartitions { names, strays: strays(db).await? })
}

/// Makes the partitions that are missing: those of the months around now, of others that are asked for, and of past ones whose
/// logs have strayed, since an import may bring what is older than all. A log of times to come has no business here and stays.
pub async fn make(db: &Database, others: BTreeSet<NaiveDate>) -> Result<Partitions, Error> {
    if db.backend() != DbBackend::Postgres {
        return Ok(Partitions { made: Vec::new(), strays: 0 });
    }
    let (there, now) = (existing(db).await?, db.clock().now());
    let mut wanted = others;
    wanted.extend(months(now.date_naive()));
    wanted.extend(strayed(db, now).await?);
    let missing: Vec<_> = wanted.into_iter().filter(|month| !there.contains(&name(*month))).collect();
    if !missing.is_empty() {
        let statements: Vec<_> = missing.iter().flat_map(|month| statements(*month)).collect();
        db.as_owner(async |owner| {
            for statement in &statements {
                owner.execute_unprepared(statement).await.stored()?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(Partitions { made: missing.into_iter().map(name).collect(), strays: strays(db).await? })
}

/// The first days of the months that have a partition.
pub async fn months_there(db: &Database) -> Result<Vec<NaiveDate>, Error> {
    let month = |name: &String| NaiveDate::parse_from_str(&format!("{name}_01"), "daily_logs_%Y_%m_%d").ok();
    Ok(existing(db).await?.iter().filter_map(month).collect())
}

async fn existing(db: &Database) -> Result<HashSet<String>, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        name: String,
    }
    let sql = "SELECT relname::text AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'daily_logs'::regclass";
    let reader = db.read(Scope::Own).await?;
    let ask = Row::find_by_statement(Statement::from_string(db.backend(), sql));
    Ok(ask.all(reader.connection()).await.stored()?.into_iter().map(|row| row.name).collect())
}

/// Of the default partition the directory sees when something happened, and nothing more.
async fn strays(db: &Database) -> Result<i64, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        count: i64,
    }
    let sql = "SELECT count(timestamp) AS count FROM daily_logs_default";
    let reader = db.read(Scope::Directory).await?;
    let row =
        Row::find_by_statement(Statement::from_string(db.backend(), sql)).one(reader.connection()).await;
    Ok(row.stored()?.map_or(0, |row| row.count))
}

/// The months of past logs that lie in no month's partition.
async fn strayed(db: &Database, now: DateTime<Utc>) -> Result<Vec<NaiveDate>, Error> {
    #[derive(FromQueryResult)]
    struct Row {
        month: NaiveDate,
    }
    let sql = "SELECT DISTINCT date_trunc('month', timestamp AT TIME ZONE 'UTC')::date AS month
        FROM daily_logs_default WHERE timestamp < $1";
    let reader = db.read(Scope::Directory).await?;
    let ask = Row::find_by_statement(Statement::from_sql_and_values(db.backend(), sql, [now.into()]));
    Ok(ask.all(reader.connection()).await.stored()?.into_iter().map(|row| row.month).collect())
}

fn months(today: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let first = today - Months::new(BACK);
    (0..=BACK + AHEAD).map(move |n| first_of(first + Months::new(n)))
}

fn first_of(date: NaiveDate) -> NaiveDate {
    chrono::Datelike::with_day(&date, 1).unwrap_or(date)
}

/// The name of a month's partition.
pub fn name(month: NaiveDate) -> String {
    month.format("daily_logs_%Y_%m").to_string()
}

/// The default partition may hold rows of the month, and then there can be no other for it; so they step aside.
fn statements(month: NaiveDate) -> [String; 5] {
    let bound = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc();
    let (from, until) = (bound(month), bound(month + Months::new(1)));
    let within = format!("timestamp >= '{}' AND timestamp < '{}'", text(from), text(until));
    let name = name(month);
    [
        format!(
            "CREATE TEMPORARY TABLE moving_{name} ON COMMIT DROP AS SELECT * FROM daily_logs_default WHERE {within}"
        ),
        format!("DELETE FROM daily_logs_default WHERE {within}"),
        format!(
            "CREATE TABLE IF NOT EXISTS {name} PARTITION OF daily_logs FOR VALUES FROM ('{}') TO ('{}')",
            text(from),
            text(until)
        ),
        format!("INSERT INTO {name} SELECT * FROM moving_{name}"),
        format!("DROP TABLE moving_{name}"),
    ]
}

fn text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn months_reach_from_the_oldest_log_of_a_new_program_to_three_ahead() {
        for (today, first, last) in [
            ("2026-03-31", "2025-02-01", "2026-06-01"),
            ("2026-03-01", "2025-02-01", "2026-06-01"),
            ("2024-02-29", "2023-01-01", "2024-05-01"),
            ("2026-10-31", "2025-09-01", "2027-01-01"),
        ] {
            let months: Vec<_> = months(day(today)).collect();
            assert_eq!((months[0], months[16]), (day(first), day(last)), "{today}");
            let follow = months.windows(2).all(|pair| pair[0] + Months::new(1) == pair[1]);
            assert!(follow && months.len() == 17, "{months:?}");
        }
    }

    #[test]
    fn a_partition_holds_its_month_to_the_last_moment() {
        let made = statements(day("2026-12-01"))[2].clone();
        let want = "CREATE TABLE IF NOT EXISTS daily_logs_2026_12 PARTITION OF daily_logs \
                    FOR VALUES FROM ('2026-12-01T00:00:00+00:00') TO ('2027-01-01T00:00:00+00:00')";
        assert_eq!(made, want);
    }
}
