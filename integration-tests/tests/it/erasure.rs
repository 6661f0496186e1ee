//! What is erased for good is nowhere any more, though the erasing was broken off at any moment; and what is not, is still there.

use std::path::Path;
use std::time::Duration;

use integration_tests::api::{Api, PASSWORD, id};
use integration_tests::fleet::Fleet;
use integration_tests::photo;
use integration_tests::process::{Process, binary};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::json;
use tokio::process::Command;

/// At how many random moments the erasing is killed.
const CRASHES: usize = 30;
/// What is planted with everybody who goes, and with the one who stays.
const GONE: &str = "quokka-that-goes";
const STAYS: &str = "wombat-that-stays";

/// Somebody with a family, and the ids of it.
struct Person {
    api: Api,
    user: i64,
    member: i64,
    program: i64,
}

impl Person {
    /// Plants a text wherever a text can be planted, and a photo.
    async fn planting(url: &str, text: &str, n: usize) -> Self {
        let api = Api::nobody(url);
        let email = format!("{text}-{n}@example.org");
        let account = json!({"email": email, "password": PASSWORD, "full_name": format!("{text} the user")});
        let api = api.clone().holding(&api.post("/api/v1/auth/register", account).await.expect(201));
        let user = id(&api.get("/api/v1/users/me").await.expect(200));
        let member =
            json!({"name": format!("{text} the member"), "birth_date": "1950-01-01", "relation_type": text});
        let member = id(&api.post("/api/v1/members", member).await.expect(201));
        let program = json!({"member_id": member, "title": format!("{text} the program")});
        let program = id(&api.post("/api/v1/programs", program).await.expect(201));
        api.post("/api/v1/family/managers", json!({"email": format!("{text}-invited-{n}@example.org")}))
            .await
            .expect(201);
        for _ in 0..2 {
            let meal = json!({"calories": 100, "items": [{"name": format!("{text} the meal")}]});
            let log = json!({"program_id": program, "log_type": "NUTRITION", "payload": meal});
            api.post("/api/v1/logs", log).await.expect(201);
        }
        api.log_photo(program, photo::jpeg(n as u32)).await;
        Self { api, user, member, program }
    }

    /// Waits until the photo is read.
    async fn settled(&self) {
        let read = async {
            while self.api.whole_history(self.program).await.iter().any(|log| log["status"] == "PROCESSING") {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), read).await.expect("the photo is read");
    }

    /// Where its photos are.
    fn photos(&self, folder: &Path) -> usize {
        let end = format!("programs/{}", self.program);
        files(folder).iter().filter(|file| file.to_string_lossy().contains(&end)).count()
    }
}

/// The job, in the folder of a mesh that is stopped.
fn job(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(binary());
    command.args(["job", name, "--data-dir"]).arg(folder).kill_on_drop(true);
    command
}

async fn done(mut command: Command) -> String {
    done_with(&mut command).await
}

