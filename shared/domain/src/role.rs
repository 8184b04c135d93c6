//! What a user may do in a team.

use serde::{Deserialize, Serialize};

/// A role in one team; a user may hold several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the team: people, datasets, jobs.
    Manager,
    /// Checks work, may create jobs and see statistics.
    Reviewer,
    /// Does the work and sees nothing else.
    Annotator,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Role; 3] = [Role::Manager, Role::Reviewer, Role::Annotator];
}

/// A set of roles, kept as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u8);

impl Roles {
    /// No role at all.
    pub const NONE: Roles = Roles(0);

    /// The set of these roles.
    pub const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < roles.len() {
            bits |= 1 << roles[index] as u8;
            index += 1;
        }
        Roles(bits)
    }

    /// Whether one of `wanted` is among these.
    pub fn any(self, wanted: Roles) -> bool {
        self.0 & wanted.0 != 0
    }

    /// Whether the role is among these.
    pub fn has(self, role: Role) -> bool {
        self.any(Roles::of(&[role]))
    }

    /// As a number, for the store.
    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    /// From the store's number; unknown bits are dropped.
    pub fn from_bits(bits: i64) -> Self {
        Roles((bits & 0b111) as u8)
    }

    /// The roles in their order.
    pub fn to_vec(self) -> Vec<Role> {
        Role::ALL.into_iter().filter(|role| self.has(*role)).collect()
    }
}
