//! Whatever a request may bring can be written, and is the same when it is read again: what can be read and not written
//! would be committed, and fail every answer that it stands in afterwards.

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use swath_domain::ids::{AssignmentId, DatasetId, JobId, LeaseId, TeamId, TokenId, UserId};
use swath_domain::job::{JobSpec, JobStatus, Priority};
use swath_domain::labels::{
    Annotation, Class, Figure, Geometry, LabelLimits, LabelRules, Point, Shape, Skip, Tag, TagDefinition,
};
use swath_domain::log::Entry;
use swath_domain::ranges::{Range, Ranges};
use swath_domain::review::{ReasonCode, ReviewRule, Verdict};
use swath_domain::role::{Role, Roles};
use swath_domain::{ItemIndex, Status, Time};
use uuid::Uuid;

/// Writes it by both ways that the program has, a text and a tree, and reads both.
fn written_again<T>(value: &T) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let text =
        serde_json::to_string(value).map_err(|error| TestCaseError::fail(format!("{value:?}: {error}")))?;
    let tree =
        serde_json::to_value(value).map_err(|error| TestCaseError::fail(format!("{value:?}: {error}")))?;
    let read: T =
        serde_json::from_str(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
    prop_assert_eq!(&read, value, "{}", &text);
    prop_assert_eq!(serde_json::to_string(&read).ok(), Some(text), "written twice it differs");
    let read: T = serde_json::from_value(tree).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&read, value);
    Ok(())
}

/// Numbers as JSON can bring them: also huge ones, denormal ones, and a negative zero.
fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![
        POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO,
        0.0..10_000.0,
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
        Just(5e-324),
        Just(-0.0),
    ]
}

fn point() -> impl Strategy<Value = Point> {
    [number(), number()]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\u{1}-\u{20}\"\\\\\u{7f}\u{2028}\u{fffe}\u{10ffff}]{0,6}"]
}

