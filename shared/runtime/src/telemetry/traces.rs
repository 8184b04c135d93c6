//! Traces: what became of a range, from its cut over every lease, review and rework, whichever process had it in hand.
//!
//! The trace of a range has the id of its first assignment, and what can be named before it is told of has a span id made
//! of its own id: a cut or a rework of its assignment's, a lease or a review of its lease's. So every process knows where
//! its steps belong, and nothing has to be handed on; only what a message tells of has its parent in the header.

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
use swath_domain::ids::FIRST_ROUND;
use swath_domain::ids::{AssignmentId, JobId, LeaseId};
use swath_domain::{Stage, Time};
use uuid::Uuid;

use super::current::current_ids;
use crate::config;

/// How long the collector may take for a batch of spans.
const EXPORT: Duration = Duration::from_secs(5);
/// The header that goes with a message.
const HEADER: &str = "traceparent";

/// Where steps are told to; nowhere, where no collector is configured. Clones share it.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Inner>>);

struct Inner {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    share: f64,
}

/// A step of a range's way. It ends when it is dropped.
#[must_use]
pub struct Step(Option<Span>);

/// What a step begins under.
enum Under<'a> {
    /// Nothing: it is the first.
    Nothing,
    /// The cut of the range.
    Cut,
    /// What made the assignment: a cut or a decision.
    Making,
    /// A lease or a review.
    Holding(LeaseId),
    /// What a message told of, if its header speaks of the same range; otherwise the cut.
    Message(Option<&'a str>),
}

/// How a step is told.
struct Told<'a> {
    name: &'static str,
    kind: SpanKind,
    under: Under<'a>,
    own: Option<SpanId>,
    /// Now, where nothing else is said.
    began: Option<Time>,
}

impl Told<'_> {
    fn of(name: &'static str) -> Self {
        Self { name, kind: SpanKind::Internal, under: Under::Making, own: None, began: None }
    }
}

impl Traces {
    /// Tells of `service` to the collector that is configured, if one is. Spans go out in a thread of their own, from a
    /// bounded queue; what a collector that is away misses is lost, and nothing waits for it.
    pub fn start(config: &config::Traces, service: &str, instance: Uuid) -> anyhow::Result<Self> {
        if config.endpoint.is_empty() {
            return Ok(Self::default());
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", config.endpoint.trim_end_matches('/')))
            .with_timeout(EXPORT)
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
            .with_id_generator(Named)
            .with_resource(resource)
            .build();
        let tracer = provider.tracer("swath");
        Ok(Self(Some(Arc::new(Inner { provider, tracer, share: config.share }))))
    }

    /// Sends what waits and ends. It may take seconds, and blocks.
    pub fn close(&self) {
        if let Some(inner) = &self.0
            && let Err(error) = inner.provider.shutdown_with_timeout(EXPORT)
        {
            tracing::debug!(%error, "the last spans were not sent");
        }
    }

    /// Ranges that were cut.
    pub fn cut(&self, job: JobId, numbers: Range<i64>, began: Time) {
        if self.0.is_some() {
            for number in numbers {
                let id = AssignmentId::of(job, FIRST_ROUND, number, 0);
                let told = Told {
                    under: Under::Nothing,
                    own: Some(of_assignment(id)),
                    began: Some(began),
                    ..Told::of("cut")
                };
                drop(self.step(id, told));
            }
        }
    }

    /// Assignments that a message tells of: what goes into its header. These steps stand under the cut, for a message may
    /// name ranges alone, by any of their slots.
    pub fn tell(&self, name: &'static str, ids: impl IntoIterator<Item = AssignmentId>) -> Option<String> {
        self.0.as_ref()?;
        let told = |id| {
            let (kind, under) = (SpanKind::Producer, Under::Cut);
            self.step(id, Told { kind, under, ..Told::of(name) })
        };
        let steps: Vec<_> = ids.into_iter().map(told).collect();
        steps.iter().find_map(Step::traceparent)
    }

    /// Assignments that a message with this header told of.
    pub fn heard(
        &self,
        name: &'static str,
        ids: impl IntoIterator<Item = AssignmentId>,
        traceparent: Option<&str>,
    ) {
        if self.0.is_some() {
            for id in ids {
                let under = Under::Message(traceparent);
                drop(self.step(id, Told { kind: SpanKind::Consumer, under, ..Told::of(name) }));
            }
        }
    }

    /// Something that happens to an assignment that nobody holds.
    pub fn at(&self, name: &'static str, assignment: AssignmentId) -> Step {
        self.step(assignment, Told::of(name))
    }

    /// A lease or a review that was granted; what its holder does comes under it.
    pub fn granted(&self, stage: Stage, assignment: AssignmentId, lease: LeaseId, began: Time) {
        let name = if stage == Stage::Annotate { "lease" } else { "review" };
        let told = Told { own: Some(of_lease(lease)), began: Some(began), ..Told::of(name) };
        drop(self.step(assignment, told));
    }

    /// Something that happens under a lease or a review.
    pub fn under(&self, name: &'static str, assignment: AssignmentId, lease: LeaseId) -> Step {
        self.step(assignment, Told { under: Under::Holding(lease), ..Told::of(name) })
    }

    /// A rework that a decision has made.
    pub fn rework(&self, child: AssignmentId, review: LeaseId) {
        let told =
            Told { under: Under::Holding(review), own: Some(of_assignment(child)), ..Told::of("rework") };
        drop(self.step(child, told));
    }

    /// Begins a step of an assignment's range, if the range is followed.
    fn step(&self, assignment: AssignmentId, told: Told<'_>) -> Step {
        let origin = assignment.origin();
        let Some(inner) = self.0.as_ref().filter(|inner| is_followed(origin, inner.share)) else {
            return Step(None);
        };
        let trace = TraceId::from_bytes(*origin.0.as_bytes());
        // The first slot's cut stands for all of them.
        let cut = remote(trace, of_assignment(origin));
        let parent = match told.under {
            Under::Nothing => None,
            Under::Cut => Some(cut),
            Under::Making if assignment.is_first_round() => Some(cut),
            Under::Making => Some(remote(trace, of_assignment(assignment))),
            Under::Holding(lease) => Some(remote(trace, of_lease(lease))),
            Under::Message(header) => {
                let told = header.and_then(parse_traceparent).filter(|parent| parent.trace_id() == trace);
                Some(told.unwrap_or(cut))
            }
        };
        let mut builder = inner
            .tracer
            .span_builder(Cow::Borrowed(told.name))
            .with_kind(told.kind)
            .with_attributes([KeyValue::new("swath.assignment", assignment.to_string())])
            .with_links(current_ids().into_iter().map(Link::with_context).collect());
        builder.start_time = told.began.map(moment);
        let span = inner.build(builder, (trace, told.own), parent);
        let context = span.span_context();
        tracing::debug!(
            trace_id = %context.trace_id(), span_id = %context.span_id(), step = %told.name, %assignment,
            "a step of a range's way"
        );
        Step(Some(span))
    }

    /// Begins the span of a request that is followed.
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

    /// Which share of what comes unasked is followed.
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
        NEXT.set(Some(ids));
        let around = match parent {
            Some(parent) => Context::new().with_remote_span_context(parent),
            None => Context::new(),
        };
        self.tracer.build_with_context(builder, &around)
    }
}

