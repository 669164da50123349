// `judi.v1.EventBatch`, the records of the journal, and the reader of the latter.

import Foundation

/// An event that waits.
struct JudiStored: Sendable, Equatable {
  /// Its place in the queue, which is the order of sending.
  var number: UInt64
  var id: String
  var name: String
  var occurredAt: Timestamp
  /// Its number in the install's life; none in anonymous mode.
  var sequence: UInt64?
  /// By the clock of this process; none where another made it.
  var monotonicMs: UInt64?
  var schemaVersion: UInt32
  var context: JudiContext
  var payload: [UInt8]
}

extension JudiEncoder {
  private mutating func text(_ tag: UInt32, _ value: String) {
    if !value.isEmpty {
      string(tag, value)
    }
  }

  private mutating func context(_ tag: UInt32, _ context: JudiContext) throws {
    if context.isEmpty {
      return
    }
    let mark = try open(tag)
    for (at, value) in context.values.enumerated() {
      text(UInt32(at + 1) << 3 | 2, value)
    }
    close(mark)
  }

  /// A batch, in the order of its fields.
  static func batch(
    _ events: [JudiStored], sentAt: Timestamp, sentMonotonicMs: UInt64, roundTripMs: UInt64?
  ) throws -> [UInt8] {
    var encoder = JudiEncoder()
    try encoder.timestamp(10, sentAt)
    let common = JudiContext.common(events.map(\.context))
    try encoder.context(18, common)
    for event in events {
      let mark = try encoder.open(26)
      encoder.text(10, event.id)
      encoder.text(18, event.name)
      try encoder.timestamp(26, event.occurredAt)
      if let sequence = event.sequence {
        encoder.uint64(32, sequence)
      }
      if let monotonicMs = event.monotonicMs {
        encoder.uint64(40, monotonicMs)
      }
      if event.schemaVersion != 0 {
        encoder.uint32(48, event.schemaVersion)
      }
      try encoder.context(58, event.context.beyond(common))
      if !event.payload.isEmpty {
        encoder.bytes(66, event.payload)
      }
      encoder.close(mark)
    }
    encoder.uint64(40, sentMonotonicMs)
    if let roundTripMs {
      encoder.uint64(48, roundTripMs)
    }
    return encoder.bytes
  }

  /// An event as the journal keeps it.
  static func record(_ event: JudiStored) throws -> [UInt8] {
    var encoder = JudiEncoder()
    encoder.uint64(8, event.number)
    encoder.string(18, event.id)
    encoder.string(26, event.name)
    encoder.int64(32, event.occurredAt.seconds)
    encoder.int32(40, event.occurredAt.nanos)
    if let sequence = event.sequence {
      encoder.uint64(48, sequence)
    }
    encoder.uint32(56, event.schemaVersion)
    try encoder.context(66, event.context)
    encoder.bytes(74, event.payload)
    return encoder.bytes
  }

  /// Numbers of events that are done with.
  static func record(done numbers: [UInt64]) -> [UInt8] {
    var encoder = JudiEncoder()
    for number in numbers {
      encoder.append(uint64: number)
    }
    return encoder.bytes
  }

  /// What the journal knows beside events.
  static func record(_ state: JudiJournalState) -> [UInt8] {
    var encoder = JudiEncoder()
    encoder.uint64(8, state.number)
    encoder.uint64(16, state.sequence)
    if let session = state.session {
      encoder.string(26, session.id)
      encoder.int64(32, session.startedMs)
      encoder.int64(40, session.lastMs)
      encoder.string(50, session.utm)
    }
    return encoder.bytes
  }
}

/// Reads what `JudiEncoder` wrote.
struct JudiReader {
  enum Value {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)

    var number: UInt64 {
      if case .number(let number) = self {
        return number
      }
      return 0
    }

    var bytes: ArraySlice<UInt8> {
      if case .bytes(let bytes) = self {
        return bytes
      }
      return []
    }

    var text: String {
      String(decoding: bytes, as: UTF8.self)
    }
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 {
        return value
      }
    }
    return nil
  }

  /// The next field's number and value; none at the end, and where the bytes are none of ours.
  mutating func next() -> (UInt32, Value)? {
    guard let tag = varint(), let number = UInt32(exactly: tag >> 3) else { return nil }
    switch tag & 7 {
    case 0:
      return varint().map { (number, .number($0)) }
    case 1:
      return fixed(8).map { (number, .number($0)) }
    case 2:
      guard let length = varint(), length <= UInt64(rest.count) else { return nil }
      defer { rest = rest.dropFirst(Int(length)) }
      return (number, .bytes(rest.prefix(Int(length))))
    case 5:
      return fixed(4).map { (number, .number($0)) }
    default:
      return nil
    }
  }

  private mutating func fixed(_ count: Int) -> UInt64? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  static func context(_ bytes: ArraySlice<UInt8>) -> JudiContext {
    var (reader, context) = (JudiReader(bytes), JudiContext())
    while let (number, value) = reader.next() {
      if context.values.indices.contains(Int(number) - 1) {
        context.values[Int(number) - 1] = value.text
      }
    }
    return context
  }

  static func event(_ bytes: ArraySlice<UInt8>) -> JudiStored? {
    var reader = JudiReader(bytes)
    var event = JudiStored(
      number: 0, id: "", name: "", occurredAt: Timestamp(seconds: 0), sequence: nil, monotonicMs: nil,
      schemaVersion: 0, context: JudiContext(), payload: [])
    while let (number, value) = reader.next() {
      switch number {
      case 1: event.number = value.number
      case 2: event.id = value.text
      case 3: event.name = value.text
      case 4: event.occurredAt.seconds = Int64(bitPattern: value.number)
      case 5: event.occurredAt.nanos = Int32(truncatingIfNeeded: value.number)
      case 6: event.sequence = value.number
      case 7: event.schemaVersion = UInt32(truncatingIfNeeded: value.number)
      case 8: event.context = context(value.bytes)
      case 9: event.payload = Array(value.bytes)
      default: break
      }
    }
    return event.id.isEmpty ? nil : event
  }

  static func state(_ bytes: ArraySlice<UInt8>) -> JudiJournalState {
    var (reader, state) = (JudiReader(bytes), JudiJournalState())
    var session = JudiSession(id: "", startedMs: 0, lastMs: 0, utm: "")
    while let (number, value) = reader.next() {
      switch number {
      case 1: state.number = value.number
      case 2: state.sequence = value.number
      case 3: session.id = value.text
      case 4: session.startedMs = Int64(bitPattern: value.number)
      case 5: session.lastMs = Int64(bitPattern: value.number)
      case 6: session.utm = value.text
      default: break
      }
    }
    state.session = session.id.isEmpty ? nil : session
    return state
  }
}
