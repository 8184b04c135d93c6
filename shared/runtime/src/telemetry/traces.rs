//! Traces of ranges: from the cut over every lease, review and rework, in whichever process they happen.
//!
//! The trace id of a range is the id of its first assignment. Span ids of cuts and reworks are derived from the
//! assignment's id, and those of leases and reviews from the lease's id. Every process can therefore compute the
//! parents of its spans, and nothing is propagated except the parents of messages, which are in a header.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags,
    TraceId, TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, Sampler, SdkTracer, SdkTracerProvider, Span};
use sha2::{Digest, Sha256};
use swath_domain::ids::{AssignmentId, JobId, LeaseId};
use swath_domain::{Round, Slot, Stage, Time};
use uuid::Uuid;

use super::current::current_ids;
use crate::config;

/// How long the collector may take for a batch of spans.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// The header of a message that contains its trace.
const HEADER: &str = "traceparent";

/// Sends spans to a collector, or nowhere if none is configured. Clones share the connection.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Inner>>);

struct Inner {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    share: f64,
}

/// A span in the trace of a range. It ends when it is dropped.
#[must_use]
pub struct Step(Option<Span>);

/// The parent of a step.
enum Parent<'a> {
    /// The step is the root of the trace.
    None,
    /// The cut of the range.
    Cut,
    /// The cut or the rework that made the assignment.
    Origin,
    /// A lease or a review.
    Lease(LeaseId),
    /// The sender of a message, if its header is of the same trace. Otherwise the cut.
    Message(Option<&'a str>),
}

/// How a step is recorded.
struct StepOptions<'a> {
    name: &'static str,
    kind: SpanKind,
    parent: Parent<'a>,
    /// The span's id. Random if `None`.
    id: Option<SpanId>,
    /// When the step began. Now if `None`.
    began: Option<Time>,
}

impl StepOptions<'_> {
    fn named(name: &'static str) -> Self {
        Self { name, kind: SpanKind::Internal, parent: Parent::Origin, id: None, began: None }
    }
}

impl Traces {
    /// Starts sending spans of `service` to the configured collector, if there is one. A thread of its own sends them
    /// from a bounded queue. Spans that the collector does not take are lost, and nothing waits for it.
    ///
    /// # Errors
    /// If the exporter cannot be made for `traces.endpoint`.
    pub fn start(config: &config::Traces, service: &str, instance: Uuid) -> anyhow::Result<Self> {
        if config.endpoint.is_empty() {
            return Ok(Self::default());
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", config.endpoint.trim_end_matches('/')))
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .context("traces.endpoint")?;
        let resource = Resource::builder()
            .with_service_name(service.to_owned())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attribute(KeyValue::new("service.instance.id", instance.to_string()))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::AlwaysOn)
            .with_id_generator(GivenIds)
            .with_resource(resource)
            .build();
        let tracer = provider.tracer("swath");
        Ok(Self(Some(Arc::new(Inner { provider, tracer, share: config.share }))))
    }

    /// Sends waiting spans and ends. Blocks, perhaps for seconds.
    pub fn close(&self) {
        if let Some(inner) = &self.0
            && let Err(error) = inner.provider.shutdown_with_timeout(EXPORT_TIMEOUT)
        {
            tracing::debug!(%error, "the last spans were not sent");
        }
    }

    /// Records that ranges with these numbers were cut.
    pub fn cut(&self, job: JobId, numbers: Range<i64>, began: Time) {
        if self.0.is_some() {
            for number in numbers {
                let id = AssignmentId::of(job, Round::FIRST, number, Slot::FIRST);
                let options = StepOptions {
                    parent: Parent::None,
                    id: Some(of_assignment(id)),
                    began: Some(began),
                    ..StepOptions::named("cut")
                };
                drop(self.step(id, options));
            }
        }
    }

    /// Records that a message names these assignments, and returns the `traceparent` for its header. The parent of
    /// these steps is the cut, because a message may mean whole ranges, by any of their slots.
    pub fn sent(&self, name: &'static str, ids: impl IntoIterator<Item = AssignmentId>) -> Option<String> {
        self.0.as_ref()?;
        let record = |id| {
            let (kind, parent) = (SpanKind::Producer, Parent::Cut);
            self.step(id, StepOptions { kind, parent, ..StepOptions::named(name) })
        };
        let steps: Vec<_> = ids.into_iter().map(record).collect();
        steps.iter().find_map(Step::traceparent)
    }

