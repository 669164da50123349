// Values of `google/protobuf/*.proto` in Swift's own types.

import Foundation

/// A moment, to the nanosecond, from the year 1 to the year 9999.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Seconds since 1970-01-01T00:00:00Z; of moments before it, rounded down.
  public var seconds: Int64
  /// Nanoseconds after `seconds`, 0 to 999,999,999.
  public var nanos: Int32

  /// An exact moment.
  public init(seconds: Int64, nanos: Int32 = 0) {
    self.seconds = seconds
    self.nanos = nanos
  }

  /// The moment of a date, rounded down to the nanosecond. A `Date` of our days is exact to some 100 ns.
  public init(_ date: Date) {
    let since = date.timeIntervalSince1970
    let whole = since.rounded(.down)
    seconds = Int64(exactly: whole) ?? (whole < 0 ? .min : .max)
    nanos = min(Int32(exactly: ((since - whole) * 1e9).rounded(.down)) ?? 0, 999_999_999)
  }

  /// This moment, by the device's clock.
  public static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanos: Int32(time.tv_nsec))
  }

  /// The same moment as a `Date`, to its precision.
  public var date: Date {
    Date(timeIntervalSince1970: Double(seconds) + Double(nanos) / 1e9)
  }

  public static func < (one: Timestamp, other: Timestamp) -> Bool {
    (one.seconds, one.nanos) < (other.seconds, other.nanos)
  }

  var isInRange: Bool {
    (-62_135_596_800...253_402_300_799).contains(seconds) && (0...999_999_999).contains(nanos)
  }
}

/// A length of time, to the nanosecond: `google.protobuf.Duration`.
public struct TimeSpan: Hashable, Sendable {
  /// Whole seconds, within ±315,576,000,000.
  public var seconds: Int64
  /// Nanoseconds beyond them, of the same sign.
  public var nanos: Int32

  /// An exact length.
  public init(seconds: Int64, nanos: Int32 = 0) {
    self.seconds = seconds
    self.nanos = nanos
  }

  /// So many seconds, rounded towards zero to the nanosecond.
  public init(_ interval: TimeInterval) {
    let whole = interval.rounded(.towardZero)
    seconds = Int64(exactly: whole) ?? (whole < 0 ? .min : .max)
    nanos = Int32(exactly: ((interval - whole) * 1e9).rounded(.towardZero)) ?? 0
  }

  /// So many milliseconds.
  public static func milliseconds(_ count: Int64) -> TimeSpan {
    TimeSpan(seconds: count / 1000, nanos: Int32(count % 1000) * 1_000_000)
  }

  /// A length in Swift's own type, rounded towards zero to the nanosecond.
  @available(macOS 13, iOS 16, tvOS 16, watchOS 9, *)
  public init(_ duration: Swift.Duration) {
    let (seconds, attoseconds) = duration.components
    self.init(seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
  }

  var isInRange: Bool {
    (-315_576_000_000...315_576_000_000).contains(seconds) && (-999_999_999...999_999_999).contains(nanos)
      && Int64(nanos.signum()) * seconds.signum() >= 0
  }
}

/// A message of some type: `google.protobuf.Any`.
public struct JudiAny: Hashable, Sendable {
  /// `type.googleapis.com/` and the type's full name.
  public var typeURL: String
  /// The message's bytes.
  public var value: Data

  /// A message of the type that the URL names.
  public init(typeURL: String, value: Data) {
    self.typeURL = typeURL
    self.value = value
  }
}

/// Any JSON: `google.protobuf.Value`. Literals make one: `["tags": ["a", 1, true, nil]]`.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) {
    self = .null
  }

  public init(booleanLiteral value: Bool) {
    self = .bool(value)
  }

  public init(integerLiteral value: Int64) {
    self = .number(Double(value))
  }

  public init(floatLiteral value: Double) {
    self = .number(value)
  }

  public init(stringLiteral value: String) {
    self = .string(value)
  }

  public init(arrayLiteral elements: JSONValue...) {
    self = .array(elements)
  }

  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

// MARK: - On the wire

extension JudiEncoder {
  mutating func timestamp(_ tag: UInt32, _ value: Timestamp) throws {
    guard value.isInRange else { throw JudiEncodingError.outOfRange }
    try time(tag, value.seconds, value.nanos)
  }

  mutating func duration(_ tag: UInt32, _ value: TimeSpan) throws {
    guard value.isInRange else { throw JudiEncodingError.outOfRange }
    try time(tag, value.seconds, value.nanos)
  }

  private mutating func time(_ tag: UInt32, _ seconds: Int64, _ nanos: Int32) throws {
    let mark = try open(tag)
    if seconds != 0 {
      int64(8, seconds)
    }
    if nanos != 0 {
      int32(16, nanos)
    }
    close(mark)
  }

  mutating func any(_ tag: UInt32, _ value: JudiAny) throws {
    let mark = try open(tag)
    if !value.typeURL.isEmpty {
      string(10, value.typeURL)
    }
    if !value.value.isEmpty {
      bytes(18, value.value)
    }
    close(mark)
  }

  mutating func structure(_ tag: UInt32, _ value: [String: JSONValue]) throws {
    let mark = try open(tag)
    for (key, member) in JudiEncoder.sorted(value) {
      let entry = try open(10)
      string(10, key)
      try json(18, member)
      close(entry)
    }
    close(mark)
  }

  mutating func list(_ tag: UInt32, _ value: [JSONValue]) throws {
    let mark = try open(tag)
    for element in value {
      try json(10, element)
    }
    close(mark)
  }

  mutating func json(_ tag: UInt32, _ value: JSONValue) throws {
    let mark = try open(tag)
    switch value {
    case .null:
      int32(8, 0)
    case .number(let number):
      guard number.isFinite else { throw JudiEncodingError.invalidValue }
      double(17, number)
    case .string(let text):
      string(26, text)
    case .bool(let truth):
      bool(32, truth)
    case .object(let members):
      try structure(42, members)
    case .array(let elements):
      try list(50, elements)
    }
    close(mark)
  }
}

extension JudiEncoder {
  /// A message with field 1, which is left out where it is its type's zero.
  mutating func wrapper(_ tag: UInt32, isSet: Bool, _ write: (inout JudiEncoder) -> Void) throws {
    let mark = try open(tag)
    if isSet {
      write(&self)
    }
    close(mark)
  }
}
