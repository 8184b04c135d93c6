//! Moments as microseconds since the Unix epoch, the same in both databases, and the two sources that come in from outside.

use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// A moment: microseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC, which has years of four digits: a value
/// outside of [`Time::MIN`] and [`Time::MAX`] is written as the nearer of the two, so that writing never fails.
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
    /// The first moment that can be written: 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_167_219_200_000_000);
    /// The last moment that can be written: 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// Reads RFC 3339 text. An offset can move the moment out of the years 0 to 9999 of UTC: such a text is refused, for it
    /// could not be written again.
    pub fn parse(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let micros = i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000)).ok()?;
        Some(Self(micros)).filter(|time| (Self::MIN..=Self::MAX).contains(time))
    }

    /// Whole milliseconds since the epoch.
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds from `now` until this moment, rounded up, never below zero.
    pub fn seconds_after(self, now: Time) -> i64 {
        self.0.saturating_sub(now.0).max(0).saturating_add(999_999) / 1_000_000
    }
}

/// A span of time in microseconds, negative where it leads into the past. One that is too large stays at the largest there
/// is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Micros(pub i64);

/// A span of so many seconds.
pub const fn seconds(n: i64) -> Micros {
    Micros(n.saturating_mul(1_000_000))
}

impl Micros {
    /// The duration in seconds, without the fraction.
    pub const fn whole_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The span without its sign.
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// As the standard library has it, which knows no negative spans: they become zero.
    pub fn to_duration(self) -> Duration {
        Duration::from_micros(self.0.max(0).unsigned_abs())
    }
}

impl From<Duration> for Micros {
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
    }
}

impl Add for Micros {
    type Output = Micros;
    fn add(self, other: Micros) -> Micros {
        Micros(self.0.saturating_add(other.0))
    }
}

impl Sub for Micros {
    type Output = Micros;
    fn sub(self, other: Micros) -> Micros {
        Micros(self.0.saturating_sub(other.0))
    }
}

impl Neg for Micros {
    type Output = Micros;
    fn neg(self) -> Micros {
        Micros(self.0.saturating_neg())
    }
}

impl Div<i64> for Micros {
    type Output = Micros;
    fn div(self, parts: i64) -> Micros {
        Micros(self.0 / parts)
    }
}

impl Mul<i64> for Micros {
    type Output = Micros;
    fn mul(self, times: i64) -> Micros {
        Micros(self.0.saturating_mul(times))
    }
}

impl Add<Micros> for Time {
    type Output = Time;
    fn add(self, span: Micros) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl Sub<Micros> for Time {
    type Output = Time;
    fn sub(self, span: Micros) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, duration: Duration) -> Time {
        self + Micros::from(duration)
    }
}

impl Sub<Duration> for Time {
    type Output = Time;
    fn sub(self, duration: Duration) -> Time {
        self - Micros::from(duration)
    }
}

impl Sub for Time {
    type Output = Micros;
    /// The span from the other moment to this one.
    fn sub(self, other: Time) -> Micros {
        Micros(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = i128::from(self.0.clamp(Self::MIN.0, Self::MAX.0));
        let moment = OffsetDateTime::from_unix_timestamp_nanos(micros * 1_000).map_err(|_| fmt::Error)?;
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
    use proptest::prelude::*;

    const UNWRITABLE: [&str; 4] = [
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T00:01:00-23:59",
        "0000-01-01T00:00:00+00:01",
        "0000-01-01T23:58:59.999999999+23:59",
    ];

    #[test]
    fn a_text_that_could_not_be_written_again_is_refused() {
        for text in UNWRITABLE {
            assert_eq!(Time::parse(text), None, "{text}");
        }
        for (text, time) in
            [("9999-12-31T23:59:59.999999999Z", Time::MAX), ("0000-01-01T00:00:00Z", Time::MIN)]
        {
            assert_eq!(Time::parse(text), Some(time), "{text}");
            assert_eq!(Time::parse(&time.to_string()), Some(time), "{text}");
        }
    }

    #[test]
    fn a_time_out_of_range_is_written_as_the_nearest_one_in_range() {
        assert_eq!(Time(i64::MAX).to_string(), Time::MAX.to_string());
        assert_eq!((Time::MAX + Duration::MAX).to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!((Time(i64::MIN) - Micros(1)).to_string(), "0000-01-01T00:00:00Z");
    }

    #[test]
    fn sums_that_are_too_large_stay_at_the_bound() {
        assert_eq!(seconds(i64::MAX), Micros(i64::MAX));
        assert_eq!(Time(i64::MAX).seconds_after(Time(i64::MIN)), i64::MAX / 1_000_000);
    }

    proptest! {
        #[test]
        fn every_time_can_be_written_and_read_again(micros: i64, near in -1_000_i64..1_000) {
            for micros in [micros, Time::MIN.0 + near, Time::MAX.0 + near, near] {
                let json = serde_json::to_string(&Time(micros)).unwrap();
                let read: Time = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(read.0, micros.clamp(Time::MIN.0, Time::MAX.0));
            }
        }

        #[test]
        fn what_is_read_is_the_same_after_it_was_written(
            year in 0..10_000, month in 1..13, day in 1..32, hour in 0..24, minute in 0..60, second in 0..61,
            fraction in proptest::option::of(0..1_000_000_000_u32), sign in "[+-]", offset in (0..24, 0..60),
        ) {
            let fraction = fraction.map_or_else(String::new, |nanos| format!(".{nanos:09}"));
            let (hours, minutes) = offset;
            let text = format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{sign}{hours:02}:{minutes:02}"
            );
            if let Some(read) = Time::parse(&text) {
                prop_assert_eq!(Time::parse(&read.to_string()), Some(read), "{}", text);
            }
        }
    }

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
