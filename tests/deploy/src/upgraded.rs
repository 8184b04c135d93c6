//! A rolling upgrade: an older release at work becomes this one, a process at a time, while people go on.

use std::path::PathBuf;
use std::time::Duration;

use swath_harness::children::Running;
use swath_harness::process::{Environment, migrate, swath};
use swath_harness::{Settings, World, until};

const DEADLINE: Duration = Duration::from_secs(120);
/// How long people may take to end their job.
const END: Duration = Duration::from_secs(300);
/// What `older.sh` calls the older release.
const OLDER: &str = "0.0.9";
/// In which order an operator starts the services anew.
const ROLES: [&str; 4] = ["coordinator", "review", "gateway", "metrics"];

#[tokio::test(flavor = "multi_thread")]
async fn an_older_release_becomes_this_one_under_load_and_no_promise_is_broken() {
    let older = PathBuf::from(std::env::var_os("SWATH_TEST_OLDER").expect("SWATH_TEST_OLDER"));
    let settings = Settings { program: Some(older), ..Settings::default() };
    let mut world = World::start(settings).await.unwrap();
    all_are(&world, OLDER).await;
    let (mut load, _folder) = put_load_on(&world);
    let mut decided = more_than(&world, 0).await;

    // The schema goes first, and the older processes work on it.
    migrate(world.services()[0].environment()).await.unwrap();
    decided = more_than(&world, decided).await;

    for role in ROLES {
        for place in 0..world.services().len() {
            if world.services()[place].name().starts_with(role) {
                let service = &mut world.services_mut()[place];
                assert!(service.terminate().await.unwrap().success(), "{}", service.log());
                service.runs(None);
                service.start().await.unwrap();
                decided = more_than(&world, decided).await;
            }
        }
    }

    // The load's checker compares what people remember with what the new release tells of it all.
    let ended = load.ended(END).await.unwrap();
    assert!(ended.success(), "{}", load.output());
    all_are(&world, env!("CARGO_PKG_VERSION")).await;
    let read = |statement: &'static str| async { world.database().unwrap().read(statement).await.unwrap() };
    let gaps = "SELECT a.id FROM assignments a LEFT JOIN decision_log l ON l.subject = a.id
                GROUP BY a.id, a.seq HAVING count(l.seq) <> a.seq OR max(l.seq) <> a.seq";
    assert_eq!(read(gaps).await, Vec::<Vec<String>>::new());
    let undecided =
        "SELECT sum(items_pending + items_in_progress + items_completed + items_in_review) FROM job_progress";
    assert_eq!(read(undecided).await, [["0"]]);
}

/// Whether every process says that it is of this version.
async fn all_are(world: &World, version: &str) {
    for service in world.services() {
        let text = reqwest::get(format!("{}/metrics", service.url())).await.unwrap().text().await.unwrap();
        let info = format!("swath_build_info{{version=\"{version}\"}} 1");
        assert!(text.contains(&info), "{} is not of version {version}", service.name());
    }
}

/// Waits until more submissions have been decided, and says how many.
async fn more_than(world: &World, before: u64) -> u64 {
    const DECIDED: &str = "SELECT count(*) FROM assignments WHERE status IN (4, 5)";
    let more = || async {
        let rows = world.database().unwrap().read(DECIDED).await.unwrap();
        let count: u64 = rows[0][0].parse().unwrap();
        (count >= before + 20).then_some(count)
    };
    until("more work to be decided", DEADLINE, more).await.unwrap()
}

/// People at work until their job is done, with a checker behind them.
fn put_load_on(world: &World) -> (Running, tempfile::TempDir) {
    let environment: Environment = [("SWATH_URL", world.origin()), ("SWATH_TOKEN", world.admin_token())]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    // Enough for the upgrade, and leases short enough for those who walk away not to hold up the end.
    let people = "load --annotators 6 --reviewers 3 --items 3000 --range-size 2 --review 50 --think 0.08 --lease-seconds 10";
    let mut command = swath(&people.split(' ').collect::<Vec<_>>(), &environment).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let load = Running::start("the load", &mut command, &folder.path().join("log")).unwrap();
    (load, folder)
}