    /// Records that a message with this header named these assignments.
    pub fn received(
        &self,
        name: &'static str,
        ids: impl IntoIterator<Item = AssignmentId>,
        traceparent: Option<&str>,
    ) {
        if self.0.is_some() {
            for id in ids {
                let parent = Parent::Message(traceparent);
                let kind = SpanKind::Consumer;
                drop(self.step(id, StepOptions { kind, parent, ..StepOptions::named(name) }));
            }
        }
    }

    /// Begins a step of an assignment outside of a lease.
    pub fn at(&self, name: &'static str, assignment: AssignmentId) -> Step {
        self.step(assignment, StepOptions::named(name))
    }

    /// Records that a lease or a review was granted. It is the parent of all steps under it.
    pub fn granted(&self, stage: Stage, assignment: AssignmentId, lease: LeaseId, began: Time) {
        let name = if stage == Stage::Annotate { "lease" } else { "review" };
        let options =
            StepOptions { id: Some(of_lease(lease)), began: Some(began), ..StepOptions::named(name) };
        drop(self.step(assignment, options));
    }

    /// Begins a step under a lease or a review.
    pub fn under(&self, name: &'static str, assignment: AssignmentId, lease: LeaseId) -> Step {
        self.step(assignment, StepOptions { parent: Parent::Lease(lease), ..StepOptions::named(name) })
    }

    /// Records the rework that a decision has made.
    pub fn rework(&self, child: AssignmentId, review: LeaseId) {
        let options = StepOptions {
            parent: Parent::Lease(review),
            id: Some(of_assignment(child)),
            ..StepOptions::named("rework")
        };
        drop(self.step(child, options));
    }

    /// Begins a step of an assignment, if its range is sampled.
    fn step(&self, assignment: AssignmentId, options: StepOptions<'_>) -> Step {
        let origin = assignment.origin();
        let Some(inner) = self.0.as_ref().filter(|inner| is_sampled(origin, inner.share)) else {
            return Step(None);
        };
        let trace = TraceId::from_bytes(*origin.0.as_bytes());
        // The cut of the first slot stands for the cuts of all slots.
        let cut = remote(trace, of_assignment(origin));
        let parent = match options.parent {
            Parent::None => None,
            Parent::Cut => Some(cut),
            Parent::Origin if assignment.is_first_round() => Some(cut),
            Parent::Origin => Some(remote(trace, of_assignment(assignment))),
            Parent::Lease(lease) => Some(remote(trace, of_lease(lease))),
            Parent::Message(header) => {
                let sender = header.and_then(parse_traceparent).filter(|parent| parent.trace_id() == trace);
                Some(sender.unwrap_or(cut))
            }
        };
        let mut builder = inner
            .tracer
            .span_builder(Cow::Borrowed(options.name))
            .with_kind(options.kind)
            .with_attributes([KeyValue::new("swath.assignment", assignment.to_string())])
            .with_links(current_ids().into_iter().map(Link::with_context).collect());
        builder.start_time = options.began.map(system_time);
        let span = inner.build(builder, (trace, options.id), parent);
        let context = span.span_context();
        tracing::debug!(
            trace_id = %context.trace_id(), span_id = %context.span_id(), step = %options.name, %assignment,
            "a step of a range's trace"
        );
        Step(Some(span))
    }

    /// Begins the span of a request, if it is sampled.
    pub(crate) fn request(
        &self,
        of: &SpanContext,
        parent: Option<SpanContext>,
        name: impl FnOnce() -> String,
    ) -> Option<Span> {
        let inner = self.0.as_ref().filter(|_| of.is_sampled())?;
        let builder = inner.tracer.span_builder(name()).with_kind(SpanKind::Server);
        Some(inner.build(builder, (of.trace_id(), Some(of.span_id())), parent))
    }

    /// The share of requests that are sampled.
    pub(crate) fn share(&self) -> f64 {
        self.0.as_ref().map_or(0.0, |inner| inner.share)
    }
}

impl Inner {
    fn build(
        &self,
        builder: SpanBuilder,
        ids: (TraceId, Option<SpanId>),
        parent: Option<SpanContext>,
    ) -> Span {
        NEXT_IDS.set(Some(ids));
        let around = match parent {
            Some(parent) => Context::new().with_remote_span_context(parent),
            None => Context::new(),
        };
        self.tracer.build_with_context(builder, &around)
    }
}

