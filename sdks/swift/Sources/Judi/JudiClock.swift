// Clocks, ids that ascend, and a value behind a lock.

import Foundation

/// A value that one thread at a time may touch.
final class JudiLocked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) {
    self.value = value
  }

  func with<Outcome>(_ body: (inout Value) throws -> Outcome) rethrows -> Outcome {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}

/// The clocks of a tracker. Tests set their own.
struct JudiClock: Sendable {
  /// The device's clock.
  var now: @Sendable () -> Timestamp
  /// Seconds of a clock that nobody sets, that goes on while the device sleeps, and that began with the process.
  var monotonic: @Sendable () -> Double

  static let system = JudiClock(now: { Timestamp.now }, monotonic: { steady() - started })

  private static let started = steady()

  private static func steady() -> Double {
    var time = timespec()
    #if os(Linux) || os(Android)
      clock_gettime(CLOCK_BOOTTIME, &time)
    #else
      clock_gettime(CLOCK_MONOTONIC, &time)
    #endif
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

extension Timestamp {
  var milliseconds: Int64 {
    seconds * 1000 + Int64(nanos) / 1_000_000
  }
}

/// UUIDs of version 7 (RFC 9562, 5.7) that ascend within a process: 48 bits of milliseconds, a counter of 12 bits that
/// starts at random below its half, and 62 bits at random.
struct JudiIDs: Sendable {
  private var milliseconds: Int64 = 0
  private var counter: UInt16 = 0

  mutating func next(at now: Timestamp) -> String {
    let asked = now.milliseconds
    if asked > milliseconds {
      milliseconds = asked
      counter = .random(in: 0..<0x800)
    } else {
      // The clock stands, or was set back: the last moment goes on counting.
      counter += 1
      if counter == 0x1000 {
        milliseconds += 1
        counter = .random(in: 0..<0x800)
      }
    }
    let high = UInt64(bitPattern: milliseconds) << 16 | 0x7000 | UInt64(counter)
    let low = UInt64.random(in: .min ... .max) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return Self.text(high, low)
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(36)
    for (at, half) in [high, low].enumerated() {
      for nibble in 0..<16 {
        if (at == 0 && (nibble == 8 || nibble == 12)) || (at == 1 && (nibble == 0 || nibble == 4)) {
          out.append(UInt8(ascii: "-"))
        }
        out.append(digits[Int(half >> UInt64(60 - 4 * nibble) & 0xF)])
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
