//! The time from Enter to the next picture, compared with bare pages that save the same labels and show the same
//! pictures.

use serde_json::json;
use swath_browser::Browser;
use swath_harness::client::{Job, Lease};
use swath_harness::{User, until};

use super::pictures::SIZE;
use super::scene::{Scene, numbers};
use crate::effort::Effort;
use crate::table::{Row, Table, Target, median};

/// How many pictures a turn has, and how many turns there are.
const PICTURES_PER_TURN: usize = 50;
const TURNS: usize = 4;
/// The shortest time for which a picture is shown, in milliseconds.
const PACE_MS: u32 = 150;
/// How long the server may take to store the last labels.
const SAVE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// A page on which an annotator saves one picture after the other.
struct LabellingPage {
    browser: Browser,
    user: User,
    lease: Lease,
    times: Vec<f64>,
}

impl LabellingPage {
    async fn open(scene: &Scene<'_>, job: &Job, name: &str, page: &str) -> anyhow::Result<Self> {
        let user = scene.team.annotator(name).await;
        let lease = user.lease(job).await;
        let browser = scene.signed_in(&user).await?;
        browser.goto(&scene.url(page)).await;
        browser.see("main").await;
        Ok(Self { browser, user, lease, times: Vec::new() })
    }

    /// The measured times, and 1 if the server did not store a label for each Enter.
    async fn close(self) -> anyhow::Result<(Vec<f64>, u64)> {
        let expected = self.times.len();
        let saved = || async {
            let items = self.user.items(&self.lease).await;
            let saved = items.iter().filter(|item| item["revision"].as_u64() > Some(0)).count();
            (saved == expected).then_some(())
        };
        let missing = until("what was saved", SAVE_TIMEOUT, saved).await.is_err();
        self.browser.close().await;
        Ok((self.times, u64::from(missing)))
    }
}

pub async fn measure(table: &mut Table, effort: Effort, scene: &Scene<'_>) -> anyhow::Result<()> {
    let turns = if effort.times > 1 { TURNS } else { 1 };
    let range = turns * PICTURES_PER_TURN + 2;
    let job = scene.job(3 * range, range).await;
    let mut console = LabellingPage::open(scene, &job, "Anna", "/work").await?;
    let mut at_once = LabellingPage::open(scene, &job, "Ben", "/mine").await?;
    let mut waiting = LabellingPage::open(scene, &job, "Cleo", "/mine").await?;
    let (page, bare) = (include_str!("scripts/next.js"), include_str!("scripts/bare.js"));
    for _ in 0..turns {
        let arguments = vec![json!(PICTURES_PER_TURN), json!(PACE_MS), json!(SIZE.0)];
        console.times.extend(numbers(&console.browser, page, arguments).await?);
        for (bare_page, waits) in [(&mut at_once, false), (&mut waiting, true)] {
            let arguments = vec![json!(PICTURES_PER_TURN), json!(PACE_MS), json!(waits)];
            bare_page.times.extend(numbers(&bare_page.browser, bare, arguments).await?);
        }
    }
    let (times, missing) = console.close().await?;
    let (at_once, missing_at_once) = at_once.close().await?;
    let (waiting, missing_waiting) = waiting.close().await?;
    let violations = missing + missing_at_once + missing_waiting;
    add_rows(table, &times, violations, &at_once, &waiting);
    Ok(())
}

fn add_rows(table: &mut Table, times: &[f64], violations: u64, at_once: &[f64], waiting: &[f64]) {
    let bare =
        [("a bare page that swaps at once", at_once), ("a bare page that swaps once it is saved", waiting)];
    for (name, bare) in bare {
        let row = Row::of(format!("console: {name}"), "ms", bare).checked(violations);
        table.take(row.noting(format!("p95 {:.1} ms", p95(bare))));
    }
    for (name, bare) in [("one at once", at_once), ("one once saved", waiting)] {
        let row = Row::of(format!("console: Enter to next picture, beside {name}"), "ms", times);
        let row = row.beside("the bare page", median(times) / median(bare));
        table.take(row.wanted(Target::ShareAtMost(1.5)).checked(violations));
    }
    let row = Row::of("console: Enter to next picture, median", "ms", times);
    table.take(row.wanted(Target::AtMost(60.0)).checked(violations));
    let row = Row::of("console: Enter to next picture, p95", "ms", &[p95(times)]);
    table.take(row.wanted(Target::AtMost(150.0)).checked(violations));
}

/// The 95th percentile.
fn p95(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * 95 / 100).copied().unwrap_or_default()
}
