//! The decision log: what was done to an assignment or a job, by whom and why.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::ids::{LeaseId, UserId};
use crate::status::Status;
use crate::time::Time;

/// One entry of the log of an assignment, or of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The assignment or the job.
    #[serde(skip)]
    pub subject: Uuid,
    /// Its number in the subject's log, from 1 without a gap.
    pub seq: i64,
    /// When it was done, by the database's clock.
    pub at: Time,
    /// Who; absent where Swath itself acted.
    pub actor: Option<UserId>,
    /// Who made the token through which the actor acted, where that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_maker: Option<UserId>,
    /// What, by the name of the transition.
    pub action: String,
    /// The status before; absent on a job.
    pub from: Option<Status>,
    /// The status after; absent on a job.
    pub to: Option<Status>,
    /// The lease that was granted, used or ended.
    pub lease_id: Option<LeaseId>,
    /// The assignment's fence after the transition.
    pub fence: i64,
    /// Why, in a user's words.
    pub reason: Option<String>,
    /// What else a replay needs.
    pub detail: Option<Value>,
}
