//! The request and response types of Swath's HTTP API, for servers and clients alike.
//!
//! Each type can be written, read and described by a schema. A client may be newer than its server, as during a rolling
//! upgrade: a field that a release adds to a response has a default for its readers, and a field of a request that is not
//! used is not sent. The checker and the test harness have types of their own on
//! purpose, so that a mistake here is found there.
//!
//! ```
//! use swath_api::leases::LeaseRequest;
//!
//! let request: LeaseRequest = serde_json::from_str(r#"{"job": "01890000-0000-7000-8000-000000000001"}"#)?;
//! assert!(request.team.is_none());
//! # Ok::<(), serde_json::Error>(())
//! ```

pub mod assignments;
pub mod coverage;
pub mod datasets;
pub mod digested;
pub mod files;
pub mod invitations;
pub mod jobs;
pub mod leases;
pub mod logs;
mod nullable;
pub mod own_work;
pub mod people;
pub mod pictures;
pub mod reviews;
pub mod sessions;
pub mod teams;
pub mod tokens;
