//! The queue takes what it has room for, says when it will have more, and drains before it ends.

use super::*;

fn request(bytes: usize) -> Request {
    let (outcome, _) = oneshot::channel();
    Request { batches: Vec::new(), bytes, outcome }
}

fn retry_after(outcome: Result<(), AppendError>) -> Duration {
    match outcome {
        Err(AppendError::Busy { retry_after }) => retry_after,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_queue_says_how_long_what_waits_will_take() {
    let queue = Queue::new(1000);
    queue.push(request(900)).unwrap();
    assert_eq!(retry_after(queue.push(request(101))), RETRY_AFTER_UNKNOWN);
    queue.push(request(100)).unwrap();
    assert_eq!(queue.take_group().unwrap().len(), 2);
    // Being written is not yet durable: the room is not free.
    assert_eq!(retry_after(queue.push(request(1))), RETRY_AFTER_UNKNOWN);
    queue.release(1000, Duration::from_secs(2));
    queue.push(request(1000)).unwrap();
    assert_eq!(retry_after(queue.push(request(1))), Duration::from_secs(2));
}

#[test]
fn a_request_larger_than_the_queue_is_taken_when_it_is_alone() {
    let queue = Queue::new(10);
    queue.push(request(50)).unwrap();
    queue.push(request(1)).unwrap_err();
    queue.take_group().unwrap();
    queue.release(50, Duration::ZERO);
    queue.push(request(50)).unwrap();
}

#[test]
fn a_group_is_bounded_and_in_order() {
    let queue = Queue::new(usize::MAX);
    let huge = queue.push(request(REQUEST_BYTES_MAX + 1));
    assert!(matches!(huge, Err(AppendError::TooLarge { .. })), "{huge:?}");
    for bytes in [GROUP_BYTES_MAX - 1, 1, 1, GROUP_BYTES_MAX + 5] {
        queue.push(request(bytes)).unwrap();
    }
    let sizes = || queue.take_group().unwrap().iter().map(|request| request.bytes).collect::<Vec<_>>();
    assert_eq!(sizes(), [GROUP_BYTES_MAX - 1, 1]);
    assert_eq!(sizes(), [1]);
    assert_eq!(sizes(), [GROUP_BYTES_MAX + 5]);
}

#[test]
fn a_closed_queue_takes_nothing_more_and_gives_out_what_it_has() {
    let queue = Queue::new(100);
    queue.push(request(1)).unwrap();
    queue.close();
    assert!(matches!(queue.push(request(1)), Err(AppendError::Closed)));
    assert_eq!(queue.take_group().unwrap().len(), 1);
    assert!(queue.take_group().is_none());
}
