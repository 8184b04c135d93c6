//! Connections, transactions and batches: what runs statements, and knows none of them.

pub(crate) mod answers;
pub(crate) mod batcher;
pub(crate) mod cache;
pub(crate) mod connections;
pub(crate) mod core;
pub(crate) mod db;
pub(crate) mod meters;
pub(crate) mod migrations;
pub(crate) mod pools;
pub(crate) mod queue_cursors;
pub(crate) mod rowset;
pub(crate) mod writer_connections;
