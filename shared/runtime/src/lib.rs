//! What all services share: configuration, backends, authentication, errors, routes, the HTTP server, telemetry,
//! health and shutdown.
//!
//! It promises three things. The deployment is decided only here, from the schemes of three URLs. A request is
//! authenticated before its path, query and body are read. Every error is sent as `application/problem+json`.
//!
//! ```
//! use swath_runtime::boot::{self, Opened};
//! use swath_runtime::config::{Config, Sources};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! # let data = folder.path().join("data").display().to_string();
//! let overrides = vec![("data.dir".to_owned(), data)];
//! let config = Config::load(&Sources { file: None, overrides })?;
//! let Opened { context, deployment, clock, .. } = boot::open(config, true, "example").await?;
//! boot::boot(&context, &deployment, &clock, true).await?;
//! assert!(context.is_booted());
//! # Ok(())
//! # }
//! ```

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
