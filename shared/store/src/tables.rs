//! The statements, as named functions.

pub(crate) mod accepted;
pub(crate) mod answers;
pub(crate) mod assignments;
pub(crate) mod audit_log;
pub(crate) mod coverage;
pub(crate) mod departures;
pub(crate) mod events;
pub(crate) mod grant_context;
pub(crate) mod grant_keys;
pub(crate) mod grants;
pub(crate) mod jobs;
pub(crate) mod leader_leases;
pub(crate) mod leases;
pub(crate) mod members;
pub(crate) mod moving;
pub(crate) mod opinions;
pub(crate) mod progress;
pub(crate) mod queues;
pub(crate) mod requests;
pub(crate) mod revisions;
pub(crate) mod runs;
pub(crate) mod saved_items;
pub(crate) mod teams;
pub(crate) mod users;
pub(crate) mod verdicts;
pub(crate) mod written;
