// Protobuf's wire format, one way: what typed calls are written with.

/// Why a call could not be encoded. The words are the same in every language.
public enum JudiEncodingError: String, Error, Sendable {
  /// A required field that has no value.
  case missingRequired = "missing_required"
  /// A number or a time that its field cannot hold.
  case outOfRange = "out_of_range"
  /// Text that is no Unicode.
  case invalidText = "invalid_text"
  /// A value of another type, or NaN and infinity in JSON.
  case invalidValue = "invalid_value"
  /// More than 100 messages inside each other.
  case tooDeep = "too_deep"
}

/// A message of the schema.
public protocol JudiMessage: Hashable, Sendable {
  /// Writes the fields that are set, by number.
  func encode(into encoder: inout JudiEncoder) throws
}

/// A message of the schema that is an event.
public protocol JudiEvent: JudiMessage {
  /// The event's name in the schema: `article_view`.
  static var eventName: String { get }
  /// The version of the schema that the event was written with.
  static var schemaVersion: UInt32 { get }
}

extension JudiEvent {
  /// The event as it travels.
  ///
  /// - Throws: ``JudiEncodingError``.
  public func encoded() throws -> [UInt8] {
    var encoder = JudiEncoder()
    try encode(into: &encoder)
    return encoder.bytes
  }
}

/// Bytes of a message that is being written.
///
/// The length of a message is not known before it is written: `open` leaves one byte for it, and `close` makes room for
/// more where that is not enough.
public struct JudiEncoder: Sendable {
  /// What was written.
  public private(set) var bytes: [UInt8] = []
  private var depth = 1

  /// How many messages may stand inside each other, the event's own being the first.
  static let depthMax = 100

  init() {
    bytes.reserveCapacity(256)
  }
}

// MARK: - Values without a tag

