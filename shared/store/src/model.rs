//! What is stored: rows as they stand in the tables, the values that are made of them, and the tables as plain maps.

pub(crate) mod coverage;
pub(crate) mod events;
pub(crate) mod list_page;
pub(crate) mod memory;
pub(crate) mod requests;
pub(crate) mod row;
pub(crate) mod rows;
pub(crate) mod verdicts;
pub(crate) mod work;
