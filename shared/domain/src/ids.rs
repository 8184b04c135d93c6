//! Identifiers as types, so that a job's id cannot be handed in where a team's is wanted.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::key::{Round, Slot};
use crate::newtype::shown_as_its_value;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        shown_as_its_value!($name);

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// A tenant.
    TeamId;
    /// A person or a machine account.
    UserId;
    /// An API token (its id, never its secret).
    TokenId;
    /// An immutable ordered list of media.
    DatasetId;
    /// An uploaded file, or a thumbnail.
    FileId;
    /// One labelling task over a selection of a dataset.
    JobId;
    /// The unit of work.
    AssignmentId;
    /// One user's right to work on one assignment; a review's id is one too.
    LeaseId;
}

const NUMBER_BITS: u32 = 34;
const ROUND_BITS: u32 = 6;
const SLOT_BITS: u32 = 6;
/// What is left of a UUIDv7's 74 free bits tells apart jobs that were made in the same millisecond.
const JOB_BITS: u32 = 74 - NUMBER_BITS - ROUND_BITS - SLOT_BITS;

impl AssignmentId {
    /// The id that an assignment has by its key: a UUIDv7 of its job's millisecond, ordered by round, number and slot.
    ///
    /// A hint can so name assignments by number alone, and the ids of a job lie side by side in every index.
    pub fn of(job: JobId, round: Round, number: i64, slot: Slot) -> Self {
        let millis = job.0.as_u128() >> 80;
        let tail = (job_bits(job) << (ROUND_BITS + NUMBER_BITS + SLOT_BITS))
            | (part(round.0, ROUND_BITS) << (NUMBER_BITS + SLOT_BITS))
            | (part(number, NUMBER_BITS) << SLOT_BITS)
            | part(slot.0, SLOT_BITS);
        let (high, low) = (tail >> 62, tail & ((1 << 62) - 1));
        Self(Uuid::from_u128((millis << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low))
    }
}

impl AssignmentId {
    /// The id of the first assignment of the same range: its first round, its first slot. Whatever becomes of a range has
    /// this in common.
    #[must_use]
    pub fn origin(self) -> Self {
        let within = |bits: u32, shift: u32| ((1_u128 << bits) - 1) << shift;
        let cleared = !(within(SLOT_BITS, 0) | within(ROUND_BITS, NUMBER_BITS + SLOT_BITS));
        let first = part(Round::FIRST.0, ROUND_BITS) << (NUMBER_BITS + SLOT_BITS);
        Self(Uuid::from_u128(self.0.as_u128() & cleared | first))
    }

    /// The key that the id was made of: round, number and slot.
    #[must_use]
    pub fn key(self) -> (Round, i64, Slot) {
        let of = |shift: u32, bits: u32| ((self.0.as_u128() >> shift) & ((1 << bits) - 1)) as i64;
        (Round(of(NUMBER_BITS + SLOT_BITS, ROUND_BITS)), of(SLOT_BITS, NUMBER_BITS), Slot(of(0, SLOT_BITS)))
    }

    /// Whether it was cut, rather than made by a decision.
    #[must_use]
    pub fn is_first_round(self) -> bool {
        let round = self.0.as_u128() >> (NUMBER_BITS + SLOT_BITS);
        round & ((1 << ROUND_BITS) - 1) == part(Round::FIRST.0, ROUND_BITS)
    }

    /// The lowest and the highest id that an assignment of this job can have: what lies between is the job's, so that
    /// a page of it is read from the ids alone.
    pub fn span(job: JobId) -> (Self, Self) {
        (Self::of(job, Round(0), 0, Slot(0)), Self::last_of_round(job, Round::LAST))
    }

    /// The same of one round of a job, from 1: all of its assignments lie behind the first id, which is of the round before.
    pub fn span_of_round(job: JobId, round: Round) -> (Self, Self) {
        (Self::last_of_round(job, round.previous()), Self::last_of_round(job, round))
    }

    fn last_of_round(job: JobId, round: Round) -> Self {
        Self::of(job, round, highest(NUMBER_BITS), Slot::LAST)
    }
}

fn job_bits(job: JobId) -> u128 {
    let digest = Sha256::digest(job.0.as_bytes());
    let mut bits = [0; 16];
    bits.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(bits) & ((1 << JOB_BITS) - 1)
}

/// The highest value of a part of so many bits.
fn highest(bits: u32) -> i64 {
    (1 << bits) - 1
}

fn part(value: i64, bits: u32) -> u128 {
    debug_assert!(value >= 0 && value < 1 << bits, "a key part outgrew its place in the id");
    (value as u128) & ((1 << bits) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(n: u128) -> JobId {
        JobId(Uuid::from_u128((0x0199_aaaa_bbbb_u128 << 80) | (0x7 << 76) | (0b10 << 62) | n))
    }

    fn of(job: JobId, round: i64, number: i64, slot: i64) -> AssignmentId {
        AssignmentId::of(job, Round(round), number, Slot(slot))
    }

    #[test]
    fn an_assignment_id_is_a_uuid_v7_ordered_by_its_key() {
        let ids: Vec<_> = [(1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 70_000, 3), (2, 0, 0), (9, 5, 1)]
            .into_iter()
            .map(|(round, number, slot)| of(job(1), round, number, slot))
            .collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert_eq!(ids[3].key(), (Round(1), 70_000, Slot(3)));
        for id in &ids {
            assert_eq!(id.0.get_version_num(), 7);
            assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
        }
    }

    #[test]
    fn the_last_round_and_slot_are_the_highest_that_an_id_has_room_for() {
        assert_eq!((Round::LAST, Slot::LAST), (Round(highest(ROUND_BITS)), Slot(highest(SLOT_BITS))));
    }

    #[test]
    fn a_round_lies_between_the_ends_of_its_span() {
        let (before, last) = AssignmentId::span_of_round(job(7), Round(2));
        for (number, slot) in [(0, 0), (0, 1), (highest(NUMBER_BITS), highest(SLOT_BITS))] {
            let id = |round| of(job(7), round, number, slot);
            assert!(before < id(2) && id(2) <= last && id(1) <= before && last < id(3));
        }
    }

    #[test]
    fn all_rounds_and_slots_of_a_range_have_one_origin() {
        let range = |round, number, slot| of(job(1), round, number, slot);
        assert_eq!(range(5, 70_000, 3).origin(), range(Round::FIRST.0, 70_000, 0));
        assert_eq!(range(1, 0, 0).origin(), range(1, 0, 0));
        assert_ne!(range(2, 7, 1).origin(), range(2, 8, 1).origin());
    }

    #[test]
    fn the_ids_of_a_job_lie_in_its_span_and_no_others_do() {
        let (first, last) = AssignmentId::span(job(1));
        for (round, number, slot) in [(1, 0, 0), (1, 5_000_000_000, 63), (63, (1 << 34) - 1, 62)] {
            let id = of(job(1), round, number, slot);
            assert!(first < id && id < last, "{id}");
            let foreign = of(job(2), round, number, slot);
            assert!(foreign < first || foreign > last, "{foreign}");
        }
    }

    #[test]
    fn jobs_of_the_same_millisecond_do_not_share_ids() {
        assert_ne!(of(job(1), 1, 0, 0), of(job(2), 1, 0, 0));
    }
}
