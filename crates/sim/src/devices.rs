//! The apps: devices with clocks of their own that send events in batches, again until they are answered.

use std::fmt;

use judi_faults::SeededRandom;

use crate::schemas::{LATE, MORE, SEEN};

/// Events that a device may have made, so that worlds stay small.
const EVENTS_MAX: u64 = 60;
/// The furthest jump of a device's clock: some ten years.
const JUMP_US: u64 = 10 * 365 * 86_400_000_000;
/// One session in so many events is over.
const SESSION_EVENTS: u64 = 8;

/// One event's id: unique for its device, and the same number on another device is another event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    pub(crate) device: u64,
    pub(crate) number: u64,
}

impl Id {
    /// The id that two texts of a row or record say; `None` when no device has it.
    pub(crate) fn parse(anonymous_id: &str, event_id: &str) -> Option<Self> {
        let device = anonymous_id.strip_prefix('d')?.parse().ok()?;
        let number = event_id.strip_prefix('e')?.parse().ok()?;
        Some(Self { device, number })
    }

    pub(crate) fn anonymous_id(self) -> String {
        format!("d{}", self.device)
    }

    pub(crate) fn event_id(self) -> String {
        format!("e{}", self.number)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "d{}/e{}", self.device, self.number)
    }
}

/// What an event is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Fits every version.
    Fits,
    /// Has a field that only version 3 knows.
    Ahead,
    /// An event that only exists from version 2 on.
    Late,
    /// A field has the wrong type.
    WrongType,
    /// A field that has to be there is not.
    Incomplete,
}

impl Kind {
    /// The first version that takes it; `None`: none ever will.
    pub(crate) const fn fits_from(self) -> Option<u32> {
        match self {
            Self::Fits | Self::Ahead => Some(1),
            Self::Late => Some(2),
            Self::WrongType | Self::Incomplete => None,
        }
    }

    pub(crate) const fn event(self) -> &'static str {
        match self {
            Self::Late => LATE,
            _ => SEEN,
        }
    }
}

/// What a device said once and for all about one of its events.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: Id,
    pub(crate) kind: Kind,
    pub(crate) session: u64,
    pub(crate) occurred_us: i64,
    pub(crate) token: String,
}

impl Event {
    /// Per install, from 1.
    pub(crate) const fn sequence(&self) -> u64 {
        self.id.number
    }