impl Step {
    /// Adds an attribute.
    pub fn note(&mut self, key: &'static str, value: impl Into<opentelemetry::Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(key, value));
        }
    }

    /// Ends the step, marks it as failed if `outcome` is an error, and returns `outcome`.
    pub fn end<T>(mut self, outcome: crate::Result<T>) -> crate::Result<T> {
        if let (Some(span), Err(problem)) = (&mut self.0, &outcome) {
            span.set_status(Status::error(problem.code));
        }
        outcome
    }

    fn traceparent(&self) -> Option<String> {
        let context = self.0.as_ref()?.span_context().clone();
        let mut headers = HashMap::new();
        TraceContextPropagator::new()
            .inject_context(&Context::new().with_remote_span_context(context), &mut headers);
        headers.remove(HEADER)
    }
}

/// The span of a `traceparent` header.
pub(crate) fn parse_traceparent(header: &str) -> Option<SpanContext> {
    let headers = HashMap::from([(HEADER.to_owned(), header.to_owned())]);
    let around = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
    let context = around.span().span_context().clone();
    context.is_valid().then_some(context)
}

fn system_time(time: Time) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(time.0.max(0).unsigned_abs())
}

fn remote(trace: TraceId, span: SpanId) -> SpanContext {
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE)
}

/// Unique within the trace of a range, because the last eight bytes of an assignment's id are round, number and slot.
fn of_assignment(id: AssignmentId) -> SpanId {
    last_half(id.0)
}

/// Unique in practice, because a lease's id is random.
fn of_lease(id: LeaseId) -> SpanId {
    last_half(id.0)
}

fn last_half(id: Uuid) -> SpanId {
    let (_, low) = id.as_u64_pair();
    SpanId::from_bytes(low.to_be_bytes())
}

/// Whether a range is sampled, with the same result in every process. Hashes the id first, because the ids of a job's
/// ranges are close to each other.
fn is_sampled(origin: AssignmentId, share: f64) -> bool {
    let digest = Sha256::digest(origin.0.as_bytes());
    let drawn = digest.iter().take(4).fold(0, |drawn, byte| drawn << 8 | u32::from(*byte));
    f64::from(drawn) < share * (f64::from(u32::MAX) + 1.0)
}

thread_local! {
    /// The ids of the span that this thread builds next.
    static NEXT_IDS: Cell<Option<(TraceId, Option<SpanId>)>> = const { Cell::new(None) };
}

/// Gives a span the ids in [`NEXT_IDS`].
#[derive(Debug)]
struct GivenIds;

impl IdGenerator for GivenIds {
    fn new_trace_id(&self) -> TraceId {
        NEXT_IDS.take().map_or_else(|| RandomIdGenerator::default().new_trace_id(), |(trace, _)| trace)
    }

    fn new_span_id(&self) -> SpanId {
        // The library asks for the trace's id after the span's, and only without a parent. So this leaves the ids in
        // place.
        let own = NEXT_IDS.get().and_then(|(_, own)| own);
        own.unwrap_or_else(|| RandomIdGenerator::default().new_span_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(number: i64) -> AssignmentId {
        AssignmentId::of(JobId(Uuid::from_u128(7)), Round::FIRST, number, Slot::FIRST)
    }

    #[test]
    fn the_sampled_ranges_are_a_share_and_always_the_same() {
        let sampled = |share: f64| (0..10_000).filter(|number| is_sampled(range(*number), share)).count();
        assert!((900..1_100).contains(&sampled(0.1)), "{}", sampled(0.1));
        assert_eq!((sampled(0.0), sampled(1.0)), (0, 10_000));
        assert!((0..10_000).all(|n| !is_sampled(range(n), 0.1) || is_sampled(range(n), 0.2)));
    }

    #[test]
    fn nothing_is_recorded_without_a_collector() {
        let traces = Traces::default();
        assert_eq!(traces.sent("hint", [range(1)]), None);
        assert!(traces.under("confirm", range(1), LeaseId(Uuid::from_u128(3))).0.is_none());
    }

    #[test]
    fn a_malformed_header_is_no_parent() {
        for header in ["", "00-0-0-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
            assert_eq!(parse_traceparent(header), None, "{header}");
        }
        let context = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }
}
