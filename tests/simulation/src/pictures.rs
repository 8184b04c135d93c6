//! What browsers say of pictures, and what a manager tells: a size that two people agree on binds nobody, one that is
//! certain stays, and a picture that is missing is known as long as nobody has seen it again.

use std::collections::BTreeMap;

use swath_api::pictures::PictureReport;
use swath_domain::labels::Size;
use swath_domain::{Stage, UserId};
use swath_store::{NewSize, SizeSource};

use crate::annotate::Said;
use crate::ops::PROCESSES;
use crate::world::{Checked, World, broken};

/// What browsers report: smaller than any figure, so that a size that bound somebody would refuse their work.
const REPORTED: [(i64, i64); 2] = [(4, 3), (5, 3)];
/// What is reported instead: that the picture is missing.
const MISSING: u8 = 2;
/// See [`World::report`].
const MISSING_AGAIN: u8 = 3;
/// What managers tell and Swath measures: larger than any figure.
const CERTAIN: [Size; 2] = [(100, 80), (120, 80)];
/// Items of the dataset that a manager may tell of.
const ITEMS: usize = 12;

/// Pictures of which something is known, by item.
pub type Pictures = BTreeMap<i64, Picture>;

/// What is known of a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// What each person's browser said last.
    reports: BTreeMap<UserId, Size>,
    /// The size that became known, and how.
    size: Option<(Size, SizeSource)>,
    /// Whether somebody wanted to see it in vain.
    is_missing: bool,
}

impl Picture {
    /// As it is after a person's browser has reported a size.
    fn with_report(mut self, person: UserId, size: Size) -> Self {
        self.is_missing = false;
        if self.size.is_some_and(|(_, source)| source > SizeSource::Agreed) {
            return self;
        }
        self.reports.insert(person, size);
        if self.reports.iter().any(|(other, said)| *other != person && *said == size) {
            self.size = Some((size, SizeSource::Agreed));
        }
        self
    }

    /// As it is after a certain size was told: it takes the place of one that is less certain, or as certain and another.
    fn with_size(mut self, size: Size, source: SizeSource) -> Self {
        if self.size.is_none_or(|(_, known)| known <= source) {
            self.size = Some((size, source));
        }
        self
    }
}

impl World {
    /// Somebody's browser reports a picture; or that it is missing, was seen through another process, and is missing again.
    pub async fn report(
        &mut self,
        stage: Stage,
        (person, process): (usize, usize),
        lease: usize,
        item: usize,
        said: u8,
    ) -> Checked {
        if said != MISSING_AGAIN {
            return self.report_one(stage, (person, process), lease, item, said).await;
        }
        let other = (process + 1) % PROCESSES;
        for (process, said) in [(process, MISSING), (other, 0), (process, MISSING)] {
            self.report_one(stage, (person, process), lease, item, said).await?;
        }
        Ok(())
    }

    /// Somebody's browser reports a picture that their lease or review shows: its size, or that it is missing.
    async fn report_one(
        &mut self,
        stage: Stage,
        (person, process): (usize, usize),
        lease: usize,
        item: usize,
        said: u8,
    ) -> Checked {
        let Some(held) = self.admitted(stage, (person, process), lease).await? else { return Ok(()) };
        let (user, index) = (self.people[person].id, held.items[item % held.items.len()]);
        let row = self.row(held.assignment)?;
        let good =
            row.lease_id() == Some(held.lease) && row.holder() == Some(user) && row.status == stage.leased();
        let before = self.known(index);
        let found = Picture { is_missing: false, ..before.clone() };
        let (report, after) = match REPORTED.get(usize::from(said)) {
            Some(&(width, height)) => {
                let after = before.clone().with_report(user, (width, height));
                (PictureReport::Size { width, height }, after)
            }
            None => {
                let after = Picture { is_missing: true, ..before.clone() };
                (PictureReport::Missing { missing: true }, after)
            }
        };
        let process = &self.processes[process];
        let desk = if stage == Stage::Annotate { process.gateway.leases() } else { process.review.leases() };
        let answer = desk.picture_report(held.lease, user, index, report).await;
        // That a picture is missing is noted where it can be, and its person is not troubled where it cannot.
        let is_silent = matches!(report, PictureReport::Missing { .. }) && self.is_hit();
        let said = self.said(answer)?;
        self.tell(&("report", stage, person, index, report), &said);
        let possible = match &said {
            Said::Done(()) if is_silent => vec![before, after],
            Said::Done(()) => vec![after],
            Said::Refused(..) => vec![before],
            Said::Unknown => vec![before, found, after],
        };
        self.check_picture(index, &possible)?;
        self.check_good("a report", &held, good, &said)
    }

    /// A manager tells a picture's size, or Swath measures it.
    pub async fn tell_size(&mut self, item: usize, size: usize, is_measured: bool) -> Checked {
        let (index, size) = ((item % ITEMS) as i64, CERTAIN[size % CERTAIN.len()]);
        let source = if is_measured { SizeSource::Measured } else { SizeSource::Told };
        let before = self.known(index);
        let after = before.clone().with_size(size, source);
        let store = self.processes[0].context.store.clone();
        let sizes = vec![NewSize { item: index, size, orientation: None }];
        let put = store.sizes_put(self.dataset, source, sizes).await;
        let said = self.verb(put)?;
        self.tell(&("size", index, size, source), &said);
        let possible = match said {
            Said::Done(_) => vec![after],
            Said::Refused(..) => broken!("a size of {index} was refused"),
            Said::Unknown => vec![before, after],
        };
        self.check_picture(index, &possible)
    }

    fn known(&self, item: i64) -> Picture {
        self.pictures.get(&item).cloned().unwrap_or_default()
    }

    /// A picture is one of what it can be, and what it is then is known.
    fn check_picture(&mut self, item: i64, possible: &[Picture]) -> Checked {
        let dataset = self.dataset;
        let picture = self.look(|view| Picture {
            reports: view.size_reports(dataset, item).collect(),
            size: view.picture_size(dataset, item),
            is_missing: view.is_picture_missing(dataset, item),
        })?;
        if !possible.contains(&picture) {
            broken!("picture {item} is {picture:?} and none of {possible:?}");
        }
        self.pictures.insert(item, picture);
        Ok(())
    }

    /// Nothing but reports and sizes changes what is known of pictures.
    pub(crate) fn check_pictures(&mut self) -> Checked {
        for (item, known) in self.pictures.clone() {
            self.check_picture(item, &[known])?;
        }
        Ok(())
    }
}
