//! What every service stands on: configuration, the backends, who asks, problems, routes, health and shutdown.
//!
//! What it promises: the shape of an installation is decided here, from the schemes of three URLs, and nowhere else;
//! a request is authenticated before its path, query and body are looked at; every error leaves as
//! `application/problem+json`.

pub mod access;
pub mod administrator;
pub mod auth;
pub mod backends;
pub mod body;
pub mod boot;
pub mod budget;
pub mod clock;
pub mod config;
pub mod context;
pub mod credential;
pub mod health;
pub mod idempotency;
pub mod inspection;
pub mod media;
pub mod media_access;
pub mod media_path;
pub mod medium;
pub mod object_store;
pub mod openapi;
pub mod origin;
pub mod pages;
pub mod panics;
mod private_files;
pub mod problem;
pub mod rate;
pub mod route;
pub mod server;
pub mod telemetry;
pub mod token_use_writer;
mod token_uses;
pub mod writes;

pub use access::Access;
pub use auth::Caller;
pub use body::{Body, PathId, Search};
pub use config::Config;
pub use context::Context;
pub use credential::Credential;
pub use idempotency::IdempotencyKey;
pub use pages::Cursor;
pub use problem::{Problem, Result};
pub use route::Route;
