//! The console in a real browser, on a real server: what a person sees, and what the API says of it afterwards.
//!
//! The same tests run on both shapes; each file is a theme, each test a sitting.
#![cfg(test)]

mod browser;
mod labelling;
mod reviewing;
mod scene;
mod signing_in;