fn geometry() -> impl Strategy<Value = Geometry> {
    prop_oneof![
        [number(), number(), number(), number()].prop_map(|[x, y, width, height]| Geometry::Rectangle {
            x,
            y,
            width,
            height
        }),
        (vec(point(), 0..6), vec(vec(point(), 0..4), 0..3))
            .prop_map(|(exterior, interior)| Geometry::Polygon { exterior, interior }),
        vec(point(), 0..6).prop_map(|points| Geometry::Points { points }),
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    prop::sample::select(vec![Shape::Rectangle, Shape::Polygon, Shape::Polyline, Shape::Point, Shape::Any])
}

fn tag() -> impl Strategy<Value = Tag> {
    (text(), prop::option::of(text())).prop_map(|(name, value)| Tag { name, value })
}

fn annotation() -> impl Strategy<Value = Annotation> {
    let figure = (text(), shape(), geometry(), vec(tag(), 0..3))
        .prop_map(|(class, shape, geometry, tags)| Figure { class, shape, geometry, tags });
    let skip = prop::option::of(text().prop_map(|reason| Skip { reason }));
    (vec(figure, 0..4), vec(tag(), 0..3), skip).prop_map(|(figures, tags, skip)| Annotation {
        figures,
        tags,
        skip,
    })
}

fn people() -> impl Strategy<Value = Option<Vec<UserId>>> {
    prop::option::of(vec(id().prop_map(UserId), 0..4))
}

fn spec() -> impl Strategy<Value = JobSpec> {
    let class = (text(), shape()).prop_map(|(name, shape)| Class { name, shape });
    let tag = (text(), prop::option::of(vec(text(), 0..3)))
        .prop_map(|(name, values)| TagDefinition { name, values });
    let limits = (any::<Option<u32>>(), any::<Option<u32>>())
        .prop_map(|(figures, tags)| LabelLimits { figures, tags });
    let texts = (prop::option::of(text()), prop::option::of(text()));
    let reason = (text(), text()).prop_map(|(code, title)| ReasonCode { code, title });
    let told = (vec(reason, 0..3), vec(text(), 0..3));
    (texts, vec(class, 0..3), vec(tag, 0..3), limits, (people(), people()), told).prop_map(
        |(
            (description, instructions),
            classes,
            tags,
            limits,
            (annotators, reviewers),
            (reasons, shown_meta),
        )| JobSpec {
            description,
            classes,
            tags,
            limits,
            instructions,
            annotators,
            reviewers,
            reasons,
            shown_meta,
        },
    )
}

fn id() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![
        (Time::MIN.0..=Time::MAX.0).prop_map(Time),
        (0..2_000_i64).prop_map(|micros| Time(Time::MAX.0 - micros)),
        (0..2_000_i64).prop_map(|micros| Time(Time::MIN.0 + micros)),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let status = || prop::option::of(prop::sample::select(Status::ALL.to_vec()));
    let person = || prop::option::of(id().prop_map(UserId));
    let when = (any::<i64>(), time(), (person(), person()), text());
    let what = (status(), status(), prop::option::of(id().prop_map(LeaseId)), any::<i64>());
    let detail = prop::option::of(
        annotation().prop_map(|annotation| serde_json::to_value(annotation).unwrap_or(Value::Bool(false))),
    );
    (when, what, prop::option::of(text()), detail).prop_map(
        |((seq, at, (actor, token_maker), action), (from, to, lease_id, fence), reason, detail)| Entry {
            subject: Uuid::nil(),
            seq,
            at,
            actor,
            token_maker,
            action,
            from,
            to,
            lease_id,
            fence,
            reason,
            detail,
        },
    )
}

proptest! {
    #[test]
    fn annotations_are_the_same_after_they_were_written(annotation in annotation()) {
        // The check must not panic either, whatever the numbers are.
        for size in [None, Some((640, 480))] {
            let _ = LabelRules::default().check_annotation(&annotation, size);
        }
        written_again(&annotation)?;
    }

    #[test]
    fn job_specs_are_the_same_after_they_were_written(spec in spec()) {
        let _ = spec.rules().check();
        written_again(&spec)?;
    }

    #[test]
    fn times_and_entries_of_the_log_are_the_same_after_they_were_written(time in time(), entry in entry()) {
        written_again(&time)?;
        written_again(&entry)?;
    }

    #[test]
    fn ids_are_the_same_after_they_were_written(id in id()) {
        written_again(&TeamId(id))?;
        written_again(&UserId(id))?;
        written_again(&TokenId(id))?;
        written_again(&DatasetId(id))?;
        written_again(&JobId(id))?;
        written_again(&AssignmentId(id))?;
        written_again(&LeaseId(id))?;
        prop_assert_eq!(LeaseId(id).to_string().parse(), Ok(LeaseId(id)));
    }

    #[test]
    fn ranges_that_are_taken_can_be_written_and_counted(
        ranges in vec((any::<i64>(), any::<i64>()), 0..4), starts in vec(0_i64..1 << 40, 0..4), count: i64,
    ) {
        let ascending = starts.iter().scan(0_i64, |end, gap| {
            let range = Range { start: ItemIndex(*end), end: ItemIndex(end.saturating_add(*gap)) };
            *end = range.end.0;
            Some(range)
        });
        let hostile: Vec<_> = ranges.iter().map(|(start, end)| Range::of(*start, *end)).collect();
        for ranges in [hostile, ascending.collect()] {
            let _ = ranges.iter().map(|range| (range.len(), range.is_empty())).collect::<Vec<_>>();
            for range in &ranges {
                written_again(range)?;
            }
            let Ok(set) = Ranges::new(&ranges, count) else { continue };
            prop_assert_eq!(set.to_string().parse::<Ranges>(), Ok(set.clone()));
            prop_assert!(set.items() >= 0);
            let text = serde_json::to_string(&set).unwrap_or_default();
            let read: Vec<Range> = serde_json::from_str(&text).unwrap_or_default();
            prop_assert_eq!(read, set.as_slice());
        }
    }

    #[test]
    fn hostile_texts_are_no_ranges_and_no_panic(text in "[-,0-9]{0,60}") {
        if let Ok(set) = text.parse::<Ranges>() {
            prop_assert_eq!(set.to_string().parse::<Ranges>(), Ok(set.clone()));
            prop_assert!(set.items() >= 0);
        }
    }

    #[test]
    fn a_set_of_roles_is_the_same_from_its_bits(bits: i64) {
        let roles = Roles::from_bits(bits);
        prop_assert_eq!(Roles::from_bits(roles.bits()), roles);
        prop_assert_eq!(Roles::of(&roles.to_vec()), roles);
    }

    #[test]
    fn a_review_rule_is_within_its_scale(percent: u8) {
        prop_assert_eq!(ReviewRule::Sample(percent).percent(), percent);
    }
}

#[test]
fn every_word_is_the_same_after_it_was_written() {
    fn all<T: Serialize + DeserializeOwned + PartialEq + Debug>(words: impl IntoIterator<Item = T>) {
        for word in words {
            written_again(&word).unwrap();
        }
    }
    all(Role::ALL);
    all(JobStatus::ALL);
    all(Status::ALL);
    all([Priority::Low, Priority::Normal, Priority::High, Priority::ReleaseBlocker]);
    all([Verdict::Accept, Verdict::Reject]);
    for status in JobStatus::ALL {
        assert_eq!(JobStatus::from_code(status.code()), Some(status));
    }
}
