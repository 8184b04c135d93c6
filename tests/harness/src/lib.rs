//! The base of all tests of the whole system: private servers, Swath as real processes in either deployment, and an
//! HTTP client that makes a test read as a dialogue.
//!
//! Nothing outlives the run that started it, and the harness touches only servers that it started itself. It knows
//! Swath by its command line, its environment and its HTTP API only, so that no test can pass by looking inside.

pub mod children;
pub mod client;
pub mod collector;
pub mod digits;
pub mod http;
pub mod ids;
pub mod nginx;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod servers;
pub mod wait;
pub mod world;

pub use client::{Answer, Team, User};
pub use process::Service;
pub use wait::until;
pub use world::{Deployment, Settings, World};
