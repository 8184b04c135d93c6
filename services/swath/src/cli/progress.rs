//! The progress of a job: a live bar on a terminal, otherwise a plain line every second.

use std::fmt;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use swath_domain::progress::ItemStates;
use tokio::time::Instant;

const LINE_PACE: Duration = Duration::from_secs(1);
const BAR_PACE: Duration = Duration::from_millis(250);

/// How the items of a job are shown; each item counts once per opinion asked for.
#[derive(Debug, Clone, Copy)]
pub struct Progress(pub ItemStates);

impl Progress {
    fn decided(&self) -> u64 {
        count(self.0.total() - self.0.undecided())
    }

    /// True if at least half of the items are decided.
    pub fn is_half_decided(&self) -> bool {
        2 * self.decided() >= self.total()
    }

    fn total(&self) -> u64 {
        count(self.0.total())
    }
}

fn count(items: i64) -> u64 {
    u64::try_from(items).unwrap_or(0)
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ItemStates { pending, in_progress, completed, in_review, accepted, skipped, cancelled } = &self.0;
        write!(
            f,
            "{accepted} accepted, {in_review} in review, {completed} completed, {in_progress} in progress, {pending} pending"
        )?;
        if *skipped > 0 {
            write!(f, ", {skipped} skipped")?;
        }
        if *cancelled > 0 {
            write!(f, ", {cancelled} cancelled")?;
        }
        Ok(())
    }
}

/// Shows progress on standard error.
pub struct Meter {
    bar: ProgressBar,
    last_line: Option<Instant>,
}

impl Meter {
    /// A meter that has not shown anything.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{elapsed:>4} [{wide_bar}] {pos}/{len}\n     {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Self { bar, last_line: None }
    }

    /// Shows the progress. Without a terminal, at most one line per second is printed.
    pub fn show(&mut self, progress: &Progress) {
        self.bar.set_length(progress.total());
        self.bar.set_position(progress.decided());
        self.bar.set_message(progress.to_string());
        if self.bar.is_hidden() && self.last_line.is_none_or(|last| last.elapsed() >= LINE_PACE) {
            self.last_line = Some(Instant::now());
            eprintln!("{}/{}: {progress}", progress.decided(), progress.total());
        }
    }

    /// How long to wait before the next poll.
    pub fn pace(&self) -> Duration {
        if self.bar.is_hidden() { LINE_PACE } else { BAR_PACE }
    }

    /// Keeps the last progress on the screen.
    pub fn end(&self) {
        self.bar.abandon();
    }
}
