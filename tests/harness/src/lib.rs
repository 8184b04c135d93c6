//! What every test of the whole system stands on: private servers, Swath as real processes in either shape,
//! and a client with which a test reads as a dialogue.
//!
//! The harness promises that nothing outlives the run that started it, and that it never touches a server
//! which it did not start itself. It knows Swath by its command line, its environment and its HTTP API only,
//! so that a test can never pass by looking inside.

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

pub use client::{Answer, Person, Team};
pub use process::Service;
pub use wait::until;
pub use world::{Settings, Shape, World};
