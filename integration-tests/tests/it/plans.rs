//! How PostgreSQL goes about every statement on `daily_logs` while the stories are told, as it says itself in its log: by an index,
//! and within the months that the statement is about. And that nothing is asked of scores in a way that takes longer the more programs
//! there are, or the square of a program's logs, which PostgreSQL may do where it knows little of the tables.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use servers::Postgres;

/// A program of 90 days, and the week before it, lie in so many months at most.
const MOST_MONTHS: usize = 5;

/// What the service says to the table, by how a statement begins and what it contains, the first that fits; a new kind belongs
/// here, with the number of months that it may look into.
const STATEMENTS: [(&str, &str, &str, usize); 8] = [
    ("add", "INSERT", "", 0),
    ("supersede", "UPDATE", "", 1),
    ("locate", r#"SELECT "daily_logs"."family_id", "daily_logs"."program_id" FROM"#, "", 1),
    ("lock", "SELECT", "FOR UPDATE", 1),
    ("history", "SELECT", "ORDER BY", MOST_MONTHS),
    ("current", "SELECT", r#"AND "daily_logs"."current""#, 1),
    ("revision", "SELECT", r#""daily_logs"."revision" ="#, 1),
    ("earlier", "SELECT", r#""daily_logs"."id" IN ("#, MOST_MONTHS),
];

/// Has the server write every plan to its log from now on. A sequential scan counts as the last resort there, so that one in a
/// plan means that no index would do, whatever the size of the table.
pub async fn tell(postgres: &Postgres) {
    let databases =
        postgres.sql("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'test_%'").await;
    for database in databases.lines() {
        let settings = [
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_format = 'json'",
            "enable_seqscan = off",
        ];
        let set = settings.map(|setting| format!("ALTER DATABASE {database} SET {setting};")).concat();
        // who is connected begins anew, with the settings
        let begin =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        postgres.sql("postgres", &format!("{set} {begin}")).await;
    }
}

/// Fails on a plan that reads a whole table or looks into months it has no business in, and when a kind of statement was not seen.
pub fn judge(log: &str) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for plan in plans(log) {
        let text = plan["Query Text"].as_str().expect("a statement");
        assert!(
            !joins_itself(&plan["Plan"], "contributions"),
            "contributions joined with themselves: {text}"
        );
        assert!(!by_date_alone(&plan["Plan"]), "everybody's days were read: {text}");
        let scans = scans(&plan["Plan"]);
        if scans.is_empty() && !(text.starts_with("INSERT") && text.contains(r#"INTO "daily_logs""#)) {
            continue;
        }
        if text.contains("daily_logs_default") {
            assert!(scans.iter().all(|(kind, _)| kind != "Seq Scan"), "{text}\n{scans:?}");
            continue;
        }
        let known =
            STATEMENTS.iter().find(|(_, begin, part, _)| text.starts_with(begin) && text.contains(part));
        let (name, _, _, most) =
            known.unwrap_or_else(|| panic!("a kind of statement that is not in the list: {text}"));
        let months: BTreeSet<&String> = scans.iter().map(|(_, table)| table).collect();
        // in order, or, where the planner knows little yet of what is new, by a bitmap that an index makes
        let by_index = |kind: &str| kind.starts_with("Index") || kind == "Bitmap Heap Scan";
        assert!(scans.iter().all(|(kind, _)| by_index(kind)), "{name}: {text}\n{scans:?}");
        assert!(months.len() <= *most, "{name} looks into {months:?}: {text}");
        assert!(
            months.iter().all(|month| !month.ends_with("default")),
            "{name} looks into the default partition"
        );
        *seen.entry(name).or_default() += 1;
    }
    println!("plans on daily_logs, each by an index and within its months: {seen:?}");
    for (name, ..) in STATEMENTS {
        assert!(seen.contains_key(name), "no story told {name}");
    }
}

/// The plans in a log, where each begins after its duration and goes on in lines that are indented.
fn plans(log: &str) -> impl Iterator<Item = Value> {
    log.split(" ms  plan:\n").skip(1).map(|rest| {
        let lines = rest.lines().take_while(|line| line.starts_with('\t'));
        serde_json::from_str(&lines.collect::<Vec<_>>().join("\n")).expect("a plan in JSON")
    })
}

/// How the plan reads from the table's partitions: the kinds of scans, and of what.
fn scans(node: &Value) -> Vec<(String, String)> {
    let (kind, table) = (node["Node Type"].as_str().unwrap_or_default(), node["Relation Name"].as_str());
    let own = table.filter(|table| kind.ends_with("Scan") && table.starts_with("daily_logs"));
    let deeper = below(node).flat_map(scans);
    own.map(|table| (kind.to_owned(), table.to_owned())).into_iter().chain(deeper).collect()
}

fn below(node: &Value) -> impl Iterator<Item = &Value> {
    node["Plans"].as_array().into_iter().flatten()
}

fn reads(node: &Value, table: &str) -> bool {
    node["Relation Name"] == table || below(node).any(|node| reads(node, table))
}

/// Whether a join has the same table on both sides. A subquery that is asked of each row is no join.
fn joins_itself(node: &Value, table: &str) -> bool {
    let sides = below(node).filter(|side| side["Parent Relationship"] != "SubPlan");
    let joined = node["Join Type"].is_string() && sides.filter(|side| reads(side, table)).count() > 1;
    joined || below(node).any(|node| joins_itself(node, table))
}

/// Whether days are looked for in everybody's scores. Who asks for a family's or a program's names it in the index.
fn by_date_alone(node: &Value) -> bool {
    let condition = node["Index Cond"].as_str().unwrap_or_default();
    let alone = node["Index Name"] == "adherence_metrics_pkey" && !condition.contains("family_id");
    alone || below(node).any(by_date_alone)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge_one(scans: &[(&str, &str)]) {
        let scans: Vec<_> =
            scans.iter().map(|(kind, table)| json!({"Node Type": kind, "Relation Name": table})).collect();
        let plan =
            json!({"Query Text": "UPDATE \"daily_logs\"", "Plan": {"Node Type": "Append", "Plans": scans}});
        let lines: String = format!("{plan:#}").lines().map(|line| format!("\t{line}\n")).collect();
        judge(&format!("LOG:  duration: 0.1 ms  plan:\n{lines}LOG:  something else\n"));
    }

    #[test]
    #[should_panic(expected = "Seq Scan")]
    fn a_sequential_scan_is_found() {
        judge_one(&[("Seq Scan", "daily_logs_2026_03")]);
    }

    #[test]
    #[should_panic(expected = "looks into")]
    fn a_second_month_is_found() {
        judge_one(&[("Index Scan", "daily_logs_2026_03"), ("Index Scan", "daily_logs_2026_04")]);
    }

    #[test]
    #[should_panic(expected = "default")]
    fn a_look_into_the_default_partition_is_found() {
        judge_one(&[("Index Scan", "daily_logs_default")]);
    }

    #[test]
    fn a_join_with_itself_is_found_and_a_subquery_is_none() {
        let scan = |way: &str| json!({"Relation Name": "contributions", "Parent Relationship": way});
        let join = |sides: [Value; 2]| json!({"Plans": [{"Join Type": "Anti", "Plans": sides}]});
        let function = json!({"Node Type": "Function Scan", "Parent Relationship": "Inner"});
        assert!(joins_itself(&join([scan("Outer"), json!({"Plans": [scan("Inner")]})]), "contributions"));
        assert!(!joins_itself(&join([scan("Outer"), function]), "contributions"));
        assert!(!joins_itself(
            &json!({"Relation Name": "contributions", "Plans": [scan("SubPlan")]}),
            "contributions"
        ));
    }

    #[test]
    fn days_that_are_looked_for_by_their_date_alone_are_found() {
        let by = |condition: &str| {
            let scan = json!({"Index Name": "adherence_metrics_pkey", "Index Cond": condition});
            by_date_alone(&json!({"Plans": [scan]}))
        };
        assert!(by("((date >= $3) AND (date <= $4))"));
        assert!(!by("((family_id = $1) AND (program_id = $2) AND (date >= $3))"));
        assert!(!by_date_alone(&json!({"Index Name": "plans_pkey", "Index Cond": "(date = $1)"})));
    }

    #[test]
    #[should_panic(expected = "no story told")]
    fn a_kind_that_was_not_seen_is_missed() {
        judge_one(&[("Index Scan", "daily_logs_2026_03")]);
    }
}
