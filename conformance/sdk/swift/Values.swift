// JSON of the conformance kit as typed values. It is compiled into each driver, beside what is generated from the schema.

import Foundation
import JudiEvents

/// An error that a driver answers with.
struct DriverError: Error {
  var word: String

  static let missing = DriverError(word: JudiEncodingError.missingRequired.rawValue)
  static let range = DriverError(word: JudiEncodingError.outOfRange.rawValue)
  static let value = DriverError(word: JudiEncodingError.invalidValue.rawValue)
}

/// A value of a call.
struct DriverValue {
  var raw: JSONValue

  init(_ raw: JSONValue) {
    self.raw = raw
  }

  func members() throws -> DriverMembers {
    guard case .object(let members) = raw else { throw DriverError.value }
    return DriverMembers(members: members)
  }

  func list<Value>(_ convert: (DriverValue) throws -> Value) throws -> [Value] {
    guard case .array(let elements) = raw else { throw DriverError.value }
    return try elements.map { try convert(DriverValue($0)) }
  }

  func map<Key: Hashable, Value>(
    _ key: (DriverValue) throws -> Key, _ value: (DriverValue) throws -> Value
  ) throws -> [Key: Value] {
    var map: [Key: Value] = [:]
    for pair in try list({ try $0.list { $0 } }) {
      guard pair.count == 2 else { throw DriverError.value }
      map[try key(pair[0])] = try value(pair[1])
    }
    return map
  }

  func bool() throws -> Bool {
    guard case .bool(let value) = raw else { throw DriverError.value }
    return value
  }

  func string() throws -> String {
    guard case .string(let value) = raw else { throw DriverError.value }
    return value
  }

  func data() throws -> Data {
    guard let data = Data(base64Encoded: try string()) else { throw DriverError.value }
    return data
  }

  func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
    switch raw {
    case .number(let number):
      guard let whole = Number(exactly: number) else { throw DriverError.range }
      return whole
    case .string(let text):
      if let whole = Number(text) {
        return whole
      }
      let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
      let isNumber = !digits.isEmpty && digits.allSatisfy { $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }
      throw isNumber ? DriverError.range : DriverError.value
    default:
      throw DriverError.value
    }
  }

  func double() throws -> Double {
    switch raw {
    case .number(let number): return number
    case .string("NaN"): return .nan
    case .string("Infinity"): return .infinity
    case .string("-Infinity"): return -.infinity
    case .string("-0"): return -0.0
    default: throw DriverError.value
    }
  }

  func float() throws -> Float {
    let double = try double()
    let float = Float(double)
    // The language's own conversion gives infinity: a Swift program cannot hand a larger number to the API.
    if float.isInfinite && double.isFinite {
      throw DriverError.range
    }
    return float
  }

  func enumeration(_ names: [String: Int32]) throws -> Int32 {
    if case .string(let name) = raw {
      if let number = names[name] {
        return number
      }
      if Int64(name) == nil {
        throw DriverError.value
      }
    }
    return try integer(Int32.self)
  }

  func timestamp() throws -> Timestamp {
    let members = try members()
    return Timestamp(seconds: try members.seconds(), nanos: try members.nanos())
  }

  func duration() throws -> TimeSpan {
    let members = try members()
    return TimeSpan(seconds: try members.seconds(), nanos: try members.nanos())
  }

  func anyMessage() throws -> JudiAny {
    let members = try members()
    return JudiAny(
      typeURL: try members.optional("type_url") { try $0.string() } ?? "",
      value: try members.optional("value") { try $0.data() } ?? Data())
  }

  /// What JSON has no number for is written `{"$number": "NaN"}`.
  func json() throws -> JSONValue {
    switch raw {
    case .object(let members):
      if members.count == 1, let number = members["$number"] {
        return .number(try DriverValue(number).double())
      }
      return .object(try structure())
    case .array:
      return .array(try jsonList())
    default:
      return raw
    }
  }

  func structure() throws -> [String: JSONValue] {
    guard case .object(let members) = raw else { throw DriverError.value }
    return try members.mapValues { try DriverValue($0).json() }
  }

  func jsonList() throws -> [JSONValue] {
    try list { try $0.json() }
  }
}

/// The fields of a call.
struct DriverMembers {
  var members: [String: JSONValue]

  /// A field that is given. JSON's null is none, but where the field is any JSON.
  func set(_ name: String, isNullValue: Bool = false) -> DriverValue? {
    guard let value = members[name], isNullValue || value != .null else { return nil }
    return DriverValue(value)
  }

  func optional<Value>(
    _ name: String, isNullValue: Bool = false, _ convert: (DriverValue) throws -> Value
  ) throws -> Value? {
    try set(name, isNullValue: isNullValue).map(convert)
  }

  func required<Value>(
    _ name: String, isNullValue: Bool = false, _ convert: (DriverValue) throws -> Value
  ) throws -> Value {
    guard let value = set(name, isNullValue: isNullValue) else { throw DriverError.missing }
    return try convert(value)
  }

  func seconds() throws -> Int64 {
    try optional("seconds") { try $0.integer(Int64.self) } ?? 0
  }

  func nanos() throws -> Int32 {
    try optional("nanos") { try $0.integer(Int32.self) } ?? 0
  }
}
