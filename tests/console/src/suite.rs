//! The console in a real browser on a real server: what a user sees, and what the API returns afterwards.
//!
//! The same tests run in both deployments, the distributed one behind nginx as shipped. Each file is a subject.
#![cfg(test)]

mod accessibility;
mod displayed;
mod faults;
mod foreign_pages;
mod history;
mod input_device;
mod labelling;
mod live;
mod losing;
mod managing;
mod marking;
mod markup;
mod pointing;
mod recording;
mod reloading;
mod reviewing;
mod scene;
mod screenshots;
mod setting_up;
mod sharing;
mod signing_in;
mod team_day;
mod tour;
