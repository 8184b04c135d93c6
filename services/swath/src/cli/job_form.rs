//! A new job, from flags or a file to the API's request.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::Value;
use swath_api::jobs::{NewJobRequest, ReviewPart, RuleName, Selection};
use swath_domain::job::Priority;
use swath_domain::labels::{Class, LabelLimits, TagDefinition};
use swath_domain::review::ReasonCode;
use swath_domain::{DatasetId, Range, TeamId, Time, UserId};

/// The users to whom a job is restricted. An empty list restricts nothing.
pub struct People {
    /// Who may annotate.
    pub annotators: Vec<UserId>,
    /// Who may review.
    pub reviewers: Vec<UserId>,
}

/// What `swath job create` takes: a file or flags.
#[derive(Args)]
pub struct JobForm {
    /// A file that holds the whole job as the API takes it, instead of all other flags
    #[arg(long, value_name = "JSON", conflicts_with = "JobFlags")]
    file: Option<PathBuf>,
    #[command(flatten)]
    flags: JobFlags,
}

#[derive(Args)]
struct JobFlags {
    /// The team, by id or name; not needed with only one
    #[arg(long)]
    team: Option<String>,
    /// The dataset to label, by id or name
    #[arg(long, required_unless_present = "file")]
    dataset: Option<String>,
    /// The job's title
    #[arg(long, required_unless_present = "file")]
    title: Option<String>,
    /// A class and its shape: rectangle, polygon, polyline, point or any (repeatable)
    #[arg(long = "class", id = "classes", value_name = "NAME:SHAPE", value_parser = class, required_unless_present = "file")]
    classes: Vec<Class>,
    /// A tag, and the values that it may have (repeatable)
    #[arg(long = "tag", id = "tags", value_name = "NAME[=A,B…]", value_parser = tag)]
    tags: Vec<TagDefinition>,
    /// The most figures on one item
    #[arg(long, value_name = "N")]
    max_figures: Option<u32>,
    /// The most tags on one item
    #[arg(long, value_name = "N")]
    max_tags: Option<u32>,
    /// What the job is about, in Markdown
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Short instructions that come with every range
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
    /// Only items with this label (repeatable)
    #[arg(long = "label", id = "labels", value_name = "LABEL")]
    labels: Vec<String>,
    /// Only these items, the end exclusive (repeatable)
    #[arg(long = "range", id = "ranges", value_name = "START-END", value_parser = range)]
    ranges: Vec<Range>,
    /// At most this many items
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    limit: Option<i64>,
    /// Items per range
    #[arg(long, value_name = "N")]
    range_size: Option<u32>,
    /// What is reviewed: all, none, or a share such as sample:20 (percent)
    #[arg(long, value_name = "RULE", value_parser = review)]
    review: Option<ReviewPart>,
    /// A reason for rejecting items, by its code and what people read (repeatable); reviewers name no others
    #[arg(long = "reason", id = "reasons", value_name = "CODE=TITLE", value_parser = reason)]
    reasons: Vec<ReasonCode>,
    /// A field of the items' `meta` that is shown to the people who work on them; may be repeated
    #[arg(long = "show-meta", value_name = "FIELD")]
    shown_meta: Vec<String>,
    /// How urgent it is: low, normal, high or release_blocker
    #[arg(long, value_name = "CLASS", value_parser = word::<Priority>)]
    priority: Option<Priority>,
    /// When it is due, as 2030-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = due)]
    due: Option<Time>,
    /// The number of opinions on each range, each by another user
    #[arg(long, value_name = "N")]
    slots: Option<u32>,
    /// The last round that is handed out without a manager
    #[arg(long, value_name = "N")]
    rounds: Option<u32>,
    /// How long rework waits for its author, in seconds
    #[arg(long, value_name = "SECONDS")]
    reserve_seconds: Option<u32>,
    /// How long a lease lasts without a renewal, in seconds
    #[arg(long, value_name = "SECONDS")]
    lease_seconds: Option<u32>,
    /// Only these people annotate, by id or name (repeatable)
    #[arg(long = "annotator", id = "annotators", value_name = "USER")]
    annotators: Vec<String>,
    /// Only these people review, by id or name (repeatable)
    #[arg(long = "reviewer", id = "reviewers", value_name = "USER")]
    reviewers: Vec<String>,
}

impl JobForm {
    /// The team's id or name.
    pub fn team(&self) -> Option<&str> {
        self.flags.team.as_deref()
    }

    /// The dataset's id or name.
    pub fn dataset(&self) -> Option<&str> {
        self.flags.dataset.as_deref()
    }

    /// The users who may annotate, by id or name.
    pub fn annotators(&self) -> &[String] {
        &self.flags.annotators
    }

    /// The users who may review, by id or name.
    pub fn reviewers(&self) -> &[String] {
        &self.flags.reviewers
    }

    /// The request's body. What is absent is left to the server's defaults.
    pub fn body(
        &self,
        team: Option<TeamId>,
        dataset: Option<DatasetId>,
        people: People,
    ) -> anyhow::Result<Value> {
        match &self.file {
            Some(file) => read(file),
            None => {
                let dataset = dataset.context("--dataset is needed")?;
                Ok(serde_json::to_value(self.flags.request(team, dataset, people)?)?)
            }
        }
    }
}

