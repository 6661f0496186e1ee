//! Photos that come all at once: how many are read in a second, and how long each takes from its log to its result.

use futures_util::stream::{self, StreamExt};
use integration_tests::photo;
use tokio::time::{Duration, Instant, sleep};

use crate::crowd::Crowd;
use crate::load::Took;
use crate::stage::{Mesh, Stage};

const PHOTOS: usize = 200;
/// How many are logged at once.
const AT_ONCE: usize = 16;
/// How long each photo took, from its log to the revision that says what is in it, in milliseconds.
const TIMES: &str = "SELECT 1000 * extract(epoch FROM read.recorded_at - logged.recorded_at)
    FROM logging.daily_logs logged JOIN logging.daily_logs read USING (family_id, program_id, timestamp, id)
    WHERE logged.revision = 1 AND read.revision = 2 AND logged.log_type = 'N'";
/// For how long to wait for all of them.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures a burst, by the times that the database keeps, so that nobody who asks again and again is in the way.
pub async fn measure(stage: &Stage, mesh: &Mesh, crowd: &Crowd) {
    println!("\nA burst of {PHOTOS} photos");
    let photos: Vec<Vec<u8>> = (0..PHOTOS as u32).map(|seed| photo::jpeg_of(1600, 1200, seed)).collect();
    let begun = Instant::now();
    stream::iter(photos)
        .enumerate()
        .for_each_concurrent(AT_ONCE, async |(place, photo)| {
            crowd.photo(place, photo).await;
        })
        .await;
    let logged = begun.elapsed();
    let times = async || -> Vec<Duration> {
        let told = stage.postgres.sql(&mesh.database, TIMES).await;
        told.lines()
            .filter_map(|line| line.trim().parse().ok())
            .map(|ms: f64| Duration::from_secs_f64(ms / 1000.0))
            .collect()
    };
    while times().await.len() < PHOTOS {
        assert!(begun.elapsed() < PATIENCE, "{} of {PHOTOS} were read", times().await.len());
        sleep(Duration::from_millis(100)).await;
    }
    let took = Took::of(times().await, begun.elapsed());
    println!(
        "  uploaded and logged in {:.1} s; {:.0} read a second, from log to result p50 {:.0} ms, p99 {:.0} ms",
        logged.as_secs_f64(),
        took.rate(),
        took.percentile(0.5),
        took.percentile(0.99)
    );
}
