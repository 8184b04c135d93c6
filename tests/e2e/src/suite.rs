//! The whole system as its users meet it: real processes and the HTTP API.
//!
//! The same tests run in both deployments: `SWATH_TEST_SHAPE` says in which, and `tests/run e2e` runs them twice.
//! Each file is a subject, each test a dialogue.
#![cfg(test)]

mod bad_input;
mod bounds;
mod check;
mod coverage;
mod database;
mod digits;
mod documents;
mod durability;
mod edges;
mod events;
mod export_names;
mod figures;
mod imports;
mod invariants;
mod labels;
mod leases;
mod load;
mod manifests;
mod media;
mod memory;
mod objects;
mod outages;
mod own_work;
mod people;
mod pictures;
mod readme;
mod retries;
mod reviews;
mod roles;
mod sessions;
mod slots;
mod smoke;
mod stale;
mod tail;
mod thumbnails;
mod traces;
mod uploads;
mod verdicts;
