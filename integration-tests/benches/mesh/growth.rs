//! Whether a mesh slows down as its tables fill: one with twenty thousand logs beside one with as many as it takes, in turns.

use std::time::Duration;

use hyper::StatusCode;

use crate::crowd::Crowd;
use crate::load::{self, Ask};
use crate::pairs::{Goal, Ratios};
use crate::stage::{Mesh, Stage};

const CLIENTS: usize = 16;
const TURN: Duration = Duration::from_secs(3);
/// How often the twenty thousand logs are copied, for other families.
const COPIES: [usize; 2] = [49, 499];
/// What grows with every log. Copies of a row are of another family, program and log.
const TABLES: [(&str, &[&str]); 3] = [
    ("logging.daily_logs", &["family_id", "program_id", "id"]),
    ("adherence.contributions", &["family_id", "program_id", "log_id"]),
    ("adherence.program_events", &["family_id", "program_id", "log_id"]),
];
/// Between the ids of two copies; ids themselves are below 2⁵³.
const STEP: u64 = 10_000_000_000_000_000;

/// Fills one of two meshes more and more, and compares them.
pub async fn measure(stage: &Stage) {
    println!("\nGrowth: p95 with many logs ÷ p95 with twenty thousand, c = {CLIENTS}");
    let (small, large) = (stage.one_process().await, stage.one_process().await);
    let (mut of_small, mut of_large) = (Crowd::of(&small).await, Crowd::of(&large).await);
    of_small.fill(&small).await;
    of_large.fill(&large).await;
    for table in TABLES {
        // what is copied is what is there now
        let keep = format!("CREATE TABLE public.{} AS TABLE {}", seed(table.0), table.0);
        stage.postgres.sql(&large.database, &keep).await;
    }
    let mut copied = 0;
    for copies in COPIES {
        for table in TABLES {
            copy(stage, &large, table, copied + 1, copies).await;
        }
        copied = copies;
        stage.postgres.sql(&large.database, "VACUUM ANALYZE").await;
        let logs = stage.postgres.sql(&large.database, "SELECT count(*) FROM logging.daily_logs").await;
        println!("  at {} logs", logs.trim());
        of_small.sign_in().await;
        of_large.sign_in().await;
        compare(
            "history",
            Goal::AtMost(1.8, 1.5),
            StatusCode::OK,
            (&small, &of_small),
            (&large, &of_large),
            |crowd, place| crowd.look(place, "history?limit=20"),
        )
        .await;
        compare(
            "POST",
            Goal::AtMost(1.4, 1.2),
            StatusCode::CREATED,
            (&small, &of_small),
            (&large, &of_large),
            Crowd::log,
        )
        .await;
        compare(
            "dashboard",
            Goal::AtMost(1.1, 1.05),
            StatusCode::OK,
            (&small, &of_small),
            (&large, &of_large),
            |crowd, place| crowd.look(place, "dashboard"),
        )
        .await;
    }
}

async fn compare(
    name: &str,
    goal: Goal,
    status: StatusCode,
    small: (&Mesh, &Crowd),
    large: (&Mesh, &Crowd),
    ask: impl Fn(&Crowd, usize) -> Ask,
) {
    let p95 = async |(mesh, crowd): (&Mesh, &Crowd)| {
        let ask = |client: usize, turn: usize| ask(crowd, client + turn * CLIENTS);
        load::run(mesh.address(), CLIENTS, TURN, status, ask).await.percentile(0.95)
    };
    Ratios::of(async || p95(large).await, async || p95(small).await).await.tell(name, goal);
}

/// Copies the rows of a table that were there at first, with other ids.
async fn copy(stage: &Stage, mesh: &Mesh, (table, ids): (&str, &[&str]), from: usize, to: usize) {
    let list = "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns
        WHERE table_schema || '.' || table_name";
    let columns = stage.postgres.sql(&mesh.database, &format!("{list} = '{table}'")).await;
    let columns: Vec<&str> = columns.trim().split(',').collect();
    let values = columns.iter().map(|column| match ids.contains(column) {
        true => format!("\"{column}\" + {STEP} * copy"),
        false => format!("\"{column}\""),
    });
    let names = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
    let insert = format!(
        "SET synchronous_commit = off; INSERT INTO {table} ({names}) SELECT {} FROM public.{}, generate_series({from}, {to}) AS copy",
        values.collect::<Vec<_>>().join(", "),
        seed(table)
    );
    stage.postgres.sql(&mesh.database, &insert).await;
}

fn seed(table: &str) -> String {
    table.replace('.', "_")
}
