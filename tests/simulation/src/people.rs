//! Users who lose a role, their membership or their account, and come back: what ends then, and which roles gateways
//! use.

use std::collections::BTreeSet;

use swath_api::leases::LeaseRequest;
use swath_domain::{Assignment, AssignmentId, LeaseEnd, LeaseId, Role, Roles, Stage, Status, UserId};
use swath_leasing::Ask;
use swath_store::{Freed, Result, UserEdit};

use crate::allowed::{allows, role, stage_of};
use crate::person::{KnownLease, caller};
use crate::reply::Reply;
use crate::violation::{Checked, broken};
use crate::world::World;

impl World {
    /// The user's current roles, whatever gateways have cached.
    pub(crate) fn roles(&self, user: UserId) -> Checked<Roles> {
        self.look(|view| view.roles(self.team, user))
    }

    /// True if gateways believe that the user has the role for a stage.
    pub(crate) fn is_believed(&self, stage: Stage, person: usize) -> bool {
        self.people[person].caller.roles_in(self.team).has(role(stage))
    }

    /// Gateways read all roles again.
    pub(crate) fn believe(&mut self) -> Checked {
        for person in 0..self.people.len() {
            let (id, team) = (self.people[person].id, self.team);
            let roles = self.roles(id)?;
            if self.people[person].caller.roles_in(team) != roles {
                self.people[person].caller = caller(id, team, roles);
            }
        }
        Ok(())
    }

    /// Sets a user's roles.
    pub async fn change_roles(&mut self, person: usize, bits: u8, unheard: bool) -> Checked {
        let sets: [&[Role]; 4] =
            [&[], &[Role::Annotator], &[Role::Reviewer], &[Role::Annotator, Role::Reviewer]];
        let roles = Roles::of(sets[usize::from(bits) % sets.len()]);
        let user = self.people[person].id;
        let tied = self.tied(user)?;
        let store = self.processes[0].context.store.clone();
        let outcome = store.member_put(self.team, user, roles, self.actor(Some(self.manager))).await;
        self.changed(user, ("roles", person, bits), &tied, outcome)?;
        if unheard { Ok(()) } else { self.believe() }
    }

    /// Deactivates or reactivates an account.
    pub async fn switch_account(&mut self, person: usize, active: bool, unheard: bool) -> Checked {
        let user = self.people[person].id;
        let tied = self.tied(user)?;
        let store = self.processes[0].context.store.clone();
        let edit = UserEdit { active: Some(active), ..UserEdit::default() };
        let outcome = store.user_edit(user, edit, self.actor(Some(self.manager))).await;
        self.changed(user, ("account", person, u8::from(active)), &tied, outcome.map(|(_, freed)| freed))?;
        if unheard { Ok(()) } else { self.believe() }
    }

    /// The user's leases, also expired ones, and reservations of pending assignments.
    fn tied(&self, user: UserId) -> Checked<Vec<Assignment>> {
        let is_tied = |row: &&Assignment| {
            stage_of(row).is_some()
                && (row.lease_id().is_some() && row.holder() == Some(user)
                    || row.status == Status::Pending && row.reserved_for() == Some(user))
        };
        self.look(|view| view.assignments().filter(is_tied).cloned().collect())
    }

    /// Exactly what the roles no longer allow was freed.
    fn changed(
        &mut self,
        user: UserId,
        what: (&str, usize, u8),
        tied: &[Assignment],
        outcome: Result<Vec<Freed>>,
    ) -> Checked {
        let reply = self.verb(outcome)?;
        self.tell(&what, &reply.done().map(Vec::len));
        let roles = self.roles(user)?;
        if let Reply::Done(freed) = &reply {
            let freed: BTreeSet<AssignmentId> = freed.iter().map(|(row, _)| row.id).collect();
            let lost: Vec<_> = tied.iter().filter(|row| !allows(roles, row)).collect();
            let may_be: BTreeSet<_> = lost.iter().map(|row| row.id).collect();
            // An expired reservation need not be freed, and late grants are left to the sweep.
            let stands = |row: &&&Assignment| match row.lease_id().filter(|_| row.holder() == Some(user)) {
                Some(lease) => !self.audit.late.contains(&lease),
                None => row.is_reserved_after(self.audit.latest),
            };
            let must_be: BTreeSet<_> = lost.iter().filter(stands).map(|row| row.id).collect();
            if !must_be.is_subset(&freed) || !freed.is_subset(&may_be) {
                broken!("{what:?} freed {freed:?}, and not exactly {must_be:?}");
            }
        }
        self.note_freed(tied)
    }

