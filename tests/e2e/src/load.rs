//! `swath load`: a load on an installation, and the checker's result.

use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::World;
use swath_harness::process::{Environment, swath};

const TIMEOUT: Duration = Duration::from_secs(120);

/// The report of a load on the shared world.
async fn loaded(arguments: &str) -> Value {
    let world = World::shared().await;
    let environment: Environment = [("SWATH_URL", world.origin()), ("SWATH_TOKEN", world.admin_token())]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let arguments: Vec<&str> = ["load", "--json"].into_iter().chain(arguments.split(' ')).collect();
    let command = swath(&arguments, &environment).unwrap();
    let output = tokio::process::Command::from(command).kill_on_drop(true).output();
    let output = tokio::time::timeout(TIMEOUT, output).await.expect("the load ends").unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    // Answers that do not match their documented type would be among the lost ones.
    assert_eq!(report["lost"], json!([]), "{report}");
    report
}

fn done(report: &Value, call: &str) -> u64 {
    let calls = report["calls"].as_array().into_iter().flatten();
    calls.filter(|row| row["call"] == call).filter_map(|row| row["done"].as_u64()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_hang_up_finish_a_job_and_every_promise_is_kept() {
    let report = loaded(
        "--annotators 8 --reviewers 2 --items 120 --range-size 5 --slots 2 --think 0.005 --hangs-up 10 --gives-up 0",
    )
    .await;
    assert_eq!(
        (&report["status"], &report["violations"]),
        (&Value::from("done"), &Value::from(0)),
        "{report}"
    );
    assert!(done(&report, "submit") >= 48 && done(&report, "decide") >= 48, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_loop_begins_as_often_as_it_is_told() {
    let report = loaded(
        "--annotators 8 --reviewers 0 --review none --items 100000 --range-size 1 --whole --rate 20 --seconds 3 --gives-up 0",
    )
    .await;
    assert_eq!(report["violations"], 0, "{report}");
    // Twenty are due in each second, the first at once. Users who wait when the time is over get none.
    let (leases, seconds) = (done(&report, "lease"), report["seconds"].as_f64().unwrap());
    assert!(leases >= 1 && leases as f64 <= 20.0 * seconds + 1.0, "{report}");
}
