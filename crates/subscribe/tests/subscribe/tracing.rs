//! Where an event is.

use std::sync::Arc;

use judi_subscribe::{SubscribeOptions, find};

use crate::bed::Bed;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_of_an_id_is_found_and_no_other() {
    let bed = Bed::new(SubscribeOptions::default()).await;
    for number in 0..50 {
        bed.good(number, "page_view").await;
    }
    bed.bad(7, "click").await;
    bed.good(7, "page_view").await;
    let hops = find(Arc::clone(&bed.log), &bed.schemas, "e7").unwrap();
    let places: Vec<(&str, u32, u64)> =
        hops.iter().map(|hop| (hop.topic.as_str(), hop.partition, hop.offset)).collect();
    assert_eq!(places.len(), 3, "{places:?}");
    assert!(places.contains(&("events", 1, 3)) && places.contains(&("quarantine", 1, 0)));
    assert!(places.contains(&("events", 1, 25)));
    assert!(find(Arc::clone(&bed.log), &bed.schemas, "e77").unwrap().is_empty());
}