    /// Leases that were freed have ended as reassigned.
    pub(crate) fn note_freed(&mut self, before: &[Assignment]) -> Checked {
        for row in before {
            let Some(lease) = row.lease_id() else { continue };
            let (is_freed, ended) = self.look(|view| {
                let mut since = view.log(row.id.0, row.seq);
                let freed = since.any(|entry| entry.action == "free" && entry.lease_id == Some(lease));
                (freed, view.grant(lease).and_then(|grant| grant.ended))
            })?;
            if !is_freed || self.row(row.id)?.lease_id() == Some(lease) {
                continue;
            }
            if ended != Some(LeaseEnd::Reassigned) {
                broken!("{lease} of {row:?} was freed and ended as {ended:?}");
            }
            self.freed.insert(lease);
            self.audit.late.remove(&lease);
        }
        Ok(())
    }

    /// Records leases that the user got from a process that had not yet seen the loss of the role.
    pub(crate) fn note_late(&mut self, user: UserId) -> Checked {
        let roles = self.roles(user)?;
        let tied = self.tied(user)?;
        let late = tied.iter().filter(|row| row.holder() == Some(user) && !allows(roles, row));
        self.audit.late.extend(late.filter_map(|row| row.lease_id()));
        Ok(())
    }

    /// A lease that the user knows of, if a call under it is admitted: as long as the process believes in the role.
    pub(crate) async fn admitted(
        &self,
        stage: Stage,
        (person, process): (usize, usize),
        nth: usize,
    ) -> Checked<Option<KnownLease>> {
        let Some(known_lease) = self.known_lease(stage, person, nth) else { return Ok(None) };
        let process = &self.processes[process];
        let leases =
            if stage == Stage::Annotate { process.gateway.leases() } else { process.review.leases() };
        let admitted = leases.admit(&self.people[person].caller, known_lease.lease).await;
        match (admitted, self.is_believed(stage, person)) {
            (Ok(_), true) => Ok(Some(known_lease)),
            (Err(problem), false) if matches!(problem.code, "forbidden" | "not-found") => Ok(None),
            (Ok(_), false) => broken!("a call without the required role was admitted"),
            (Err(problem), _) => {
                broken!("a call under a lease was refused as {}: {}", problem.code, problem.detail)
            }
        }
    }

    /// A user who is known to lack the role asks for work.
    pub(crate) async fn ask_in_vain(&mut self, stage: Stage, (person, process): (usize, usize)) -> Checked {
        let caller = self.people[person].caller.clone();
        let ask = Ask { caller, request: LeaseRequest::default(), key: None };
        let answer = match stage {
            Stage::Annotate => self.processes[process].gateway.ask(ask).await,
            Stage::Review => self.processes[process].review.ask(ask).await,
        };
        match answer {
            Err(problem) if matches!(problem.code, "forbidden" | "not-found") => Ok(()),
            Err(problem) => broken!("a request without the required role was refused as {}", problem.code),
            Ok(_) => broken!("work was given to a user without the required role"),
        }
    }

    /// A call under a lease that ended with its holder's role is refused as reassigned.
    pub(crate) fn check_stale<T: std::fmt::Debug>(&self, lease: LeaseId, reply: &Reply<T>) -> Checked {
        match reply {
            Reply::Refused("stale-lease", reason)
                if self.freed.contains(&lease) && reason != "reassigned" =>
            {
                broken!("{lease} ended with its holder's role and is stale as {reason}")
            }
            _ => Ok(()),
        }
    }

    /// The sweep has ended all late grants.
    pub(crate) fn none_is_late(&mut self) -> Checked {
        let late = std::mem::take(&mut self.audit.late);
        let left: Vec<_> = self.look(|view| {
            let disallowed = |row: &&Assignment| {
                let lease = row.lease_id().filter(|lease| late.contains(lease));
                let holder = lease.and(row.holder());
                holder.is_some_and(|holder| !allows(view.roles(row.team, holder), row))
            };
            view.assignments().filter(disallowed).cloned().collect()
        })?;
        match left.first() {
            Some(row) => broken!("the sweep left work with a user who lacks the role: {row:?}"),
            None => Ok(()),
        }
    }
}
