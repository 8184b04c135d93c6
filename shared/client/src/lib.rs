//! A small HTTP client for Swath's own API, used by the command line, the demo and the load generator.
//!
//! Every call has a time limit. After a temporary failure (429, 503, a broken connection) it is repeated a bounded
//! number of times, under the same idempotency key.
//!
//! ```no_run
//! use serde_json::{Value, json};
//! use swath_client::Client;
//!
//! # async fn example() -> Result<(), swath_client::ClientError> {
//! let client = Client::new("http://127.0.0.1:8080")?.with_token("swath_…")?;
//! let team: Value = client.post("/v1/teams", &json!({"name": "Streets"})).await?;
//! # Ok(())
//! # }
//! ```

mod client;
mod connection;
mod error;
mod events;
mod pictures;
mod transfer;

pub use client::{Attempt, Client, Page, Query, new_key};
pub use connection::Connection;
pub use error::{ApiError, ClientError};
pub use events::EventMessage;
pub use reqwest::Method;
