//! A log's id carries the UTC month of its timestamp in the high bits, so that a log is found by its id in one partition.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

const SEQUENCE_BITS: u32 = 42;
const FIRST_YEAR: i32 = 2000;
/// Ids stay below 2^53, where JSON numbers are exact: 2 048 months, until August 2170.
const MONTHS: i64 = 1 << (53 - SEQUENCE_BITS);

/// Joins a month and a number of the sequence; `None` outside 2000-01 to 2170-08 or once the sequence is spent.
pub fn compose(timestamp: DateTime<Utc>, sequence: i64) -> Option<i64> {
    let month = i64::from(timestamp.year() - FIRST_YEAR) * 12 + i64::from(timestamp.month0());
    let fits = (0..MONTHS).contains(&month) && (1..1 << SEQUENCE_BITS).contains(&sequence);
    fits.then_some(month << SEQUENCE_BITS | sequence)
}

/// The first instant of the id's month and that of the next; `None` for what was never an id.
pub fn month(id: i64) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let month = id >> SEQUENCE_BITS;
    if id <= 0 || month >= MONTHS {
        return None;
    }
    Some((first_instant(month)?, first_instant(month + 1)?))
}

fn first_instant(month: i64) -> Option<DateTime<Utc>> {
    let year = FIRST_YEAR + i32::try_from(month / 12).ok()?;
    let day = NaiveDate::from_ymd_opt(year, u32::try_from(month % 12).ok()? + 1, 1)?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn an_id_leads_back_to_the_month_of_its_timestamp() {
        for (timestamp, from, until) in [
            ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z", "2000-02-01T00:00:00Z"),
            ("2026-11-30T23:59:59.999999Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2170-08-31T23:59:59Z", "2170-08-01T00:00:00Z", "2170-09-01T00:00:00Z"),
        ] {
            for sequence in [1, 77, (1 << 42) - 1] {
                let id = compose(at(timestamp), sequence).unwrap();
                assert!(id > 0 && id < 1 << 53, "{id}");
                assert_eq!(month(id), Some((at(from), at(until))), "{timestamp} {sequence}");
            }
        }
    }

    #[test]
    fn later_months_and_later_numbers_have_greater_ids() {
        let november = compose(at("2026-11-30T23:59:59Z"), (1 << 42) - 1).unwrap();
        let december = compose(at("2026-12-01T00:00:00Z"), 1).unwrap();
        assert!(november < december);
        assert!(december < compose(at("2026-12-01T00:00:00Z"), 2).unwrap());
    }

    #[test]
    fn what_does_not_fit_is_no_id() {
        assert_eq!(compose(at("1999-12-31T23:59:59Z"), 1), None);
        assert_eq!(compose(at("2170-09-01T00:00:00Z"), 1), None);
        assert_eq!(compose(at("2026-01-01T00:00:00Z"), 0), None);
        assert_eq!(compose(at("2026-01-01T00:00:00Z"), 1 << 42), None);
        for id in [0, -1, i64::MIN, 1 << 53, i64::MAX] {
            assert_eq!(month(id), None, "{id}");
        }
    }
}