impl JobFlags {
    fn request(
        &self,
        team: Option<TeamId>,
        dataset: DatasetId,
        people: People,
    ) -> anyhow::Result<NewJobRequest> {
        Ok(NewJobRequest {
            team,
            dataset,
            title: self.title.clone().context("--title is needed")?,
            description: self.description.clone(),
            classes: self.classes.clone(),
            tags: self.tags.clone(),
            limits: self.limits(),
            selection: self.selection(),
            range_size: self.range_size.map(i64::from),
            instructions: self.instructions.clone(),
            due_date: self.due,
            priority: self.priority,
            annotators: some(people.annotators),
            reviewers: some(people.reviewers),
            review: self.review,
            reasons: some(self.reasons.clone()),
            shown_meta: some(self.shown_meta.clone()),
            slots: self.slots.map(i64::from),
            rounds: self.rounds.map(i64::from),
            reserve_seconds: self.reserve_seconds.map(i64::from),
            lease_seconds: self.lease_seconds.map(i64::from),
        })
    }

    fn limits(&self) -> Option<LabelLimits> {
        let limits = LabelLimits { figures: self.max_figures, tags: self.max_tags };
        (limits != LabelLimits::default()).then_some(limits)
    }

    fn selection(&self) -> Option<Selection> {
        let selection = Selection {
            labels: some(self.labels.clone()),
            ranges: some(self.ranges.clone()),
            limit: self.limit,
        };
        (selection != Selection::default()).then_some(selection)
    }
}

fn read(file: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))
}

fn some<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}

fn class(text: &str) -> Result<Class, String> {
    let (name, shape) = text.rsplit_once(':').ok_or("expected NAME:SHAPE")?;
    Ok(Class { name: name.to_owned(), shape: word(shape)? })
}

fn tag(text: &str) -> Result<TagDefinition, String> {
    let (name, values) = match text.split_once('=') {
        Some((name, values)) => (name, Some(values.split(',').map(str::to_owned).collect())),
        None => (text, None),
    };
    Ok(TagDefinition { name: name.to_owned(), values })
}

pub(super) fn reason(text: &str) -> Result<ReasonCode, String> {
    let (code, title) = text.split_once('=').ok_or("expected CODE=TITLE")?;
    Ok(ReasonCode { code: code.to_owned(), title: title.to_owned() })
}

fn range(text: &str) -> Result<Range, String> {
    let (start, end) = text.split_once('-').ok_or("expected START-END")?;
    let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is not a number"));
    let range = Range::of(number(start)?, number(end)?);
    if range.is_empty() { Err("the end must lie behind the start".to_owned()) } else { Ok(range) }
}

fn review(text: &str) -> Result<ReviewPart, String> {
    match text.split_once(':') {
        None if text == "all" => Ok(ReviewPart { rule: RuleName::All, percent: None }),
        None if text == "none" => Ok(ReviewPart { rule: RuleName::None, percent: None }),
        Some(("sample", percent)) => {
            let percent = percent.parse().ok().filter(|percent| *percent <= 100);
            let percent: u8 = percent.ok_or("a sample is a whole number of percent, 0 to 100")?;
            Ok(ReviewPart { rule: RuleName::Sample, percent: Some(percent) })
        }
        _ => Err("expected all, none or sample:PERCENT".to_owned()),
    }
}

/// A time with an offset. A bare date would not say when its day ends.
pub(super) fn due(text: &str) -> Result<Time, String> {
    word(text).map_err(|_| {
        "expected a time with an offset, as 2030-01-31T18:00:00Z or 2030-01-31T18:00:00+01:00".to_owned()
    })
}

/// One of the words that the API accepts for a field.
pub(super) fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(Value::from(text)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        form: JobForm,
    }

    fn people(form: &JobForm) -> People {
        let ids = |texts: &[String]| texts.iter().map(|text| text.parse().unwrap()).collect();
        People { annotators: ids(form.annotators()), reviewers: ids(form.reviewers()) }
    }

    fn body(line: &str) -> Result<Value, String> {
        let words = std::iter::once("create").chain(line.split(' '));
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        line.form
            .body(None, line.form.dataset().and_then(|id| id.parse().ok()), people(&line.form))
            .map_err(|error| error.to_string())
    }

    const DATASET: &str = "01890000-0000-7000-8000-000000000001";

    #[test]
    fn only_what_was_said_is_sent() {
        let sent = body(&format!("--dataset {DATASET} --title t --class car:rectangle"));
        let told =
            json!({"dataset": DATASET, "title": "t", "classes": [{"name": "car", "shape": "rectangle"}]});
        assert_eq!(sent, Ok(told));
    }

    #[test]
    fn rules_selections_and_limits_take_the_api_s_form() {
        let sent = body(&format!(
            "--dataset {DATASET} --title t --class a:b:any --tag light=day,night --tag note --max-tags 2 \
             --range 0-50 --range 70-71 --label x --limit 9 --review sample:20 --priority release_blocker --reason loose=Too_loose"
        ))
        .unwrap();
        assert_eq!(sent["classes"][0], json!({"name": "a:b", "shape": "any"}));
        assert_eq!(sent["tags"], json!([{"name": "light", "values": ["day", "night"]}, {"name": "note"}]));
        assert_eq!(sent["limits"], json!({"tags": 2}));
        let ranges = json!([{"start": 0, "end": 50}, {"start": 70, "end": 71}]);
        assert_eq!(sent["selection"], json!({"labels": ["x"], "ranges": ranges, "limit": 9}));
        assert_eq!(sent["review"], json!({"rule": "sample", "percent": 20}));
        assert_eq!(sent["priority"], "release_blocker");
        assert_eq!(sent["reasons"], json!([{"code": "loose", "title": "Too_loose"}]));
    }

    #[test]
    fn what_cannot_be_meant_is_wrong_usage() {
        let whole = format!("--dataset {DATASET} --title t --class a:any");
        for wrong in [
            "--range 9-3",
            "--range 5",
            "--review sample:101",
            "--review some",
            "--class b:blob",
            "--reason loose",
            "--file x",
        ] {
            assert!(body(&format!("{whole} {wrong}")).is_err(), "{wrong}");
        }
        assert!(body("--title t --class a:any").is_err());
    }
}
