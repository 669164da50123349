//! `_judi.loss`: what installs numbered and nobody received.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use judi_engine::{Catalog, DAY_US, LOSS_DAYS, QueryOptions, Zone, parse_day};

use crate::fixture::Newsroom;

/// An event: (install, its number, the day of November on which it was received, the SDK's version).
type Sent = (&'static str, Option<i64>, i32, &'static str);

fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let mut fields: Vec<Field> =
        ["anonymous_id", "sdk", "sdk_version", "app", "app_version", "platform"].into_iter().map(text).collect();
    fields.push(Field::new("sequence", DataType::Int64, true));
    fields.push(Field::new("received_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true));
    fields.push(Field::new("received_date", DataType::Date32, true));
    Arc::new(Schema::new(fields))
}

fn first() -> i32 {
    parse_day("2026-11-01").unwrap() - 1
}

fn rows(sent: &[Sent]) -> RecordBatch {
    let same = |text: &'static str| -> ArrayRef { Arc::new(StringArray::from(vec![text; sent.len()])) };
    let moment = |day: i32| i64::from(first() + day) * DAY_US + 1;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(sent.iter().map(|row| Some(row.0)).collect::<StringArray>()),
        same("judi-js"),
        Arc::new(sent.iter().map(|row| Some(row.3)).collect::<StringArray>()),
        same("news"),
        same("7"),
        same("web"),
        Arc::new(sent.iter().map(|row| row.1).collect::<Int64Array>()),
        Arc::new(
            sent.iter().map(|row| Some(moment(row.2))).collect::<TimestampMicrosecondArray>().with_timezone("UTC"),
        ),
        Arc::new(sent.iter().map(|row| Some(first() + row.2)).collect::<Date32Array>()),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn loss(events: &[Sent], quarantine: &[Sent], today: i32) -> String {
    let newsroom = Newsroom::new();
    let catalog = Catalog::new(Zone::UTC)
        .with_rows("events", schema(), vec![rows(events)])
        .with_rows("quarantine", schema(), vec![rows(quarantine)])
        .with_loss(first() + today);
    let sql = "SELECT date, sdk_version, installs, events, installs_with_gaps, gaps, lost, lost_share \
               FROM _judi.loss ORDER BY date, sdk_version";
    newsroom.try_csv(&catalog, sql, &QueryOptions::default()).unwrap()
}

#[test]
fn a_gap_in_an_installs_numbers_is_put_to_the_account_of_what_was_sent_after_it() {
    let events = [
        ("a", Some(1), 2, "1.0"),
        ("a", Some(2), 2, "1.0"),
        // 3 and 4 never came.
        ("a", Some(5), 3, "2.0"),
        ("b", Some(7), 2, "1.0"),
        ("b", Some(8), 2, "1.0"),
        // Another install's numbers are no gap, and neither is an event without one.
        ("c", Some(100), 2, "1.0"),
        ("c", None, 2, "1.0"),
    ];
    let expected = "date,sdk_version,installs,events,installs_with_gaps,gaps,lost,lost_share\n\
                    2026-11-02,1.0,3,5,0,0,0,0.0\n\
                    2026-11-03,2.0,1,1,1,1,2,0.6666666666666666\n";
    assert_eq!(loss(&events, &[], 5), expected);
}

#[test]
fn what_came_late_or_did_not_fit_or_came_twice_is_not_lost() {
    let events = [
        ("a", Some(1), 2, "1.0"),
        ("a", Some(3), 2, "1.0"),
        // Days later, and out of order.
        ("a", Some(2), 4, "1.0"),
        ("a", Some(5), 2, "1.0"),
    ];
    // 4 was quarantined; 5 was too, and fitted later.
    let quarantine = [("a", Some(4), 2, "1.0"), ("a", Some(5), 2, "1.0")];
    let expected = "date,sdk_version,installs,events,installs_with_gaps,gaps,lost,lost_share\n\
                    2026-11-02,1.0,1,4,0,0,0,0.0\n\
                    2026-11-04,1.0,1,1,0,0,0,0.0\n";
    assert_eq!(loss(&events, &quarantine, 5), expected);
}

#[test]
fn only_the_last_days_are_looked_at() {
    let events = [("a", Some(1), 1, "1.0"), ("a", Some(9), 2, "1.0"), ("a", Some(10), 3, "1.0")];
    // The first day has just left: the gap before the first event that is looked at is nobody's.
    let expected = "date,sdk_version,installs,events,installs_with_gaps,gaps,lost,lost_share\n\
                    2026-11-02,1.0,1,1,0,0,0,0.0\n\
                    2026-11-03,1.0,1,1,0,0,0,0.0\n";
    assert_eq!(loss(&events, &[], LOSS_DAYS + 1), expected);
}
