//! The importer: items from a request, a manifest or a folder become the next version of a dataset.

mod feed;
mod folder;
mod import;
pub(crate) mod manifest_source;
pub(crate) mod media_check;
mod naming;
mod notes;
mod outcome_claim;
mod pages;
mod run;
mod sources;
mod target;
mod upload_uri;
mod uploads;
mod uri_fault;

pub(crate) use import::Import;
pub(crate) use naming::Naming;
pub(crate) use outcome_claim::OutcomeClaim;
pub(crate) use sources::FolderOptions;
pub(crate) use target::{Report, Target};
