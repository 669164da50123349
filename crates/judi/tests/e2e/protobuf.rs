//! Batches in protobuf, written from the wire format alone.

/// A field that is a number, a flag or an enum.
pub(crate) fn number(field: u32, value: u64) -> Vec<u8> {
    let mut bytes = varint(u64::from(field) << 3);
    bytes.extend(varint(value));
    bytes
}

/// A field that is text, bytes or a message.
pub(crate) fn bytes(field: u32, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    let mut bytes = varint(u64::from(field) << 3 | 2);
    bytes.extend(varint(value.len() as u64));
    bytes.extend_from_slice(value);
    bytes
}

/// `judi.v1.EventBatch` with one event of the reader `a1`.
pub(crate) fn batch(event_id: &str, event: &str, payload: &[u8]) -> Vec<u8> {
    let event = [bytes(1, event_id), bytes(2, event), bytes(8, payload)].concat();
    [bytes(2, bytes(1, "a1")), bytes(3, event)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
