//! The result of the demo, in numbers that can be checked against each other.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use swath_api::assignments::AssignmentView;
use swath_api::logs::EntryView;
use swath_domain::Range;
use swath_domain::labels::Annotation;
use tokio::time::Instant;

use super::demo_server::DemoServer;
use super::digit_task::claimed;
use super::digits::{Digit, index_of};
use super::users::DemoUsers;
use crate::cli::export::save;
use crate::cli::output::line;

/// The result of a demo.
#[derive(Serialize)]
pub struct Summary {
    items: usize,
    accepted: usize,
    agree: usize,
    #[serde(skip)]
    ranges: usize,
    #[serde(skip)]
    reworks: usize,
    leases: usize,
    expiries: usize,
    rejects: i64,
    rounds: i64,
    seconds: f64,
    export: PathBuf,
}

impl Summary {
    /// Exports the job, compares it with the dataset's own answers, and counts events of the log.
    pub async fn take(users: &DemoUsers, server: &DemoServer, began: Instant) -> anyhow::Result<Self> {
        let (client, job) = (&users.scene.manager, users.scene.job);
        let seconds = (began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        let export = server.export();
        let format = [("format", "jsonl".to_owned())];
        save(client, &format!("/v1/jobs/{job}/export"), &format, &export)
            .await
            .context("the export failed")?;
        let answers = Answers::of(&export, &server.digits)?;
        let cuts = Cuts::of(users).await?;
        let mut actions: HashMap<String, usize> = HashMap::new();
        let count = |entry: EntryView| *actions.entry(entry.action).or_default() += 1;
        client.lines(&format!("/v1/jobs/{job}/log"), &[], count).await.context("the log broke off")?;
        let done = |action: &str| actions.get(action).copied().unwrap_or(0);
        Ok(Self {
            items: server.digits.len(),
            accepted: answers.accepted,
            agree: answers.agree,
            ranges: cuts.ranges,
            reworks: cuts.reworks,
            leases: done("grant"),
            expiries: done("expire"),
            rejects: cuts.rejects,
            rounds: cuts.rounds,
            seconds,
            export,
        })
    }

    /// Prints the result to standard output.
    pub fn print(&self, json: bool) -> anyhow::Result<()> {
        let text = if json { serde_json::to_string(self)? } else { self.text() };
        Ok(line(&text)?)
    }

    fn text(&self) -> String {
        let Self {
            items,
            accepted,
            agree,
            ranges,
            reworks,
            leases,
            expiries,
            rejects,
            rounds,
            seconds,
            export,
        } = self;
        format!(
            "\n  ranges     {ranges}, and {reworks} for rework\n  \
               leases     {leases}\n  \
               expiries   {expiries}\n  \
               rejects    {rejects} items\n  \
               rounds     {rounds}\n  \
               seconds    {seconds:.1}\n  \
               accepted   {accepted} of {items} items\n  \
               agree      {agree} of {accepted} with the dataset's own answers\n  \
               export     {}",
            export.display()
        )
    }

    /// Fails unless everything was accepted (half of it if the user is to continue the job) and all of it is right.
    pub fn check(&self, stops_half: bool) -> anyhow::Result<()> {
        let wanted = if stops_half { self.items / 2 } else { self.items };
        if self.agree != self.accepted || self.accepted < wanted {
            bail!(
                "of {} items {} were accepted and {} agree with the answers",
                self.items,
                self.accepted,
                self.agree
            );
        }
        Ok(())
    }
}

/// The comparison of the export with the answers.
#[derive(Default)]
struct Answers {
    accepted: usize,
    agree: usize,
}

impl Answers {
    fn of(export: &Path, digits: &[Digit]) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Line {
            index: u64,
            uri: String,
            annotation: Annotation,
        }
        let mut answers = Self::default();
        let mut seen = HashSet::new();
        for text in std::io::BufReader::new(std::fs::File::open(export)?).lines() {
            let line: Line =
                serde_json::from_str(&text?).context("a line of the export is not as promised")?;
            ensure!(seen.insert(line.index), "item {} was accepted twice", line.index);
            let answer = index_of(&line.uri).and_then(|index| digits.get(index)).map(|digit| digit.value);
            answers.accepted += 1;
            answers.agree += usize::from(answer.is_some() && claimed(&line.annotation) == answer);
        }
        Ok(answers)
    }
}

/// The ranges and reworks of the job.
#[derive(Default)]
struct Cuts {
    ranges: usize,
    reworks: usize,
    rejects: i64,
    rounds: i64,
}

impl Cuts {
    async fn of(users: &DemoUsers) -> anyhow::Result<Self> {
        let path = format!("/v1/jobs/{}/assignments", users.scene.job);
        let (mut cuts, mut after) = (Self::default(), None);
        loop {
            let page = users.scene.manager.page::<AssignmentView>(&path, &[], after.as_deref()).await?;
            page.items.iter().for_each(|assignment| cuts.add(assignment));
            match page.next {
                Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                _ => return Ok(cuts),
            }
        }
    }

    /// A rework holds exactly the items that were rejected, so its size is their number.
    fn add(&mut self, assignment: &AssignmentView) {
        self.rounds = self.rounds.max(assignment.round);
        if assignment.round == 1 {
            self.ranges += 1;
        } else {
            self.reworks += 1;
            self.rejects += assignment.ranges.iter().map(Range::len).sum::<i64>();
        }
    }
}
