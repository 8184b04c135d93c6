//! What browsers report about pictures and what managers set: a size that two users agree on is provisional, a
//! certain one stays, and a missing picture is known as long as nobody has seen it again.

use swath_api::pictures::PictureReport;
use swath_domain::labels::Size;
use swath_domain::{ItemIndex, Stage};
use swath_store::{NewSize, SizeSource};

use crate::ops::PROCESSES;
use crate::picture::Picture;
use crate::reply::Reply;
use crate::violation::{Checked, broken};
use crate::world::World;

/// Sizes that browsers report. They are smaller than any figure, so a size that wrongly binds would refuse work.
const REPORTED: [(i64, i64); 2] = [(4, 3), (5, 3)];
/// The report that the picture is missing.
const MISSING: u8 = 2;
/// See [`World::report`].
const MISSING_AGAIN: u8 = 3;
/// Sizes that managers set and Swath measures. They are larger than any figure.
const CERTAIN: [Size; 2] = [(100, 80), (120, 80)];
/// The number of items of which a manager may set the size.
const ITEMS: usize = 12;

impl World {
    /// A user's browser reports a picture: its size, that it is missing, or that it is missing again after another
    /// process has shown it.
    pub async fn report(
        &mut self,
        stage: Stage,
        (person, process): (usize, usize),
        lease: usize,
        item: usize,
        reported: u8,
    ) -> Checked {
        if reported != MISSING_AGAIN {
            return self.report_one(stage, (person, process), lease, item, reported).await;
        }
        let other = (process + 1) % PROCESSES;
        for (process, reported) in [(process, MISSING), (other, 0), (process, MISSING)] {
            self.report_one(stage, (person, process), lease, item, reported).await?;
        }
        Ok(())
    }

    /// A user's browser reports a picture of their lease or review: its size, or that it is missing.
    async fn report_one(
        &mut self,
        stage: Stage,
        (person, process): (usize, usize),
        lease: usize,
        item: usize,
        reported: u8,
    ) -> Checked {
        let Some(known_lease) = self.admitted(stage, (person, process), lease).await? else { return Ok(()) };
        let (user, index) = (self.people[person].id, known_lease.items[item % known_lease.items.len()]);
        let row = self.row(known_lease.assignment)?;
        let good = row.lease_id() == Some(known_lease.lease)
            && row.holder() == Some(user)
            && row.status == stage.leased();
        let before = self.known(index);
        let found = Picture { is_missing: false, ..before.clone() };
        let (report, after) = match REPORTED.get(usize::from(reported)) {
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
        let leases =
            if stage == Stage::Annotate { process.gateway.leases() } else { process.review.leases() };
        let answer = leases.picture_report(known_lease.lease, user, index, report).await;
        // A failure to record that a picture is missing is not reported to the user.
        let is_silent = matches!(report, PictureReport::Missing { .. }) && self.is_hit();
        let reply = self.classify(answer)?;
        self.tell(&("report", stage, person, index, report), &reply);
        let possible = match &reply {
            Reply::Done(()) if is_silent => vec![before, after],
            Reply::Done(()) => vec![after],
            Reply::Refused(..) => vec![before],
            Reply::Unknown => vec![before, found, after],
        };
        self.check_picture(index, &possible)?;
        self.check_good("a report", &known_lease, good, &reply)
    }

    /// A manager sets a picture's size, or Swath measures it.
    pub async fn tell_size(&mut self, item: usize, size: usize, is_measured: bool) -> Checked {
        let (index, size) = ((item % ITEMS) as i64, CERTAIN[size % CERTAIN.len()]);
        let source = if is_measured { SizeSource::Measured } else { SizeSource::Told };
        let before = self.known(ItemIndex(index));
        let after = before.clone().with_size(size, source);
        let store = self.processes[0].context.store.clone();
        let sizes = vec![NewSize { item: ItemIndex(index), size, orientation: None }];
        let put = store.sizes_put(self.dataset, source, sizes).await;
        let reply = self.verb(put)?;
        self.tell(&("size", index, size, source), &reply);
        let possible = match reply {
            Reply::Done(_) => vec![after],
            Reply::Refused(..) => broken!("a size of {index} was refused"),
            Reply::Unknown => vec![before, after],
        };
        self.check_picture(ItemIndex(index), &possible)
    }

    fn known(&self, item: ItemIndex) -> Picture {
        self.pictures.get(&item).cloned().unwrap_or_default()
    }

    /// The stored picture is one of the possible ones. Records which.
    fn check_picture(&mut self, item: ItemIndex, possible: &[Picture]) -> Checked {
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

    /// Only reports and sizes change what is known about pictures.
    pub(crate) fn check_pictures(&mut self) -> Checked {
        for (item, known) in self.pictures.clone() {
            self.check_picture(item, &[known])?;
        }
        Ok(())
    }
}
