//! What is stored: rows as they stand in the tables, the values that are made of them, and the tables as plain maps.

pub(crate) mod annotations;
pub(crate) mod audit;
pub(crate) mod coverage;
pub(crate) mod datasets;
pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod fitting;
pub(crate) mod invitations;
pub(crate) mod items;
pub(crate) mod list_page;
pub(crate) mod members;
pub(crate) mod memory;
pub(crate) mod pictures;
pub(crate) mod requests;
pub(crate) mod row;
pub(crate) mod rows;
pub(crate) mod sign_in_links;
pub(crate) mod status_sets;
pub(crate) mod team_media;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod verdicts;
pub(crate) mod work;