async fn done_with(command: &mut Command) -> String {
    let output = command.output().await.expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs `erasure.py`.
async fn python(command: &str, folder: &Path, more: &[String]) -> String {
    let mut python = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/bin/python"));
    python
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/clients/erasure.py"))
        .arg(command)
        .arg(folder)
        .args(more);
    done(python).await
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The files in whose bytes a text stands.
fn telling(folder: &Path, text: &str) -> Vec<String> {
    let tells = |file: &std::path::PathBuf| {
        let bytes = std::fs::read(file).expect("a file");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    files(folder).iter().filter(|file| tells(file)).map(|file| file.display().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_is_nowhere_though_the_erasing_was_killed_thirty_times() {
    let folder = tempfile::tempdir().expect("a folder");
    let (folder, seed) = (folder.path(), rand::random());
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mesh = Process::up(folder).await;
    let stays = Person::planting(&mesh.url, STAYS, 0).await;
    let mut gone = Vec::new();
    for n in 0..CRASHES {
        gone.push(Person::planting(&mesh.url, GONE, n).await);
    }
    for person in gone.iter().chain([&stays]) {
        person.settled().await;
    }
    assert!(mesh.terminate().await);
    python("old", folder, &[]).await;
    println!("{}", done(job("archive", folder)).await);
    assert!(telling(folder, GONE).len() >= 4, "it stands in several databases");
    assert_eq!(python("found", folder, &[GONE.into()]).await.trim(), format!("{CRASHES} {}", CRASHES + 1));
    assert!(gone[0].photos(folder) > 0);

    for person in &gone {
        let ids = [person.user, person.member, person.program].map(|id| id.to_string());
        python("due", folder, &ids).await;
        let mut purge = job("purge", folder).stdout(std::process::Stdio::null()).spawn().expect("it runs");
        tokio::time::sleep(Duration::from_millis(random.random_range(50..900))).await;
        purge.kill().await.expect("it can be killed");
    }
    println!("{}", done(job("purge", folder)).await);
    // and once more, when nothing that was under way can be so any longer
    python("settled", folder, &[]).await;
    println!("{}", done(job("purge", folder)).await);
    assert_eq!(telling(folder, GONE), [""; 0], "it stands nowhere");
    assert_eq!(python("found", folder, &[GONE.into()]).await.trim(), "0 1");
    assert_eq!(gone.iter().map(|person| person.photos(folder)).sum::<usize>(), 0);

    let mesh = Process::up(folder).await;
    let mut api = stays.api.clone();
    api.url.clone_from(&mesh.url);
    assert_eq!(
        api.whole_history(stays.program).await.len(),
        2,
        "one of the three is in the archive, before the program"
    );
    assert!(stays.photos(folder) > 0);
    let login = json!({"email": format!("{GONE}-0@example.org"), "password": PASSWORD, "restore": true});
    Api::nobody(&mesh.url).post("/api/v1/auth/login", login).await.expect(401);
    assert!(mesh.terminate().await);
}

/// Every text in every table, and how often it stands there.
const SEARCH: &str = r"CREATE FUNCTION pg_temp.search(wanted text) RETURNS TABLE (place text, times bigint) LANGUAGE plpgsql AS $$
    DECLARE c record; BEGIN
        FOR c IN SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
            WHERE table_schema IN ('identity', 'family', 'program', 'adherence', 'ai_inference', 'logging') LOOP
            RETURN QUERY EXECUTE format('SELECT %L, count(*) FROM %I.%I WHERE %s LIKE %L HAVING count(*) > 0',
                c.table_name || '.' || c.column_name, c.table_schema, c.table_name,
                CASE c.data_type WHEN 'bytea' THEN format('encode(%I, ''escape'')', c.column_name)
                ELSE format('%I::text', c.column_name) END, '%' || wanted || '%');
        END LOOP; END $$;
    SELECT place, sum(times) FROM pg_temp.search('{text}') GROUP BY place ORDER BY place";

#[tokio::test(flavor = "multi_thread")]
async fn on_servers_what_somebody_wants_erased_is_gone_after_the_next_run() {
    let mut fleet = Fleet::start().await;
    let url = fleet.url();
    let stays = Person::planting(&url, STAYS, 0).await;
    let user = Person::planting(&url, "quokka-user", 1).await;
    let member = Person::planting(&url, "quokka-member", 2).await;
    let program = Person::planting(&url, "quokka-program", 3).await;
    for person in [&stays, &user, &member, &program] {
        person.settled().await;
    }
    let search = async |text: &str| {
        let found = fleet.sql(&SEARCH.replace("{text}", text)).await;
        found.lines().filter(|line| line.contains('|')).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = search(STAYS).await;
    assert!(before.len() > 8, "it stands in many places: {before:?}");
    for (person, path) in [
        (&program, format!("/api/v1/programs/{}?erase=true", program.program)),
        (&member, format!("/api/v1/members/{}?erase=true", member.member)),
        (&user, "/api/v1/users/me?erase=true".to_owned()),
    ] {
        person.api.send(Method::DELETE, &path, None, None).await.expect(204);
    }
    // there is no way back, though nothing has gone yet
    let restore = format!("/api/v1/members/{}/restore", member.member);
    member.api.post(&restore, json!({})).await.expect(403);
    program.api.post(&format!("/api/v1/programs/{}/restore", program.program), json!({})).await.expect(403);

    let purge = async || {
        let mut purge = job("purge", fleet.folder());
        done_with(fleet.environment.apply(&mut purge)).await
    };
    // two at once do no harm
    let (one, other) = tokio::join!(purge(), purge());
    println!("{one}{other}");
    assert_eq!(search("quokka-user").await, [""; 0]);
    // whose member alone is gone has an account and an invitation that waits, with the answer to it
    let account = ["invitations.email|1", "users.email|1", "users.full_name|1"];
    assert_eq!(search("quokka-member").await, [&["idempotency.answer|1"], &account[..]].concat());
    let member_too = ["members.name|1", "members.relation_type|1"];
    let left = [&["idempotency.answer|2"], &account[..1], &member_too, &account[1..]].concat();
    assert_eq!(search("quokka-program").await, left);
    assert_eq!(search(STAYS).await, before, "nobody else is touched");
    for person in [&user, &member, &program] {
        assert_eq!(person.photos(fleet.folder()), 0);
    }
    assert!(stays.photos(fleet.folder()) > 0);
    assert!(fleet.stop().await, "every process ended well");
}
