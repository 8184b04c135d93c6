//! The parts of the test suite, each a short list of steps.

use tokio::process::Command;

use crate::console;
use crate::fetch::{self, Fetched};
use crate::mutants;
use crate::older;
use crate::options::Part;
use crate::run::Run;
use crate::step::Kind;

/// End-to-end tests mostly wait for processes, so more of them run at once than there are cores.
const E2E_THREADS: &str = "--test-threads=6";

/// How long each fuzz test runs in a complete run.
const FUZZ_SECONDS: &str = "60";

/// Each browser takes a core while it starts.
const BROWSERS: &str = "--test-threads=2";

/// The parts of a complete run. What most often fails comes first.
const COMPLETE: [Part; 7] =
    [Part::Unit, Part::EndToEnd, Part::Console, Part::Deploy, Part::Faults, Part::Simulation, Part::Mutants];

/// Runs the part that was asked for.
pub async fn conduct(run: &mut Run) {
    match run.options.part {
        Part::All => {
            for part in COMPLETE {
                one(run, part).await;
            }
        }
        part => one(run, part).await,
    }
}

async fn one(run: &mut Run, part: Part) {
    run.begin(part);
    match part {
        Part::Quick => quick(run).await,
        Part::Unit => unit(run).await,
        Part::EndToEnd => end_to_end(run).await,
        Part::Console => console(run).await,
        Part::Deploy => deploy(run).await,
        Part::Simulation => simulation(run).await,
        Part::Mutants => mutants(run).await,
        Part::Faults => faults(run).await,
        Part::Bench => bench(run).await,
        // `conduct` has taken it apart.
        Part::All => {}
    }
}

async fn quick(run: &mut Run) {
    let format = run.cargo(&["fmt", "--all", "--check"]);
    run.step("formatting", Kind::Check, format).await;
    let clippy = run.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    run.step("lints", Kind::Check, clippy).await;
    unit(run).await;
    if run.step("building Swath", Kind::Build, build(run)).await {
        suite(run, "embedded", &["smoke".to_owned()], &[]).await;
    }
}

async fn unit(run: &mut Run) {
    if run.options.filters.is_empty() {
        console::check(run).await;
    }
    // The suites of the whole system run apart: they need a deployment and a binary.
    let apart = [
        "--exclude",
        "swath-e2e",
        "--exclude",
        "swath-deploy",
        "--exclude",
        CONSOLE,
        "--exclude",
        SIMULATION,
    ];
    let tests = [&["test", "--workspace"][..], &apart, &["--no-fail-fast"]].concat();
    let build = run.cargo(&[&tests[..], &["--no-run"]].concat());
    if run.step_and_servers("building the tests", Kind::Build, build).await {
        let filters = run.options.filters.clone();
        let mut command = run.cargo(&tests);
        // Most of them wait for a server, so more of them run than there are cores.
        command.arg("--").args(filters).env("RUST_TEST_THREADS", "4");
        if run.options.part == Part::All {
            command.env("SWATH_FUZZ_SECONDS", FUZZ_SECONDS);
        }
        run.step("unit tests", Kind::Tests, command).await;
    }
    run.stop_servers().await;
}

async fn end_to_end(run: &mut Run) {
    if !run.step_and_servers("building Swath", Kind::Build, build(run)).await {
        return;
    }
    match fetch::everything_and_sdk(&run.cache()).await {
        Ok(fetched) => both_shapes(run, &fetched).await,
        Err(error) => run.fail(&format!("cannot fetch what the tests need: {error:#}")),
    }
    run.stop_servers().await;
}

/// The console in a real browser, in both deployments; the distributed one is behind nginx.
async fn console(run: &mut Run) {
    let Some(tools) = console::tools(run).await else { return };
    if !run.step_and_servers("building Swath", Kind::Build, build(run)).await {
        return;
    }
    match fetch::everything(&run.cache()).await {
        Ok(fetched) => {
            for deployment in deployments(run) {
                let suite = ["test", "--workspace", "--exclude", SIMULATION, "--test", "console"];
                let mut tests = run.cargo(&[&suite[..], &["--", BROWSERS]].concat());
                tests
                    .args(run.options.filters.clone())
                    .env("SWATH_TEST_SHAPE", deployment)
                    .envs(fetched.clone());
                tests.envs([tools.clone()]).env("SWATH_TEST_NGINX", "1");
                run.step(&format!("console, {deployment}"), Kind::Tests, tests).await;
                run.look_for_panics(deployment);
            }
        }
        Err(error) => run.fail(&format!("cannot fetch what the tests need: {error:#}")),
    }
    run.stop_servers().await;
}

async fn both_shapes(run: &mut Run, fetched: &[Fetched]) {
    let filters = run.options.filters.clone();
    for deployment in deployments(run) {
        suite(run, deployment, &filters, fetched).await;
    }
}

/// The deployments that the user asked for.
fn deployments(run: &Run) -> Vec<&'static str> {
    let only = run.options.deployment.as_deref();
    ["embedded", "distributed"]
        .into_iter()
        .filter(|deployment| only.is_none_or(|only| only == *deployment))
        .collect()
}

