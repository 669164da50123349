// The queue on the disk: a file that only grows at its end, and is written anew when most of it is done with.
//
//     queue-0/lock         held by the process whose queue it is
//     queue-0/events.log   J | length | CRC-32 | kind | body, one after another
//
// A record that was cut off, or whose sum is wrong, is passed over; what stands behind it is found by its sum.

import Foundation

/// What a queue knows beside its events.
struct JudiJournalState: Sendable, Equatable {
  /// The place that the last event got.
  var number: UInt64 = 0
  /// The number that the install's last event got.
  var sequence: UInt64 = 0
  var session: JudiSession?
}

/// Why the disk was of no use.
struct JudiDiskError: Error {
  var call: String
  var code: Int32
}

/// A queue's folder, held by this process.
final class JudiJournal {
  private enum Kind: UInt8 {
    case event = 1
    case done = 2
    case state = 3
  }

  private static let mark = UInt8(ascii: "J")
  private static let headBytes = 10
  /// No record is longer: payloads are far smaller, and a length beyond it is no length.
  private static let recordBytesMax: UInt32 = 16_000_000
  /// A smaller file is not worth writing anew.
  private static let rewriteBytesMin: UInt64 = 64_000
  private static let slotsMax = 32

  let folder: URL
  private var lock: Int32
  private var file: Int32 = -1
  /// Where the next record goes.
  private var end: UInt64 = 0
  /// Bytes of records of events that wait.
  private var live: UInt64 = 0
  private var sizes: [UInt64: UInt64] = [:]

  private init(folder: URL, lock: Int32) {
    self.folder = folder
    self.lock = lock
  }

  deinit {
    release()
  }

  /// The first queue that no other process holds.
  static func claim(in parent: URL) throws -> JudiJournal {
    for slot in 0..<slotsMax {
      if let journal = try claim(slot, in: parent) {
        return journal
      }
    }
    throw JudiDiskError(call: "flock", code: EWOULDBLOCK)
  }

  /// Queues beside this one that no process holds any more.
  func orphans() -> [JudiJournal] {
    let parent = folder.deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    let slots = names.filter { $0 != folder.lastPathComponent }.compactMap { name in
      name.hasPrefix("queue-") ? Int(name.dropFirst(6)) : nil
    }
    return slots.sorted().compactMap { try? Self.claim($0, in: parent) }
  }

