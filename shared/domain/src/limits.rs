//! Every bound that the domain knows, in one place.

/// The most items that one assignment may hold.
pub const RANGE_SIZE_MAX: i64 = 1_000;
/// Items per range unless the job says otherwise.
pub const RANGE_SIZE_DEFAULT: i64 = 50;
/// The most opinions that may be asked for of each range.
pub const SLOTS_MAX: i64 = 16;
/// The most rounds that a job may allow.
pub const ROUNDS_MAX: i64 = 60;
/// Rounds unless the job says otherwise.
pub const ROUNDS_DEFAULT: i64 = 5;
/// The most items that a dataset may hold.
pub const ITEMS_MAX: i64 = 1_000_000_000;
/// The shortest lease time, in seconds.
pub const LEASE_SECONDS_MIN: i64 = 5;
/// The longest lease time, in seconds: the hard deadline of twelve hours.
pub const LEASE_SECONDS_MAX: i64 = 12 * 3_600;
/// Lease time unless the job says otherwise, in seconds.
pub const LEASE_SECONDS_DEFAULT: i64 = 30 * 60;
/// How long rework waits for its author before anyone may take it, in seconds, unless the job says otherwise.
pub const RESERVE_SECONDS_DEFAULT: i64 = 15 * 60;
/// The longest reservation, in seconds.
pub const RESERVE_SECONDS_MAX: i64 = 30 * 24 * 3_600;
/// Names and titles, in characters.
pub const NAME_MAX: usize = 200;
/// Descriptions and instructions, in characters.
pub const TEXT_MAX: usize = 20_000;
/// Reasons and comments, in characters.
pub const REASON_MAX: usize = 1_000;
/// Reasons for rejecting an item that a job may name.
pub const REASONS_MAX: usize = 100;
/// The code of such a reason, in characters.
pub const CODE_MAX: usize = 60;
/// Fields of an item's `meta` that a job may show.
pub const SHOWN_META_MAX: usize = 10;
/// One such field as it is shown, in bytes of JSON; a longer one is not.
pub const SHOWN_META_BYTES_MAX: usize = 500;
/// Figures that one verdict may name.
pub const VERDICT_FIGURES_MAX: usize = 100;
/// One annotation as it is stored, in bytes of JSON.
pub const ANNOTATION_BYTES_MAX: usize = 1 << 20;
/// The reason and the comment of one verdict together, in bytes of JSON.
pub const VERDICT_BYTES_MAX: usize = 8 << 10;
/// Annotations and verdicts that one answer carries, in bytes; a page of one item may be larger.
pub const PAGE_BYTES_MAX: usize = 4 << 20;
/// A job's whole specification as it is stored, in bytes of JSON.
pub const SPEC_BYTES_MAX: usize = 64 << 10;
/// `Idempotency-Key`, `submission_id` and `decision_id`, in characters.
pub const KEY_MAX: usize = 64;
/// A media URI, in characters.
pub const URI_MAX: usize = 8_000;
/// Classes, and tags, that a job may define.
pub const CLASSES_MAX: usize = 500;
/// Values that a tag may be restricted to.
pub const TAG_VALUES_MAX: usize = 1_000;
/// Figures on one item, whatever the job allows.
pub const FIGURES_MAX: usize = 5_000;
/// Tags on one item or figure, whatever the job allows.
pub const TAGS_MAX: usize = 200;
/// Points of one figure.
pub const POINTS_MAX: usize = 20_000;
/// Ranges in one selection.
pub const SELECTION_RANGES_MAX: usize = 1_000;
/// People that a job may be restricted to.
pub const PEOPLE_MAX: usize = 10_000;
/// Labels on one dataset item, and in one selection.
pub const LABELS_MAX: usize = 50;