/// What is shipped beside the program, read by the tools for which it is meant, in the distributed deployment.
async fn deploy(run: &mut Run) {
    let Some(older) = older::build(run).await else { return };
    if !run.step_and_servers("building Swath", Kind::Build, build(run)).await {
        return;
    }
    match fetch::everything(&run.cache()).await {
        Ok(fetched) => {
            let filters = run.options.filters.clone();
            let mut tests = run.cargo(&[
                "test",
                "--workspace",
                "--exclude",
                SIMULATION,
                "--test",
                "deploy",
                "--",
                E2E_THREADS,
            ]);
            tests.args(filters).env("SWATH_TEST_SHAPE", "distributed").envs(fetched);
            tests.env("SWATH_TEST_OLDER", older);
            run.step("deploy", Kind::Tests, tests).await;
            run.look_for_panics("deploy");
        }
        Err(error) => run.fail(&format!("cannot fetch what the tests need: {error:#}")),
    }
    run.stop_servers().await;
}

/// The tests of the console in a browser.
const CONSOLE: &str = "swath-console-tests";

/// Built with a profile of its own, because it is too slow otherwise.
const SIMULATION: &str = "swath-simulation";

/// The number of seeds of a complete run; each is played twice.
const SEEDS: &str = "20000";

/// The profile of the simulation and the mutants in `Cargo.toml`.
const PROFILE: &str = "simulation";

/// The number of expiries, crashes and doubled messages in the protocol's model.
const MODEL: [&str; 3] = ["2", "1", "2"];

/// The number of valid histories that a complete run alters, to test the checker.
const ALTERED: &str = "1000";

async fn simulation(run: &mut Run) {
    let mut played = run.cargo(&["run", "--profile", PROFILE, "--package", SIMULATION, "--", "--twice"]);
    if run.options.passed.is_empty() {
        played.args(["--seeds", SEEDS, "--spoiled", ALTERED, "--model"]).args(MODEL);
    }
    played.args(run.options.passed.clone());
    if run.options.part == Part::Simulation
        && let Some(file) = run.options.json.take()
    {
        played.arg("--json").arg(file);
    }
    run.step("simulation", Kind::Check, played).await;
}

/// Plants bugs in a copy of the sources, one at a time, for the simulation to find.
async fn mutants(run: &mut Run) {
    let tree = match mutants::planted_copy() {
        Ok(tree) => tree,
        Err(error) => return run.fail(&format!("the mutants cannot be planted: {error:#}")),
    };
    let mut played =
        run.cargo(&["run", "--profile", PROFILE, "--package", SIMULATION, "--features", "mutants", "--"]);
    // Both builds have the same dependencies, so they share one `target` folder.
    played.current_dir(tree.folder()).env("CARGO_TARGET_DIR", tree.builds());
    played.args(run.options.passed.clone());
    if run.options.part == Part::Mutants
        && let Some(file) = run.options.json.take()
    {
        played.arg("--json").arg(file);
    }
    run.step("mutants", Kind::Check, played).await;
}

/// Plays every fault once, or repeatedly for the given time. It starts servers of its own.
async fn faults(run: &mut Run) {
    if !run.step("building Swath", Kind::Build, build(run)).await {
        return;
    }
    let mut played = run.program("swath-faults");
    played.args(run.options.passed.clone());
    if let Some(deployment) = &run.options.deployment {
        played.args(["--shape", deployment]);
    }
    if run.options.part == Part::Faults {
        if let Some(file) = run.options.json.take() {
            played.arg("--json").arg(file);
        }
        played.args(run.options.filters.clone());
    }
    run.step("faults", Kind::Check, played).await;
    run.look_for_panics("faults");
}

/// Runs the benchmarks with the shipped build profile. They start servers of their own.
async fn bench(run: &mut Run) {
    let built = run.cargo(&["build", "--profile", "dist", "--package", "swath", "--package", BENCH]);
    if !run.step("building Swath and the bench", Kind::Build, built).await {
        return;
    }
    let mut measured = run.shipped(BENCH);
    measured.args(run.options.passed.clone()).args(run.options.filters.clone());
    if let Some(file) = run.options.json.take() {
        measured.arg("--json").arg(file);
    }
    run.step("bench", Kind::Check, measured).await;
}

const BENCH: &str = "swath-bench";

/// Always builds the whole workspace, so that no crate is built twice with different features.
fn build(run: &Run) -> Command {
    run.cargo(&["build", "--workspace", "--exclude", SIMULATION, "--bins", "--tests"])
}

async fn suite(run: &mut Run, deployment: &str, filters: &[String], fetched: &[Fetched]) {
    let mut tests =
        run.cargo(&["test", "--workspace", "--exclude", SIMULATION, "--test", "e2e", "--", E2E_THREADS]);
    tests.args(filters).env("SWATH_TEST_SHAPE", deployment).envs(fetched.iter().cloned());
    run.step(&format!("end to end, {deployment}"), Kind::Tests, tests).await;
    run.look_for_panics(deployment);
}
