//! Moments as microseconds since the Unix epoch, the same in both databases, and the two sources that come in from outside.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// A moment: microseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Time(pub i64);

/// Where "now" comes from.
pub trait Clock: Send + Sync {
    /// The present moment, of the database where there is one.
    fn now(&self) -> Time;
    /// Whether `now` may be trusted enough to hand out new leases.
    fn is_fresh(&self) -> bool {
        true
    }
}

/// Where new identifiers come from.
pub trait Ids: Send + Sync {
    /// A UUIDv7 for a thing made at `now`.
    fn next(&self, now: Time) -> Uuid;
    /// A random UUIDv4, for leases.
    fn random(&self) -> Uuid;
}

impl Time {
    /// Reads RFC 3339 text.
    pub fn parse(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(moment.unix_timestamp_nanos() / 1_000).ok().map(Self)
    }

    /// Whole milliseconds since the epoch.
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds from `now` until this moment, rounded up, never below zero.
    pub fn seconds_after(self, now: Time) -> i64 {
        ((self.0 - now.0).max(0) + 999_999) / 1_000_000
    }
}

/// A number of seconds in microseconds.
pub const fn seconds(n: i64) -> i64 {
    n * 1_000_000
}

impl Add<i64> for Time {
    type Output = Time;
    /// Adds microseconds.
    fn add(self, micros: i64) -> Time {
        Time(self.0.saturating_add(micros))
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, duration: Duration) -> Time {
        self + i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
    }
}

impl Sub for Time {
    type Output = i64;
    /// Microseconds between two moments.
    fn sub(self, other: Time) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000).map_err(|_| fmt::Error)?;
        f.write_str(&moment.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Time::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("expected a time as in 2026-11-22T12:00:00Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_its_text() {
        let moment = Time(1_763_812_345_678_901);
        assert_eq!(Time::parse(&moment.to_string()), Some(moment));
        assert_eq!(Time::parse("yesterday"), None);
    }

    #[test]
    fn seconds_left_are_rounded_up_and_never_negative() {
        assert_eq!(Time(1).seconds_after(Time(0)), 1);
        assert_eq!(Time(2_000_000).seconds_after(Time(0)), 2);
        assert_eq!(Time(0).seconds_after(Time(5)), 0);
    }
}