    fn json(&self) -> String {
        let token = &self.token;
        let payload = match self.kind {
            Kind::Fits => format!(r#"{{"token":"{token}","number":{}}}"#, self.id.number),
            Kind::Ahead => format!(r#"{{"token":"{token}","{MORE}":"more of {token}"}}"#),
            Kind::Late => format!(r#"{{"token":"{token}"}}"#),
            Kind::WrongType => format!(r#"{{"token":"{token}","number":"many"}}"#),
            Kind::Incomplete => format!(r#"{{"number":{}}}"#, self.id.number),
        };
        format!(
            r#"{{"event_id":"{}","event":"{}","occurred_at":"{}","sequence":{},"context":{{"session_id":"s{}"}},"payload":{payload}}}"#,
            self.id.event_id(),
            self.kind.event(),
            rfc3339(self.occurred_us),
            self.sequence(),
            self.session,
        )
    }
}

/// One install.
#[derive(Debug)]
pub(crate) struct Device {
    number: u64,
    session: u64,
    /// How far its clock is off.
    clock_error_us: i64,
    /// Made and not answered for, in the order in which they were made.
    pub(crate) outbox: Vec<Event>,
    /// Answered for; kept to be sent again by mistake.
    pub(crate) done: Vec<Event>,
    made: u64,
    /// The number of the request that it waits for, if it does.
    pub(crate) waits_for: Option<u64>,
}

/// A request's body and what is in it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) device: usize,
    pub(crate) number: u64,
    pub(crate) ids: Vec<Id>,
    pub(crate) body: String,
}

impl Device {
    pub(crate) fn new(number: u64) -> Self {
        Self { number, session: 1, clock_error_us: 0, outbox: Vec::new(), done: Vec::new(), made: 0, waits_for: None }
    }

    /// Makes an event, unless it has made enough.
    pub(crate) fn make(&mut self, random: &SeededRandom, now_us: i64) -> Option<Event> {
        if self.made >= EVENTS_MAX {
            return None;
        }
        self.made += 1;
        if random.chance(1, SESSION_EVENTS) {
            self.session += 1;
        }
        let kind = match random.below(12) {
            0..7 => Kind::Fits,
            7 | 8 => Kind::Late,
            9 => Kind::Ahead,
            10 => Kind::WrongType,
            _ => Kind::Incomplete,
        };
        let id = Id { device: self.number, number: self.made };
        let occurred_us = now_us + self.clock_error_us;
        let token = format!("t{}-{}-{}", self.number, self.made, random.below(1000));
        let event = Event { id, kind, session: self.session, occurred_us, token };
        self.outbox.push(event.clone());
        Some(event)
    }

    /// The oldest events that are not answered for, as a request.
    pub(crate) fn request(&mut self, device: usize, number: u64, events_max: u64, now_us: i64) -> Option<Request> {
        let events = self.outbox.get(..self.outbox.len().min(events_max as usize)).filter(|some| !some.is_empty())?;
        let texts: Vec<String> = events.iter().map(Event::json).collect();
        let body = format!(
            r#"{{"sent_at":"{}","context":{{"anonymous_id":"d{}","app":"sim"}},"events":[{}]}}"#,
            rfc3339(now_us + self.clock_error_us),
            self.number,
            texts.join(",")
        );
        let ids = events.iter().map(|event| event.id).collect();
        self.waits_for = Some(number);
        Some(Request { device, number, ids, body })
    }

    /// Takes events out of the outbox that are answered for.
    pub(crate) fn settle(&mut self, answered: &[Id]) {
        let (done, left) = std::mem::take(&mut self.outbox).into_iter().partition(|event| answered.contains(&event.id));
        self.outbox = left;
        let done: Vec<Event> = done;
        self.done.extend(done);
    }

    /// Sends something again that was answered long ago, behind what waits.
    pub(crate) fn resend(&mut self, random: &SeededRandom) -> Option<Id> {
        let place = random.below(self.done.len() as u64) as usize;
        let event = self.done.get(place)?.clone();
        let id = event.id;
        if !self.outbox.iter().any(|waiting| waiting.id == id) {
            self.outbox.push(event);
        }
        Some(id)
    }

    /// The user, or the network, sets its clock.
    pub(crate) fn set_clock(&mut self, random: &SeededRandom) -> i64 {
        let reach = match random.below(4) {
            0 => 0,
            1 => 5_000_000,
            2 => 86_400_000_000,
            _ => JUMP_US,
        };
        self.clock_error_us = random.below(2 * reach + 1).cast_signed() - reach.cast_signed();
        self.clock_error_us
    }
}

/// A moment in RFC 3339, UTC.
fn rfc3339(us: i64) -> String {
    let (seconds, micros) = (us.div_euclid(1_000_000), us.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Howard Hinnant, `civil_from_days`.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_everybody_reads_them() {
        assert_eq!(rfc3339(1_767_225_600_000_001), "2026-01-01T00:00:00.000001Z");
        assert_eq!(rfc3339(951_827_696_500_000), "2000-02-29T12:34:56.500000Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn what_is_answered_leaves_the_outbox_and_can_come_again() {
        let random = SeededRandom::new(1);
        let mut device = Device::new(3);
        let made: Vec<Id> = (0..3).filter_map(|_| device.make(&random, 0)).map(|event| event.id).collect();
        let request = device.request(0, 1, 2, 0).unwrap();
        assert_eq!(request.ids, made[..2]);
        assert_eq!(Id::parse(&made[0].anonymous_id(), &made[0].event_id()), Some(made[0]));
        device.settle(&made[..1]);
        assert_eq!(device.request(0, 2, 9, 0).unwrap().ids, made[1..]);
        assert_eq!(device.resend(&random), Some(made[0]));
        assert_eq!(device.outbox.len(), 3);
    }
}
