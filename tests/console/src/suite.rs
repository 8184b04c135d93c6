//! The console in a real browser, on a real server: what a person sees, and what the API says of it afterwards.
//!
//! The same tests run on both shapes, the distributed one behind nginx as it is shipped; each file is a theme, each test a sitting.
#![cfg(test)]

mod accessibility;
mod displayed;
mod faults;
mod foreign_pages;
mod hand;
mod history;
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
