//! What every task of a bus on RabbitMQ needs.

use std::sync::Arc;

use lapin::uri::AMQPUri;
use tokio_util::sync::CancellationToken;

use super::refusals::Refusals;
use crate::Options;
use crate::stats::Counters;

pub(super) struct Shared {
    pub uri: AMQPUri,
    pub options: Options,
    pub counters: Arc<Counters>,
    pub refusals: Refusals,
    pub closing: CancellationToken,
}
