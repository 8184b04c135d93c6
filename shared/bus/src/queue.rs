//! The queues between services.

use std::num::NonZeroU32;

use swath_domain::ids::TeamId;

/// One queue: for one stage of a team, or for all coordinators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Hints for gateways whose annotators work for this team.
    Annotate(TeamId),
    /// Completions, and hints for this team's reviews.
    Review(TeamId),
    /// Wake-ups for coordinators.
    Coordinate,
}

impl Queue {
    /// The queue's name on the broker, which is also its routing key.
    pub(crate) fn name(self, prefix: &str, shards: Option<NonZeroU32>) -> String {
        match self {
            Self::Annotate(team) => format!("{prefix}.annotate.{}", team_part(team, shards)),
            Self::Review(team) => format!("{prefix}.review.{}", team_part(team, shards)),
            Self::Coordinate => format!("{prefix}.coordinate"),
        }
    }
}

/// A team has its own queue, or a shard that it shares with others. The id serves as the hash, because the tail of a
/// UUIDv7 is random.
fn team_part(team: TeamId, shards: Option<NonZeroU32>) -> String {
    match shards {
        Some(shards) => format!("shard-{}", team.0.as_u128() % u128::from(shards.get())),
        None => team.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_queue_is_named_by_prefix_stage_and_team() {
        let team = TeamId(Uuid::from_u128(0x0b));
        assert_eq!(
            Queue::Annotate(team).name("swath", None),
            "swath.annotate.00000000-0000-0000-0000-00000000000b"
        );
        assert_eq!(Queue::Review(team).name("swath", NonZeroU32::new(4)), "swath.review.shard-3");
        assert_eq!(Queue::Coordinate.name("other", NonZeroU32::new(4)), "other.coordinate");
    }
}
