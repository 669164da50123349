// The queue on the disk, torn and cut.

import XCTest

@testable import JudiRuntime

final class JournalTests: XCTestCase {
  private var folder = URL(fileURLWithPath: "/")

  override func setUpWithError() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("judi-\(UUID().uuidString)")
  }

  override func tearDownWithError() throws {
    try? FileManager.default.removeItem(at: folder)
  }

  private func event(_ number: UInt64, bytes: Int = 10) -> JudiStored {
    var context = JudiContext()
    context.app = "news"
    return JudiStored(
      number: number, id: "id-\(number)", name: "beat", occurredAt: Timestamp(seconds: -5, nanos: 7),
      sequence: number, monotonicMs: nil, schemaVersion: 3, context: context,
      payload: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes))
  }

  private func state(_ number: UInt64) -> JudiJournalState {
    JudiJournalState(
      number: number, sequence: number, session: JudiSession(id: "s", startedMs: -1, lastMs: 2, utm: "u"))
  }

  private var path: String {
    folder.appendingPathComponent("queue-0/events.log").path
  }

  private func written(_ numbers: ClosedRange<UInt64>) throws -> [UInt8] {
    let journal = try JudiJournal.claim(in: folder)
    _ = try journal.load()
    for number in numbers {
      try journal.append([event(number)], state(number))
    }
    journal.release()
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func loaded() throws -> ([JudiStored], JudiJournalState) {
    let journal = try JudiJournal.claim(in: folder)
    defer { journal.release() }
    return try journal.load()
  }

  func testWhatIsWrittenIsReadAgain() throws {
    _ = try written(1...3)
    let (events, state) = try loaded()
    XCTAssertEqual(events, [event(1), event(2), event(3)])
    XCTAssertEqual(state, self.state(3))
  }

  func testACutAtAnyByteLosesOnlyWhatStoodBehindIt() throws {
    let whole = try written(1...3)
    var before = 0
    for length in 0...whole.count {
      try Data(whole[..<length]).write(to: URL(fileURLWithPath: path))
      let events = try loaded().0
      XCTAssertEqual(events, Array([event(1), event(2), event(3)].prefix(events.count)), "\(length)")
      XCTAssertGreaterThanOrEqual(events.count, before)
      before = events.count
      let journal = try JudiJournal.claim(in: folder)
      _ = try journal.load()
      try journal.append([event(9)], state(9))
      journal.release()
      XCTAssertEqual(try loaded().0.last, event(9), "\(length)")
    }
    XCTAssertEqual(before, 3)
  }

  func testABadByteLosesOneRecord() throws {
    let whole = try written(1...3)
    for at in whole.indices {
      var bytes = whole
      bytes[at] ^= 0x41
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let events = try loaded().0
      XCTAssertGreaterThanOrEqual(events.count, 2, "\(at)")
      XCTAssertTrue(events.allSatisfy { $0 == event($0.number) })
    }
  }

  func testAQueueThatIsDoneWithShrinks() throws {
    let journal = try JudiJournal.claim(in: folder)
    _ = try journal.load()
    var waiting: [JudiStored] = []
    for number in 1...300 as ClosedRange<UInt64> {
      waiting.append(event(number, bytes: 1000))
      try journal.append([event(number, bytes: 1000)], state(number))
    }
    for number in 1...299 as ClosedRange<UInt64> {
      waiting.removeFirst()
      try journal.remove([number], rest: waiting[...], state(300))
    }
    journal.release()
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    XCTAssertLessThan(size ?? .max, 80_000)
    let (events, state) = try loaded()
    XCTAssertEqual(events, [event(300, bytes: 1000)])
    XCTAssertEqual(state.sequence, 300, "numbers go on although their events are gone")
  }

  func testTwoProcessesHaveAQueueEach() throws {
    let one = try JudiJournal.claim(in: folder)
    let other = try JudiJournal.claim(in: folder)
    XCTAssertNotEqual(one.folder, other.folder)
    _ = try other.load()
    try other.append([event(1)], state(1))
    XCTAssertTrue(one.orphans().isEmpty, "it is held")
    other.release()
    let orphans = one.orphans()
    XCTAssertEqual(try orphans.first?.load().0, [event(1)])
  }
}
