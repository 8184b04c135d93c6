//! What is known about the users of a batch before anything is granted to them.

use std::collections::HashMap;

use swath_domain::Stage;
use swath_domain::ids::{AssignmentId, JobId, LeaseId, UserId};

use super::command::Grant;
use crate::engine::db::Db;
use crate::error::Result;
use crate::tables::grant_context::{self, Asker, ContextEntry, HeldLease};

/// The answer to the first request under a key: its lease, and the digest of the request.
pub(super) struct FirstAnswer {
    pub(super) lease: LeaseId,
    pub(super) digest: Option<Vec<u8>>,
}

/// An assignment that is reserved for a user.
pub(super) struct Reservation {
    pub(super) job: JobId,
    pub(super) assignment: AssignmentId,
}

/// What is known about the users of a batch.
#[derive(Default)]
pub(super) struct GrantContext {
    first_answers: HashMap<(UserId, Stage), HashMap<String, FirstAnswer>>,
    leases: HashMap<(UserId, Stage), Vec<HeldLease>>,
    reservations: HashMap<UserId, Vec<Reservation>>,
}

impl GrantContext {
    pub(super) async fn read(db: &mut Db<'_>, commands: &[Grant]) -> Result<Self> {
        let askers: Vec<_> = commands.iter().map(asker).collect();
        let mut context = Self::default();
        for entry in grant_context::read(db, &askers).await? {
            context.add(entry);
        }
        Ok(context)
    }

    fn add(&mut self, entry: ContextEntry) {
        match entry {
            ContextEntry::FirstAnswer { user, stage, key, lease, digest } => {
                let answers = self.first_answers.entry((user, stage)).or_default();
                answers.insert(key, FirstAnswer { lease, digest });
            }
            ContextEntry::Lease { user, stage, held } => {
                self.leases.entry((user, stage)).or_default().push(held);
            }
            ContextEntry::Reserved { user, job, assignment } => {
                self.reservations.entry(user).or_default().push(Reservation { job, assignment });
            }
        }
    }

    /// The answer to an earlier request under the command's key.
    pub(super) fn first_answer(&self, command: &Grant) -> Option<&FirstAnswer> {
        let key = command.key.as_ref()?;
        self.first_answers.get(&(command.user, command.stage))?.get(&key.text)
    }

    /// The leases of the command's stage that the user holds, current or expired.
    pub(super) fn leases(&self, command: &Grant) -> &[HeldLease] {
        self.leases.get(&(command.user, command.stage)).map_or(&[], Vec::as_slice)
    }

    /// What is reserved for a user who asks to annotate.
    pub(super) fn reservations(&self, command: &Grant) -> &[Reservation] {
        match command.stage {
            Stage::Annotate => self.reservations.get(&command.user).map_or(&[], Vec::as_slice),
            Stage::Review => &[],
        }
    }
}

fn asker(command: &Grant) -> Asker<'_> {
    let &Grant { user, stage, team, only, .. } = command;
    Asker { user, stage, key: command.key.as_ref().map(|key| key.text.as_str()), team, only }
}
