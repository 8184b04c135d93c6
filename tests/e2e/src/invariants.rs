//! The invariants of `docs/architecture.md`, checked from outside: from the export, the decision log, the API and, if
//! others may read it, the database.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use swath_harness::client::Job;
use swath_harness::{Team, World};

use crate::digits::Memory;

/// Everything that can be read about a job that is done.
pub struct Invariants {
    world: &'static World,
    job: Job,
    items: u64,
    progress: Value,
    assignments: Vec<Value>,
    log: Vec<Value>,
    accepted: Vec<Value>,
    stored: Vec<Value>,
}

impl Invariants {
    /// Reads the job.
    pub async fn of(world: &'static World, team: &Team, job: &Job, items: u64) -> Self {
        let all = job.path("/export?format=jsonl&items=all");
        Self {
            world,
            job: job.clone(),
            items,
            progress: team.look(job).await["progress"].clone(),
            assignments: team.assignments(job).await,
            log: team.log(job).await,
            accepted: team.export(job).await,
            stored: team.manager.get(&all).await.is(200).lines(),
        }
    }

    /// The accepted items, as exported.
    pub fn accepted(&self) -> impl Iterator<Item = &Value> {
        self.accepted.iter()
    }

    /// I1, I4, I6, I7 and I9 for a job that is done.
    pub fn hold(&self) {
        self.cover();
        self.once();
        self.rework();
        self.conserved();
        for (assignment, entries) in self.trails() {
            let status = replay(&entries);
            let standing = self.assignments.iter().find(|row| row["id"] == assignment);
            let standing = standing.unwrap_or_else(|| panic!("the log knows {assignment}, the API does not"));
            assert_eq!(standing["status"], status, "I7: {assignment}");
        }
    }

    /// I1: the ranges of the first round cover the selection exactly.
    fn cover(&self) {
        let first = self.assignments.iter().filter(|row| row["round"] == 1);
        let mut ranges: Vec<(u64, u64)> = first.flat_map(ranges_of).collect();
        ranges.sort_unstable();
        let mut next = 0;
        for (start, end) in ranges {
            assert_eq!(start, next, "I1: a gap or an overlap at {start}");
            next = end;
        }
        assert_eq!(next, self.items, "I1");
    }

    /// I4: every item has exactly one accepted annotation, or was skipped.
    fn once(&self) {
        let mut seen = BTreeSet::new();
        for line in &self.accepted {
            let index = line["index"].as_u64().unwrap_or_else(|| panic!("{line}"));
            assert!(seen.insert(index), "I4: item {index} is accepted twice");
        }
        let skipped = self.progress["skipped"].as_u64().unwrap_or_default();
        assert_eq!(seen.len() as u64 + skipped, self.items, "I4");
    }

    /// I6: each rejected submission has exactly one rework of the next round, and nothing else has any.
    fn rework(&self) {
        for row in &self.assignments {
            let children = self.assignments.iter().filter(|child| child["parent"] == row["id"]);
            let children: Vec<_> = children.collect();
            let expected = usize::from(row["status"] == "REJECTED");
            assert_eq!(children.len(), expected, "I6: {row}");
            for child in children {
                assert_eq!(child["round"].as_u64(), row["round"].as_u64().map(|round| round + 1), "I6");
                assert_eq!(child["number"], row["number"], "I6");
            }
        }
    }

    /// I9: the states add up to all items, and a job that is done has no undecided ones.
    fn conserved(&self) {
        let count = |state: &str| self.progress[state].as_u64().unwrap_or_default();
        let states = ["pending", "in_progress", "completed", "in_review", "accepted", "skipped", "cancelled"];
        assert_eq!(states.iter().map(|state| count(state)).sum::<u64>(), self.items, "I9: {}", self.progress);
        assert_eq!(count("accepted") + count("skipped"), self.items, "I9: {}", self.progress);
    }

