//! One fault under a load of its own: the load warms up, the fault is caused, lasts and is mended, all calls succeed
//! again, and the checker checks the job.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use swath_api::jobs::JobView;
use swath_client::Client;
use swath_load::{Boxes, Kind, Plan, Run};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::report::Row;
use crate::watch::Watch;

/// How long the load may take to start, and to recover after a fault.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a load that must finish its job may take.
const FINISH_TIMEOUT: Duration = Duration::from_secs(150);
/// How often a condition is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// What must hold while the fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must {
    /// Nothing, but all calls must succeed again afterwards.
    Recover,
    /// Every kind of call succeeds, and none is left without an answer.
    GoOn,
    /// The whole job is finished.
    Finish,
    /// No user loses a lease, and no call is given up.
    KeepLeases,
}

/// A load on an installation during a fault.
pub struct Trial {
    name: String,
    deployment: &'static str,
    must: Must,
    run: Run,
    watch: Watch,
    load: JoinHandle<anyhow::Result<swath_load::Report>>,
    before: u64,
    /// The number of expired leases.
    expired: Arc<AtomicI64>,
    found: Vec<String>,
}

/// The plan of all trials.
pub fn plan(seed: u64, must: Must) -> Plan {
    let gives_up = if must == Must::Recover { 3.0 } else { 0.0 };
    Plan {
        annotators: 16,
        reviewers: 4,
        items: if must == Must::Finish { 400 } else { 200_000 },
        range_size: 5,
        lease_seconds: if must == Must::KeepLeases { 600 } else { 8 },
        reserve_seconds: 2,
        drive: swath_load::Drive::Think(0.02),
        task: Arc::new(Boxes { rejects_percent: 10.0 }),
        gives_up,
        hangs_up: 0.5,
        repeat_for: RECOVERY_TIMEOUT,
        seed,
        ..Plan::default()
    }
}

impl Trial {
    /// Starts the load and waits until every kind of call has succeeded.
    ///
    /// # Errors
    /// When the load does not start.
    pub async fn begin(
        name: &str,
        deployment: &'static str,
        client: &Client,
        plan: Plan,
        must: Must,
    ) -> anyhow::Result<Self> {
        let run = Run::default();
        let watch = Watch::over(run.meter.clone());
        let start = Instant::now();
        let (client, under) = (client.clone(), run.clone());
        let expired = Arc::new(AtomicI64::new(0));
        let seen = expired.clone();
        let look = move |job: &JobView| {
            let expiries = job.summary.counts.as_ref().map_or(0, |counts| counts.expiries);
            seen.store(expiries, Ordering::Release);
        };
        let mut load = tokio::spawn(async move { swath_load::run(&client, &plan, &under, look).await });
        while watch.all_since(start).is_none() {
            ensure!(start.elapsed() < RECOVERY_TIMEOUT, "the load does not start");
            if load.is_finished() {
                (&mut load).await?.context("the load ended before all kinds of calls succeeded")?;
            }
            sleep(POLL_INTERVAL).await;
        }
        watch.begin();
        let before = run.meter.total();
        Ok(Self {
            name: name.to_owned(),
            deployment,
            must,
            run,
            watch,
            load,
            before,
            expired,
            found: Vec::new(),
        })
    }

    /// The number of calls that succeeded so far.
    pub fn operations(&self) -> u64 {
        self.run.meter.total()
    }

    /// Waits while the fault lasts: for the given time, or until the required condition holds.
    pub async fn hold(&mut self, lasts: Duration) {
        let injected = Instant::now();
        sleep(lasts / 2).await;
        // Calls from before the fault do not count: work that begins under the fault must continue.
        let settled = Instant::now();
        sleep(lasts / 2).await;
        match self.must {
            Must::GoOn => {
                while self.watch.all_since(settled).is_none() {
                    if injected.elapsed() > RECOVERY_TIMEOUT {
                        self.found.push("the work stopped while the fault lasted".to_owned());
                        return;
                    }
                    sleep(POLL_INTERVAL).await;
                }
            }
            Must::Finish => {
                let end = injected + FINISH_TIMEOUT;
                while !self.load.is_finished() {
                    if Instant::now() > end {
                        self.found.push("the job was not finished while the fault lasted".to_owned());
                        return;
                    }
                    sleep(POLL_INTERVAL).await;
                }
            }
            Must::Recover | Must::KeepLeases => {}
        }
    }

    /// After the fault is mended: waits until all calls succeed again, ends the load, and runs the checker.
    ///
    /// # Errors
    /// When the load itself fails.
    pub async fn end(mut self) -> anyhow::Result<Row> {
        let mended = Instant::now();
        let mut recovered = Duration::ZERO;
        while !self.load.is_finished() {
            if let Some(at) = self.watch.all_since(mended) {
                recovered = at - mended;
                break;
            }
            if mended.elapsed() > RECOVERY_TIMEOUT {
                self.found.push(format!(
                    "not all kinds of calls succeed again after {} s",
                    RECOVERY_TIMEOUT.as_secs()
                ));
                recovered = RECOVERY_TIMEOUT;
                break;
            }
            sleep(POLL_INTERVAL).await;
        }
        let (operations, silence) = (self.run.meter.total() - self.before, self.watch.longest_silence());
        self.run.over.cancel();
        let report = timeout(FINISH_TIMEOUT, self.load).await.context("the load does not end")???;
        let mut found = self.found;
        judge(self.must, &report, &self.run, &mut found);
        let expired = self.expired.load(Ordering::Acquire);
        if self.must == Must::KeepLeases && expired > 0 {
            found.push(format!("{expired} leases of active users expired"));
        }
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Ok(Row {
            fault: self.name,
            deployment: self.deployment,
            operations,
            unavailable_ms: if self.must == Must::Finish { 0 } else { millis(silence) },
            recovered_ms: millis(recovered),
            violations: report.violations.unwrap_or(1) + found.len() as u64,
            found: found.into_iter().chain(report.found).collect(),
        })
    }
}

fn judge(must: Must, report: &swath_load::Report, run: &Run, found: &mut Vec<String>) {
    if run.meter.given_up() > 0 {
        found.push(format!("{} calls were given up, repeated as the documents say", run.meter.given_up()));
    }
    if must == Must::Finish && report.status != "done" {
        found.push(format!("the job is {}", report.status));
    }
    let of = |kind: Kind| report.calls.iter().find(|row| row.call == kind);
    let calls = report.calls.iter();
    if matches!(must, Must::GoOn | Must::Finish) {
        let unanswered = calls.filter(|row| row.unknown > row.hung_up);
        found.extend(unanswered.map(|row| {
            format!("{} of {:?} had no answer: {:?}", row.unknown - row.hung_up, row.call, report.lost)
        }));
    } else if must == Must::KeepLeases {
        for kind in [Kind::Confirm, Kind::Submit, Kind::Decide] {
            let refused = of(kind).map_or(0, |row| row.refused);
            if refused > 0 {
                found.push(format!("{refused} of {kind:?} were refused: a lease was lost"));
            }
        }
    }
}
