//! Measures how far this machine's clock is from the server's, from each response, as the AWS SDKs do.
//!
//! A signature is valid for five minutes around the server's time, so a clock that is further off makes every signed
//! request fail until its date is corrected. The signer dates its signatures by the corrected time; the watch shows
//! times by it too.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AGE, DATE};

use crate::aws::http::Response;
use crate::clock::Clock;

/// A response that took longer than this is no evidence of the time at which the server wrote its `Date`.
const LONGEST_ROUND_TRIP: TimeDelta = TimeDelta::minutes(15);
/// A smaller error than this did not cause the refusal of a signature: the service allows five minutes.
const WORTH_RESIGNING: TimeDelta = TimeDelta::minutes(4);
/// A smaller error than this is not shown: the time that a response takes may hide as much.
const WORTH_SHOWING: TimeDelta = TimeDelta::minutes(1);
/// Two measurements may differ by this much, since responses take time and dates have no fractions.
const NOISE: TimeDelta = TimeDelta::seconds(10);

/// The server's clock minus this machine's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClockSkew(TimeDelta);

/// The times at which a request left and its response came, by this machine's clock, and the response's own date.
#[derive(Clone, Copy, Debug)]
struct Exchange<'a> {
    sent: DateTime<Utc>,
    received: DateTime<Utc>,
    /// The `Date` header.
    date: Option<&'a str>,
    /// Whether there is an `Age` header: the response is a cache's, and its `Date` is old.
    from_cache: bool,
}

impl ClockSkew {
    /// Measures a response; one that holds no evidence of the server's clock changes nothing.
    fn observe(&mut self, exchange: &Exchange<'_>) {
        if let Some(measured) = measure(exchange) {
            self.0 = measured;
        }
    }

    /// The server's time when this machine's is `local`.
    fn correct(self, local: DateTime<Utc>) -> DateTime<Utc> {
        local.checked_add_signed(self.0).unwrap_or(local)
    }

    /// The correction of the times on the screen, which were corrected by `present` so far: times must not jump to
    /// and fro with every response.
    fn correction_to_show(self, present: TimeDelta) -> TimeDelta {
        if (self.0 - present).abs() <= NOISE {
            present
        } else if self.0.abs() < WORTH_SHOWING {
            TimeDelta::zero()
        } else {
            self.0
        }
    }

    /// Whether a date that was corrected by `earlier` was wrong enough to be refused for it.
    pub(crate) fn explains_refusal_of(self, earlier: Self) -> bool {
        (self.0 - earlier.0).abs() > WORTH_RESIGNING
    }
}

/// The service's time, as the responses to one client show it.
#[derive(Debug)]
pub(crate) struct ServerClock {
    machine: Clock,
    skew: ClockSkew,
    /// The correction of the machine's clock that the watch shows.
    correction: TimeDelta,
}

impl ServerClock {
    pub(crate) fn new(machine: Clock) -> Self {
        Self {
            machine,
            skew: ClockSkew::default(),
            correction: TimeDelta::zero(),
        }
    }

    /// This machine's time, to note when a request is sent.
    pub(crate) fn machine_time(&self) -> DateTime<Utc> {
        self.machine.now()
    }

    pub(crate) fn server_time(&self) -> DateTime<Utc> {
        self.skew.correct(self.machine.now())
    }

    pub(crate) fn skew(&self) -> ClockSkew {
        self.skew
    }

    pub(crate) fn correction(&self) -> TimeDelta {
        self.correction
    }

    /// Measures the service's time from the response to a request.
    pub(crate) fn observe(&mut self, sent: DateTime<Utc>, response: &Response) {
        self.skew.observe(&Exchange {
            sent,
            received: self.machine.now(),
            date: response.header(DATE.as_str()),
            from_cache: response.headers.contains_key(AGE),
        });
        if self.machine.is_machine_time() {
            self.correction = self.skew.correction_to_show(self.correction);
        }
    }
}

fn measure(exchange: &Exchange<'_>) -> Option<TimeDelta> {
    let round_trip = exchange.received - exchange.sent;
    if exchange.from_cache || round_trip > LONGEST_ROUND_TRIP {
        return None;
    }
    let server = DateTime::parse_from_rfc2822(exchange.date?).ok()?;
    Some(server.to_utc() - (exchange.sent + round_trip / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Tue, 01 Mar 2022 12:00:00 GMT";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::parse_from_rfc2822(DATE).unwrap().to_utc() + TimeDelta::seconds(seconds)
    }

    fn skew_after(exchange: &Exchange<'_>) -> i64 {
        let mut skew = ClockSkew(TimeDelta::seconds(77));
        skew.observe(exchange);
        skew.0.num_seconds()
    }

    fn exchange(sent: i64, received: i64) -> Exchange<'static> {
        Exchange {
            sent: at(sent),
            received: at(received),
            date: Some(DATE),
            from_cache: false,
        }
    }

    #[test]
    fn the_skew_is_the_servers_date_minus_the_middle_of_the_exchange() {
        assert_eq!(skew_after(&exchange(-2, 2)), 0);
        assert_eq!(skew_after(&exchange(-600, -590)), 595);
        assert_eq!(skew_after(&exchange(3590, 3610)), -3600);
    }

    #[test]
    fn a_response_without_evidence_of_the_clock_changes_nothing() {
        let good = exchange(-300, -300);
        assert_eq!(skew_after(&good), 300);
        for useless in [
            Exchange { date: None, ..good },
            Exchange {
                date: Some("yesterday"),
                ..good
            },
            Exchange {
                from_cache: true,
                ..good
            },
            exchange(-901, 0),
        ] {
            assert_eq!(skew_after(&useless), 77, "{useless:?}");
        }
    }

    #[test]
    fn only_an_error_above_four_minutes_is_worth_another_signature() {
        let none = ClockSkew::default();
        for (seconds, worth) in [(240, false), (241, true), (-240, false), (-241, true)] {
            let skew = ClockSkew(TimeDelta::seconds(seconds));
            assert_eq!(skew.explains_refusal_of(none), worth, "{seconds}");
        }
        let corrected = ClockSkew(TimeDelta::minutes(10));
        assert!(
            !corrected.explains_refusal_of(corrected),
            "a corrected date that is refused again is not corrected twice"
        );
    }

    #[test]
    fn shown_times_are_corrected_beyond_a_minute_and_do_not_jump() {
        let mut present = TimeDelta::zero();
        for (measured, corrected) in [
            (0, 0),
            (-59, 0),
            (600, 600),
            (608, 600),
            (592, 600),
            (625, 625),
            (61, 61),
            (55, 61),
            (50, 0),
            (-3600, -3600),
            (2, 0),
        ] {
            present = ClockSkew(TimeDelta::seconds(measured)).correction_to_show(present);
            assert_eq!(present, TimeDelta::seconds(corrected), "{measured}");
        }
    }

    #[test]
    fn correcting_never_overflows() {
        let skew = ClockSkew(TimeDelta::MAX);
        assert_eq!(
            skew.correct(DateTime::<Utc>::MAX_UTC),
            DateTime::<Utc>::MAX_UTC
        );
    }
}