    /// The log, by assignment.
    fn trails(&self) -> BTreeMap<String, Vec<&Value>> {
        let mut trails: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for entry in &self.log {
            if let Some(assignment) = entry["assignment"].as_str() {
                trails.entry(assignment.to_owned()).or_default().push(entry);
            }
        }
        assert!(!trails.is_empty(), "I7: an empty log");
        trails
    }

    /// I2, I3 and I6, compared with what the users did.
    pub fn hold_for(&self, memory: &Memory) {
        self.kept(memory);
        for (assignment, rejected) in &memory.rejected {
            let child = self.assignments.iter().find(|row| row["parent"] == assignment.as_str());
            let again: BTreeSet<u64> =
                child.into_iter().flat_map(ranges_of).flat_map(|(start, end)| start..end).collect();
            assert_eq!(&again, rejected, "I6: of {assignment}");
        }
        let granted = self.log.iter().filter(|entry| entry["action"] == "grant");
        for entry in granted {
            let lease = entry["lease_id"].as_str().unwrap_or_else(|| panic!("I2: {entry}"));
            let holder = memory.leases.get(lease).unwrap_or_else(|| panic!("I2: nobody knows {entry}"));
            assert_eq!(entry["actor"], holder.as_str(), "I2");
        }
    }

    /// I3: every acknowledged item is stored under its assignment, author and number.
    fn kept(&self, memory: &Memory) {
        let stored: BTreeMap<(String, String, u64), &Value> =
            self.stored.iter().filter_map(stored_key).collect();
        for (key, annotation) in &memory.confirmed {
            let found = stored.get(key).unwrap_or_else(|| panic!("I3: {key:?} was confirmed and is gone"));
            assert_eq!(found["annotation"]["tags"], annotation["tags"], "I3: {key:?}");
        }
    }

    /// The same from the rows, if the deployment has a database that others may read.
    pub async fn hold_in_the_database(&self) {
        let Some(database) = self.world.database() else { return };
        for (broken, statement) in rows::VIOLATIONS {
            let statement = statement.replace("$job", &format!("'{}'", self.job.id));
            let found = database.read(&statement).await.unwrap();
            assert!(found.is_empty(), "{broken}: {found:?}");
        }
        let accepted = format!("SELECT count(*) FROM accepted WHERE job = '{}'", self.job.id);
        assert_eq!(database.read(&accepted).await.unwrap(), [[self.items.to_string()]], "I4");
    }
}

fn stored_key(line: &Value) -> Option<((String, String, u64), &Value)> {
    let text = |key: &str| line[key].as_str().map(str::to_owned);
    Some(((text("assignment")?, text("author")?, line["index"].as_u64()?), line))
}

fn ranges_of(row: &Value) -> Vec<(u64, u64)> {
    let ranges = row["ranges"].as_array().into_iter().flatten();
    ranges.filter_map(|range| Some((range["start"].as_u64()?, range["end"].as_u64()?))).collect()
}

/// Replays the log of one assignment: every entry must start where the last one ended.
fn replay(entries: &[&Value]) -> String {
    let mut status = "PENDING".to_owned();
    let (mut fence, mut holder, mut seq) = (0, None, 0);
    for entry in entries {
        seq += 1;
        assert_eq!(entry["seq"].as_i64(), Some(seq), "I7: a gap before {entry}");
        assert_eq!(entry["from"], status.as_str(), "I7: {entry}");
        entry["to"].as_str().unwrap_or_default().clone_into(&mut status);
        let now = entry["fence"].as_i64().unwrap_or(fence);
        match entry["action"].as_str().unwrap_or_default() {
            "grant" | "claim" => {
                assert_eq!(now, fence + 1, "I2: {entry}");
                holder = entry["actor"].as_str();
            }
            "submit" | "decide" | "revive" => assert_eq!(entry["actor"].as_str(), holder, "I2: {entry}"),
            _ => assert_eq!(now, fence, "I2: {entry}"),
        }
        fence = now;
    }
    status
}