extension JudiEncoder {
  mutating func append(varint: UInt64) {
    var rest = varint
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func append(int32 value: Int32) {
    append(varint: UInt64(bitPattern: Int64(value)))
  }

  mutating func append(int64 value: Int64) {
    append(varint: UInt64(bitPattern: value))
  }

  mutating func append(uint32 value: UInt32) {
    append(varint: UInt64(value))
  }

  mutating func append(uint64 value: UInt64) {
    append(varint: value)
  }

  mutating func append(sint32 value: Int32) {
    append(varint: UInt64(UInt32(bitPattern: (value << 1) ^ (value >> 31))))
  }

  mutating func append(sint64 value: Int64) {
    append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  mutating func append(fixed32 value: UInt32) {
    bytes.append(UInt8(truncatingIfNeeded: value))
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    bytes.append(UInt8(truncatingIfNeeded: value >> 16))
    bytes.append(UInt8(truncatingIfNeeded: value >> 24))
  }

  mutating func append(fixed64 value: UInt64) {
    append(fixed32: UInt32(truncatingIfNeeded: value))
    append(fixed32: UInt32(truncatingIfNeeded: value >> 32))
  }

  mutating func append(sfixed32 value: Int32) {
    append(fixed32: UInt32(bitPattern: value))
  }

  mutating func append(sfixed64 value: Int64) {
    append(fixed64: UInt64(bitPattern: value))
  }

  mutating func append(bool value: Bool) {
    bytes.append(value ? 1 : 0)
  }

  mutating func append(float value: Float) {
    append(fixed32: value.isNaN ? 0x7FC0_0000 : value.bitPattern)
  }

  mutating func append(double value: Double) {
    append(fixed64: value.isNaN ? 0x7FF8_0000_0000_0000 : value.bitPattern)
  }
}

// MARK: - Fields: a tag (number and wire type in one) and a value

extension JudiEncoder {
  mutating func int32(_ tag: UInt32, _ value: Int32) {
    append(uint32: tag)
    append(int32: value)
  }

  mutating func int64(_ tag: UInt32, _ value: Int64) {
    append(uint32: tag)
    append(int64: value)
  }

  mutating func uint32(_ tag: UInt32, _ value: UInt32) {
    append(uint32: tag)
    append(uint32: value)
  }

  mutating func uint64(_ tag: UInt32, _ value: UInt64) {
    append(uint32: tag)
    append(uint64: value)
  }

  mutating func sint32(_ tag: UInt32, _ value: Int32) {
    append(uint32: tag)
    append(sint32: value)
  }

  mutating func sint64(_ tag: UInt32, _ value: Int64) {
    append(uint32: tag)
    append(sint64: value)
  }

  mutating func fixed32(_ tag: UInt32, _ value: UInt32) {
    append(uint32: tag)
    append(fixed32: value)
  }

  mutating func fixed64(_ tag: UInt32, _ value: UInt64) {
    append(uint32: tag)
    append(fixed64: value)
  }

  mutating func sfixed32(_ tag: UInt32, _ value: Int32) {
    append(uint32: tag)
    append(sfixed32: value)
  }

  mutating func sfixed64(_ tag: UInt32, _ value: Int64) {
    append(uint32: tag)
    append(sfixed64: value)
  }

  mutating func bool(_ tag: UInt32, _ value: Bool) {
    append(uint32: tag)
    append(bool: value)
  }

  mutating func float(_ tag: UInt32, _ value: Float) {
    append(uint32: tag)
    append(float: value)
  }

  mutating func double(_ tag: UInt32, _ value: Double) {
    append(uint32: tag)
    append(double: value)
  }

  mutating func string(_ tag: UInt32, _ value: String) {
    append(uint32: tag)
    let utf8 = value.utf8
    append(varint: UInt64(utf8.count))
    bytes.append(contentsOf: utf8)
  }

  mutating func bytes(_ tag: UInt32, _ value: some Collection<UInt8>) {
    append(uint32: tag)
    append(varint: UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  mutating func message(_ tag: UInt32, _ value: some JudiMessage) throws {
    let mark = try open(tag)
    try value.encode(into: &self)
    close(mark)
  }

  mutating func group(_ tag: UInt32, _ value: some JudiMessage) throws {
    append(uint32: tag)
    try deeper()
    try value.encode(into: &self)
    depth -= 1
    append(uint32: tag + 1)
  }
}

// MARK: - What has a length

extension JudiEncoder {
  /// Begins a message, or an entry of a map.
  mutating func open(_ tag: UInt32) throws -> Int {
    try deeper()
    return openList(tag)
  }

  /// Ends what `open` began.
  mutating func close(_ mark: Int) {
    depth -= 1
    closeList(mark)
  }

  /// Begins a packed list.
  mutating func openList(_ tag: UInt32) -> Int {
    append(uint32: tag)
    bytes.append(0)
    return bytes.count
  }

  /// Ends what `openList` began.
  mutating func closeList(_ mark: Int) {
    var length = bytes.count - mark
    if length < 0x80 {
      bytes[mark - 1] = UInt8(length)
      return
    }
    var prefix: [UInt8] = []
    while length >= 0x80 {
      prefix.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    prefix.append(UInt8(length))
    bytes.replaceSubrange((mark - 1)..<mark, with: prefix)
  }

  private mutating func deeper() throws {
    depth += 1
    if depth > Self.depthMax {
      throw JudiEncodingError.tooDeep
    }
  }
}

// MARK: - The order of a map

extension JudiEncoder {
  static func sorted<Key: Comparable, Value>(_ map: [Key: Value]) -> [(key: Key, value: Value)] {
    map.sorted { $0.key < $1.key }
  }

  /// By the bytes of UTF-8: `<` of `String` follows Unicode's canonical order instead.
  static func sorted<Value>(_ map: [String: Value]) -> [(key: String, value: Value)] {
    map.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  static func sorted<Value>(_ map: [Bool: Value]) -> [(key: Bool, value: Value)] {
    map.sorted { !$0.key && $1.key }
  }
}

/// A value that a message holds at a distance, so that a message can hold one of its own type.
final class JudiBox<Value: Hashable & Sendable>: Hashable, Sendable {
  let value: Value

  init(_ value: Value) {
    self.value = value
  }

  static func == (one: JudiBox, other: JudiBox) -> Bool {
    one.value == other.value
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(value)
  }
}
