//! Measures a load: the load warms up, a window is measured, and the checker checks the job.

use anyhow::Context;
use swath_api::jobs::JobView;
use swath_load::{CallStats, Kind, Plan, Run, Scene, SortedHistory, work};
use tokio::time::{Instant, sleep};

use crate::cost::Cost;
use crate::effort::Effort;

/// The measurements of a window.
#[derive(Debug)]
pub struct Window {
    /// Finished cycles per second.
    pub rate: f64,
    /// The calls in the window.
    pub calls: Vec<CallStats>,
    /// The length of the window, in seconds.
    pub seconds: f64,
    /// Processor time for each cycle in microseconds, by group of processes.
    pub cost: String,
    /// The same in total, without the load.
    pub server_micros: f64,
}

impl Window {
    /// The statistics of one kind of call.
    pub fn call(&self, kind: Kind) -> Option<&CallStats> {
        self.calls.iter().find(|stats| stats.call == kind)
    }

    /// For every kind of call: the rate, the median and the 99th percentile of the latency, and the number of
    /// refusals.
    pub fn summary(&self) -> String {
        let line = |stats: &CallStats| {
            let (rate, refused) = (self.per_second(stats.call), stats.refused);
            format!("{:?} {rate:.0}/s {:.1}/{:.1} ms, {refused} refused", stats.call, stats.p50, stats.p99)
        };
        self.calls.iter().map(line).collect::<Vec<_>>().join("; ")
    }

    /// Successful calls of a kind per second.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
    pub fn per_second(&self, kind: Kind) -> f64 {
        self.call(kind).map_or(0.0, |stats| stats.done as f64 / self.seconds)
    }
}

/// Counts the finished cycles of what is measured.
pub trait Over {
    /// The number of finished cycles.
    fn over(&self) -> impl Future<Output = anyhow::Result<u64>> + Send;
}

/// Runs a load and measures a window of it.
pub async fn watch(
    plan: &Plan,
    scene: &Scene,
    over: &impl Over,
    effort: Effort,
) -> anyhow::Result<(Window, SortedHistory)> {
    let run = Run::default();
    let mut silent = |_: &JobView| {};
    let work = work(plan, scene, &run, &mut silent);
    let look = async {
        let looked = look(&run, over, effort).await;
        run.over.cancel();
        looked
    };
    let (work, window) = tokio::join!(work, look);
    let lost = run.meter.lost();
    anyhow::ensure!(lost.is_empty(), "calls without an answer: {lost:?}");
    Ok((window?, work?.history))
}

async fn look(run: &Run, over: &impl Over, effort: Effort) -> anyhow::Result<Window> {
    sleep(effort.warm_up).await;
    run.meter.clear();
    let cost = Cost::now();
    let (began, first) = (Instant::now(), over.over().await?);
    sleep(effort.window).await;
    let calls = run.meter.stats();
    let (last, took) = (over.over().await?, began.elapsed());
    let cost = Cost::now().since(&cost);
    let cycles = last.checked_sub(first).context("the count went back")?;
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
    let cycles = cycles as f64;
    let seconds = took.as_secs_f64();
    let server_micros = cost.server() * 1e6 / cycles.max(1.0);
    Ok(Window { rate: cycles / seconds, calls, seconds, cost: cost.per(cycles), server_micros })
}