impl Step {
    /// Says more of it.
    pub fn note(&mut self, key: &'static str, value: impl Into<opentelemetry::Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(key, value));
        }
    }

    /// Ends it with what came of it, and passes that on.
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

/// The span that a `traceparent` speaks of.
pub(crate) fn parse_traceparent(header: &str) -> Option<SpanContext> {
    let headers = HashMap::from([(HEADER.to_owned(), header.to_owned())]);
    let around = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
    let context = around.span().span_context().clone();
    context.is_valid().then_some(context)
}

fn moment(time: Time) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(time.0.max(0).unsigned_abs())
}

fn remote(trace: TraceId, span: SpanId) -> SpanContext {
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE)
}

/// Within the trace of a range, the last eight bytes of an assignment's id are round, number and slot.
fn of_assignment(id: AssignmentId) -> SpanId {
    last_half(id.0)
}

/// A lease's id is random.
fn of_lease(id: LeaseId) -> SpanId {
    last_half(id.0)
}

fn last_half(id: Uuid) -> SpanId {
    let (_, low) = id.as_u64_pair();
    SpanId::from_bytes(low.to_be_bytes())
}

/// Whether a range is followed: every process comes to the same answer. The ids of a job's ranges lie side by side, so they
/// are mixed first.
fn is_followed(origin: AssignmentId, share: f64) -> bool {
    let digest = Sha256::digest(origin.0.as_bytes());
    let drawn = digest.iter().take(4).fold(0, |drawn, byte| drawn << 8 | u32::from(*byte));
    f64::from(drawn) < share * (f64::from(u32::MAX) + 1.0)
}

thread_local! {
    /// The ids of the span that this thread builds next.
    static NEXT: Cell<Option<(TraceId, Option<SpanId>)>> = const { Cell::new(None) };
}

/// Gives a span the ids that are meant for it.
#[derive(Debug)]
struct Named;

impl IdGenerator for Named {
    fn new_trace_id(&self) -> TraceId {
        NEXT.take().map_or_else(|| RandomIdGenerator::default().new_trace_id(), |(trace, _)| trace)
    }

    fn new_span_id(&self) -> SpanId {
        // The trace's id is asked for after the span's, and only where there is no parent.
        let own = NEXT.get().and_then(|(_, own)| own);
        own.unwrap_or_else(|| RandomIdGenerator::default().new_span_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(number: i64) -> AssignmentId {
        AssignmentId::of(JobId(Uuid::from_u128(7)), FIRST_ROUND, number, 0)
    }

    #[test]
    fn a_tenth_of_the_ranges_is_followed_and_always_the_same() {
        let followed = |share: f64| (0..10_000).filter(|number| is_followed(range(*number), share)).count();
        assert!((900..1_100).contains(&followed(0.1)), "{}", followed(0.1));
        assert_eq!((followed(0.0), followed(1.0)), (0, 10_000));
        assert!((0..10_000).all(|n| !is_followed(range(n), 0.1) || is_followed(range(n), 0.2)));
    }

    #[test]
    fn nothing_is_told_where_nobody_listens() {
        let traces = Traces::default();
        assert_eq!(traces.tell("hint", [range(1)]), None);
        assert!(traces.under("confirm", range(1), LeaseId(Uuid::from_u128(3))).0.is_none());
    }

    #[test]
    fn a_header_that_is_none_is_nobodys_parent() {
        for header in ["", "00-0-0-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
            assert_eq!(parse_traceparent(header), None, "{header}");
        }
        let context = parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }
}
