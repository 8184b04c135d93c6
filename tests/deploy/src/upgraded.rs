//! A rolling upgrade: an older release becomes this one, process by process, under load.

use std::path::PathBuf;
use std::time::Duration;

use swath_harness::process::migrate;
use swath_harness::{Settings, World, until};

use crate::load::start_load;
use crate::repeated::{self, Repeated};
use crate::{consistency, older_data};

const TIMEOUT: Duration = Duration::from_secs(120);
/// How long the load may take to finish its job.
const LOAD_TIMEOUT: Duration = Duration::from_secs(300);
/// The size of the job, and the options of the load.
const ITEMS: u64 = 3_000;
const LOAD_ARGUMENTS: &str =
    "--annotators 6 --reviewers 3 --range-size 2 --review 50 --think 0.08 --lease-seconds 10";
/// The version of the older release.
const OLDER: &str = "0.0.9";
/// The order in which an operator restarts the services.
const ROLES: [&str; 4] = ["coordinator", "review", "gateway", "metrics"];

#[tokio::test(flavor = "multi_thread")]
async fn an_older_release_becomes_this_one_under_load_and_no_promise_is_broken() {
    let older = PathBuf::from(std::env::var_os("SWATH_TEST_OLDER").expect("SWATH_TEST_OLDER"));
    let settings = Settings { program: Some(older), ..Settings::default() };
    let mut world = World::start(settings).await.unwrap();
    all_are(&world, OLDER).await;
    let older = older_data::make(&world).await;
    let repeated = Repeated::make(&world).await;
    // Enough work for the whole upgrade, and leases short enough that abandoned work does not delay the end.
    let words = format!("--items {ITEMS} {LOAD_ARGUMENTS}");
    let (mut load, _folder) = start_load(&world, &words);
    let mut decided = more_than(&world, 0).await;

    // The schema is migrated first, and the older processes work with it.
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

    // The load's checker compares what users were answered with what the new release returns.
    let ended = load.ended(LOAD_TIMEOUT).await.unwrap();
    assert!(ended.success(), "{}", load.output());
    all_are(&world, env!("CARGO_PKG_VERSION")).await;
    older.still_works(&world).await;
    repeated.get_their_first_answers().await;
    const UNDECIDED: &str = "SELECT count(*) FROM assignments WHERE status IN (0, 1, 2, 3)";
    let decided = || async {
        let rows = world.database().unwrap().read(UNDECIDED).await.unwrap();
        (rows[0][0] == "0").then_some(())
    };
    until("all work to be decided", TIMEOUT, decided).await.unwrap();
    consistency::is_consistent(world.database().unwrap(), ITEMS + older_data::ITEMS + repeated::ITEMS).await;
}

/// True if every process reports this version.
async fn all_are(world: &World, version: &str) {
    for service in world.services() {
        let text = reqwest::get(service.metrics_url()).await.unwrap().text().await.unwrap();
        let info = format!("swath_build_info{{version=\"{version}\"}} 1");
        assert!(text.contains(&info), "{} is not of version {version}", service.name());
    }
}

/// Waits until more submissions are decided, and returns their number.
async fn more_than(world: &World, before: u64) -> u64 {
    const DECIDED: &str = "SELECT count(*) FROM assignments WHERE status IN (4, 5)";
    let more = || async {
        let rows = world.database().unwrap().read(DECIDED).await.unwrap();
        let count: u64 = rows[0][0].parse().unwrap();
        (count >= before + 20).then_some(count)
    };
    until("more work to be decided", TIMEOUT, more).await.unwrap()
}