  private static func claim(_ slot: Int, in parent: URL) throws -> JudiJournal? {
    let folder = parent.appendingPathComponent("queue-\(slot)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("lock").path
    let lock = try checked("open", open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
    if flock(lock, LOCK_EX | LOCK_NB) != 0 {
      close(lock)
      return nil
    }
    return JudiJournal(folder: folder, lock: lock)
  }

  /// Lets go of the queue.
  func release() {
    if file >= 0 {
      close(file)
      file = -1
    }
    if lock >= 0 {
      close(lock)
      lock = -1
    }
  }

  private var path: String {
    folder.appendingPathComponent("events.log").path
  }

  /// What waits, in its order, and what else is known.
  func load() throws -> ([JudiStored], JudiJournalState) {
    file = try Self.checked("open", open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var events: [UInt64: JudiStored] = [:]
    var state = JudiJournalState()
    var at = 0
    while at + Self.headBytes <= bytes.count {
      guard let (kind, body) = Self.record(bytes, at) else {
        at += 1
        continue
      }
      switch kind {
      case .event:
        if let event = JudiReader.event(body) {
          events[event.number] = event
          sizes[event.number] = UInt64(Self.headBytes + body.count)
          state.number = max(state.number, event.number)
          state.sequence = max(state.sequence, event.sequence ?? 0)
        }
      case .done:
        var reader = JudiReader(body)
        while let number = reader.varint() {
          events[number] = nil
          sizes[number] = nil
        }
      case .state:
        let said = JudiReader.state(body)
        state.number = max(state.number, said.number)
        state.sequence = max(state.sequence, said.sequence)
        state.session = said.session
      }
      at += Self.headBytes + body.count
      end = UInt64(at)
    }
    try Self.checked("ftruncate", ftruncate(file, off_t(end)))
    live = sizes.values.reduce(0, +)
    return (events.values.sorted { $0.number < $1.number }, state)
  }

  /// Adds events, and what is known with them, in one write.
  func append(_ events: [JudiStored], _ state: JudiJournalState) throws {
    var bytes: [UInt8] = []
    var added: [(UInt64, UInt64)] = []
    for event in events {
      let start = bytes.count
      Self.frame(.event, try JudiEncoder.record(event), into: &bytes)
      added.append((event.number, UInt64(bytes.count - start)))
    }
    Self.frame(.state, JudiEncoder.record(state), into: &bytes)
    try write(bytes)
    for (number, size) in added {
      sizes[number] = size
      live += size
    }
  }

  /// Forgets events. `rest` is what waits still.
  func remove(_ numbers: [UInt64], rest: ArraySlice<JudiStored>, _ state: JudiJournalState) throws {
    for number in numbers {
      live -= sizes.removeValue(forKey: number) ?? 0
    }
    if end >= Self.rewriteBytesMin, end > 2 * live {
      try rewrite(rest.filter { sizes[$0.number] != nil }, state)
      return
    }
    var bytes: [UInt8] = []
    Self.frame(.done, JudiEncoder.record(done: numbers), into: &bytes)
    try write(bytes)
  }

  /// Writes the file anew beside the old one, and puts it in its place.
  private func rewrite(_ events: [JudiStored], _ state: JudiJournalState) throws {
    var bytes: [UInt8] = []
    Self.frame(.state, JudiEncoder.record(state), into: &bytes)
    for event in events {
      let start = bytes.count
      Self.frame(.event, try JudiEncoder.record(event), into: &bytes)
      sizes[event.number] = UInt64(bytes.count - start)
    }
    let next = path + ".next"
    let opened = try Self.checked("open", open(next, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
    do {
      try Self.write(bytes, to: opened, at: 0)
      // The new file's bytes are on the disk before its name is: the machine may stop in between.
      try Self.checked("fsync", fsync(opened))
      try Self.checked("rename", rename(next, path))
    } catch {
      close(opened)
      unlink(next)
      throw error
    }
    close(file)
    file = opened
    end = UInt64(bytes.count)
    live = sizes.values.reduce(0, +)
  }

  /// Removes what was kept, and lets go. The lock's file stays: another process may be waiting at it.
  func remove() {
    unlink(path)
    unlink(path + ".next")
    release()
  }

  private func write(_ bytes: [UInt8]) throws {
    do {
      try Self.write(bytes, to: file, at: end)
    } catch {
      // Half a record would hide nothing, but would stand in the way of the next.
      ftruncate(file, off_t(end))
      throw error
    }
    end += UInt64(bytes.count)
  }

  private static func write(_ bytes: [UInt8], to file: Int32, at start: UInt64) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { all in
        pwrite(file, all.baseAddress.map { $0 + written }, all.count - written, off_t(start) + off_t(written))
      }
      if count < 0 && errno == EINTR {
        continue
      }
      if count <= 0 {
        throw JudiDiskError(call: "pwrite", code: errno)
      }
      written += count
    }
  }

  private static func frame(_ kind: Kind, _ body: [UInt8], into bytes: inout [UInt8]) {
    bytes.append(mark)
    append(UInt32(body.count), to: &bytes)
    append(JudiCRC.of(kind.rawValue, body[...]), to: &bytes)
    bytes.append(kind.rawValue)
    bytes.append(contentsOf: body)
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    for shift in [0, 8, 16, 24] as [UInt32] {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  private static func record(_ bytes: [UInt8], _ at: Int) -> (Kind, ArraySlice<UInt8>)? {
    guard bytes[at] == mark, let kind = Kind(rawValue: bytes[at + 9]) else { return nil }
    let number = { (from: Int) in bytes[from..<(from + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
    let length = number(at + 1)
    guard length <= recordBytesMax, at + headBytes + Int(length) <= bytes.count else { return nil }
    let body = bytes[(at + headBytes)..<(at + headBytes + Int(length))]
    return JudiCRC.of(kind.rawValue, body) == number(at + 5) ? (kind, body) : nil
  }

  @discardableResult
  private static func checked(_ call: String, _ outcome: Int32) throws -> Int32 {
    if outcome < 0 {
      throw JudiDiskError(call: call, code: errno)
    }
    return outcome
  }
}

/// CRC-32 (IEEE 802.3).
enum JudiCRC {
  private static let table: [UInt32] = (0..<256).map { start in
    (0..<8).reduce(UInt32(start)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
  }

  static func of(_ first: UInt8, _ rest: ArraySlice<UInt8>) -> UInt32 {
    var crc = step(~0, first)
    for byte in rest {
      crc = step(crc, byte)
    }
    return ~crc
  }

  private static func step(_ crc: UInt32, _ byte: UInt8) -> UInt32 {
    table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8)
  }
}
