// The tracker against a server that answers as it likes.

import XCTest

@testable import JudiRuntime

struct Beat: JudiEvent {
  static let eventName = "beat"
  static let schemaVersion: UInt32 = 1
  var count: UInt64
  var note: [UInt8] = []
  var at: Timestamp?

  func encode(into encoder: inout JudiEncoder) throws {
    encoder.uint64(8, count)
    encoder.bytes(18, note)
    if let at {
      try encoder.timestamp(26, at)
    }
  }

  static func count(_ event: ReceivedEvent) -> UInt64 {
    var reader = JudiReader(event.payload[...])
    return reader.next()?.1.number ?? 0
  }
}

/// What a tracker told.
final class Told: Sendable {
  let persisted = JudiLocked<[String]>([])
  let results = JudiLocked<[JudiResult]>([])
  let reports = JudiLocked<[JudiReport]>([])

  var kinds: [JudiReport.Kind] {
    reports.with { $0.map(\.kind) }
  }
}

final class ClientTests: XCTestCase {
  private var folder = URL(fileURLWithPath: "/")

  override func setUpWithError() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("judi-\(UUID().uuidString)")
  }

  override func tearDownWithError() throws {
    try? FileManager.default.removeItem(at: folder)
  }

  private func tracker(_ server: TestServer, _ change: (inout JudiOptions) -> Void = { _ in }) -> (Judi, Told) {
    let told = Told()
    var options = JudiOptions()
    options.consent = .granted
    options.directory = folder
    options.flushInterval = 0.05
    options.retryBase = 0.01
    options.retryCap = 0.05
    options.closeTimeout = 30
    options.onPersisted = { id in told.persisted.with { $0.append(id) } }
    options.onResult = { result in told.results.with { $0.append(result) } }
    options.onReport = { report in told.reports.with { $0.append(report) } }
    change(&options)
    return (Judi(endpoint: server.endpoint, key: "dev", options: options), told)
  }

  private var files: [String] {
    let all = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []
    return all.filter { !$0.hasSuffix("lock") && $0.contains(".") }
  }

  func testAnEventArrivesWithAllThatIsSaidOfIt() throws {
    let server = TestServer()
    let (judi, told) = tracker(server) { $0.app = "news" }
    judi.setUser("u1")
    judi.setPage(URL(string: "https://a.se/x?utm_source=mail")!)
    let id = judi.track(Beat(count: 7)).eventID
    judi.closeAndWait()
    let request = try XCTUnwrap(server.received.first)
    XCTAssertTrue(request.head.hasPrefix("POST /v1/events HTTP/1.1\r\n"))
    XCTAssertTrue(request.head.contains("Authorization: Bearer dev\r\n"))
    XCTAssertTrue(request.head.contains("Content-Type: application/x-protobuf\r\n"))
    let event = try XCTUnwrap(request.events.first)
    XCTAssertEqual([event.id, event.name], [id, "beat"])
    XCTAssertEqual(event.sequence, 1)
    XCTAssertNotNil(event.monotonicMs)
    XCTAssertNotNil(request.fields[5], "sent_monotonic_ms")
    XCTAssertNil(request.fields[6], "nothing was measured yet")
    XCTAssertEqual(event.context.userID, "u1")
    XCTAssertEqual(event.context.anonymousID.count, 36)
    XCTAssertEqual(event.context.sessionID.count, 36)
    XCTAssertEqual([event.context.app, event.context.consent], ["news", "granted"])
    XCTAssertEqual([event.context.sdk, event.context.utmSource, event.context.pagePath], ["judi-swift", "mail", "/x"])
    XCTAssertEqual(told.persisted.with { $0 }, [id])
    XCTAssertEqual(told.results.with { $0.map(\.status) }, ["ok"])
    XCTAssertEqual(Beat.count(event), 7)
  }

  func testFailuresAreTriedAgainWithTheSameBatch() {
    let server = TestServer { number, _ in
      switch number {
      case 0: .status(500)
      case 1: .cut
      case 2: .half
      case 3: .status(200, body: "{\"results\":[]}")
      case 4: .status(302, headers: ["Location": "/v1/elsewhere"])
      case 5: .status(429, headers: ["Retry-After": "0"])
      default: .verdicts()
      }
    }
    let (judi, told) = tracker(server)
    let ids = (0..<3).map { judi.track(Beat(count: $0)).eventID }
    XCTAssertTrue(server.until { $0.received.count >= 7 })
    judi.closeAndWait()
    let requests = server.received
    XCTAssertEqual(requests.count, 7)
    XCTAssertTrue(requests.allSatisfy { $0.events == requests[0].events && $0.head.hasPrefix("POST /v1/events ") })
    XCTAssertEqual(requests[0].events.map(\.id), ids)
    XCTAssertNotEqual(requests[0].body, requests[6].body, "sent_at is set anew")
    XCTAssertEqual(told.kinds, [])
  }

  func testNoAnswerInTimeIsAFailure() {
    let server = TestServer { number, _ in number == 0 ? .silence : .verdicts() }
    let (judi, _) = tracker(server) { $0.timeout = 0.2 }
    judi.track(Beat(count: 1))
    // A busy machine may be late more than once.
    XCTAssertTrue(server.until { $0.received.count >= 2 })
    judi.closeAndWait()
  }

  func testRetryAfterIsWaitedFor() {
    let server = TestServer { number, _ in
      number == 0 ? .status(503, headers: ["Retry-After": "1"]) : .verdicts()
    }
    let (judi, _) = tracker(server)
    judi.track(Beat(count: 1))
    XCTAssertTrue(server.until { $0.received.count == 1 })
    let before = Date()
    XCTAssertTrue(server.until { $0.received.count == 2 })
    XCTAssertGreaterThan(Date().timeIntervalSince(before), 0.9)
    judi.closeAndWait()
  }

  func testABatchThatIsTooLargeIsHalved() {
    let server = TestServer { _, request in
      request.events.count > 1 || Beat.count(request.events[0]) == 2 ? .status(413) : .verdicts()
    }
    let (judi, told) = tracker(server) {
      $0.flushAt = 4
      $0.flushInterval = 60
    }
    for count in 0..<4 as Range<UInt64> {
      judi.track(Beat(count: count))
    }
    judi.closeAndWait()
    XCTAssertEqual(told.kinds, [.tooLarge])
    XCTAssertEqual(server.received.prefix(3).map(\.events.count), [4, 2, 1])
    XCTAssertEqual(
      Set(told.results.with { $0.filter { $0.status == "ok" }.count }.description), Set("3"))
  }

  func testARefusalDropsTheBatchAndSaysWhy() {
    let server = TestServer { number, _ in number == 0 ? .status(401, body: "no such key") : .verdicts() }
    let (judi, told) = tracker(server)
    judi.track(Beat(count: 1))
    XCTAssertTrue(server.until { $0.received.count == 1 })
    judi.closeAndWait()
    let reports = told.reports.with { $0 }
    XCTAssertEqual(reports.map(\.kind), [.refused])
    XCTAssertEqual(reports.map(\.status), [401])
    XCTAssertEqual(reports.map(\.detail), ["no such key"])
  }

  func testEachEventHasItsOwnVerdict() {
    let server = TestServer { number, request in
      let ids = request.events.map(\.id)
      return number == 0 ? .verdicts([ids[0]: "retry", ids[1]: "quarantined", ids[2]: "rejected"]) : .verdicts()
    }
    let (judi, told) = tracker(server) {
      $0.flushAt = 4
      $0.flushInterval = 60
    }
    let ids = (0..<4).compactMap { judi.track(Beat(count: $0)).eventID }
    XCTAssertTrue(server.until { $0.received.count == 2 })
    judi.closeAndWait()
    XCTAssertEqual(server.received.map { $0.events.map(\.id) }, [ids, [ids[0]]])
    XCTAssertEqual(told.kinds, [.quarantined, .rejected])
    XCTAssertEqual(told.results.with { $0.map(\.status) }, ["quarantined", "rejected", "ok", "ok"])
    XCTAssertEqual(told.reports.with { $0.map(\.reason) }, ["why", "why"])
  }

  func testBatchesAreBounded() {
    let server = TestServer()
    let (judi, _) = tracker(server) {
      ($0.flushAt, $0.flushInterval, $0.maxBatchEvents, $0.maxBatchBytes) = (1000, 60, 10, 3000)
    }
    for count in 0..<25 as Range<UInt64> {
      judi.track(Beat(count: count, note: [UInt8](repeating: 0, count: count < 10 ? 1000 : 1)))
    }
    judi.closeAndWait()
    XCTAssertEqual(server.received.map(\.events.count), [2, 2, 2, 2, 10, 7])
    XCTAssertEqual(server.events.map(\.sequence), (1...25).map { UInt64($0) })
    XCTAssertNotNil(server.received.last?.fields[6], "round_trip_ms")
  }

  func testAFullQueueRefusesWhatComes() {
    let server = TestServer { _, _ in .status(500) }
    let (judi, told) = tracker(server) {
      ($0.maxQueueEvents, $0.maxQueueBytes, $0.closeTimeout) = (3, 2000, 0.1)
    }
    XCTAssertNotNil(judi.track(Beat(count: 1)).eventID)
    XCTAssertEqual(
      judi.track(Beat(count: 2, note: [UInt8](repeating: 0, count: 3000))), .dropped(.queueFull), "bytes")
    XCTAssertNotNil(judi.track(Beat(count: 3)).eventID)
    XCTAssertNotNil(judi.track(Beat(count: 4)).eventID)
    XCTAssertEqual(judi.track(Beat(count: 5)), .dropped(.queueFull), "events")
    judi.closeAndWait()
    XCTAssertEqual(told.kinds, [.queueFull, .queueFull])
    XCTAssertEqual(judi.track(Beat(count: 6)), .dropped(.error))
  }

  func testWhatIsInvalidIsReturnedAndNotQueued() {
    let server = TestServer()
    let (judi, told) = tracker(server)
    XCTAssertEqual(judi.track(Beat(count: 1, at: Timestamp(seconds: .max))), .invalid(.outOfRange))
    judi.closeAndWait()
    XCTAssertEqual(server.received.count, 0)
    XCTAssertEqual(told.kinds, [.error])
  }

  func testNothingLeavesBeforeConsent() {
    let server = TestServer()
    let (judi, told) = tracker(server) { $0.consent = .pending }
    XCTAssertEqual((0..<3).map { judi.track(Beat(count: $0)) }, [.held, .held, .held])
    judi.flush()
    usleep(200_000)
    XCTAssertEqual(server.received.count, 0)
    XCTAssertFalse(FileManager.default.fileExists(atPath: folder.path))
    let granted = Timestamp.now
    judi.setConsent(.granted)
    let last = judi.track(Beat(count: 3)).eventID
    XCTAssertTrue(server.until { $0.events.count == 4 })
    judi.closeAndWait()
    XCTAssertEqual(server.events.map(Beat.count), [0, 1, 2, 3])
    XCTAssertEqual(server.events.map(\.sequence), [1, 2, 3, 4])
    XCTAssertTrue(server.events.prefix(3).allSatisfy { $0.occurredAt < granted })
    XCTAssertEqual(server.events.map(\.id), server.events.map(\.id).sorted(), "ids ascend in the order of the calls")
    XCTAssertEqual(server.events.last?.id, last)
    XCTAssertEqual(told.kinds, [])
  }

  func testADenialRemovesEverything() {
    let server = TestServer { _, _ in .status(500) }
    let (judi, told) = tracker(server) { ($0.flushInterval, $0.closeTimeout) = (60, 0.1) }
    judi.track(Beat(count: 1))
    let (stored, _) = (server.until { _ in told.persisted.with { $0.count } == 1 }, 0)
    XCTAssertTrue(stored && !files.isEmpty)
    judi.setConsent(.denied)
    XCTAssertEqual(judi.track(Beat(count: 2)), .dropped(.noConsent))
    judi.closeAndWait()
    XCTAssertEqual(files, [])
    XCTAssertEqual(server.received.count, 0)
    XCTAssertEqual(told.kinds.filter { $0 == .noConsent }.count, 2)
  }

  func testWhatWasHeldIsDroppedOnNo() {
    let server = TestServer()
    let (judi, told) = tracker(server) { $0.consent = .pending }
    judi.track(Beat(count: 1))
    judi.setConsent(.denied)
    judi.setConsent(.granted)
    judi.track(Beat(count: 2))
    judi.closeAndWait()
    XCTAssertEqual(server.events.map(Beat.count), [2])
    XCTAssertEqual(told.kinds, [.noConsent])
  }

  func testAnOptOutIsRememberedAndStrongerThanConsent() {
    let server = TestServer()
    let (judi, _) = tracker(server)
    judi.optOut()
    judi.setConsent(.granted)
    XCTAssertEqual(judi.track(Beat(count: 1)), .dropped(.noConsent))
    judi.closeAndWait()
    let (next, _) = tracker(server)
    XCTAssertEqual(next.track(Beat(count: 2)), .dropped(.noConsent))
    next.optIn()
    next.track(Beat(count: 3))
    next.closeAndWait()
    XCTAssertEqual(server.events.map(Beat.count), [3])
    let (last, _) = tracker(server)
    last.track(Beat(count: 4))
    last.closeAndWait()
    XCTAssertEqual(server.events.map(Beat.count), [3, 4])
  }

  func testAnonymousModeKeepsNothing() {
    let server = TestServer()
    let (judi, _) = tracker(server) { $0.identifiers = .none }
    judi.setUser("u1")
    judi.track(Beat(count: 1))
    judi.closeAndWait()
    XCTAssertEqual(server.events.count, 1)
    let context = server.events[0].context
    XCTAssertEqual([context.anonymousID, context.userID, context.sessionID], ["", "", ""])
    XCTAssertNil(server.events[0].sequence)
    XCTAssertFalse(FileManager.default.fileExists(atPath: folder.path))
  }

  func testTheNextProcessGoesOn() {
    let broken = TestServer { _, _ in .status(500) }
    let (judi, _) = tracker(broken) { $0.closeTimeout = 0.1 }
    judi.setUser("u1")
    let first = judi.track(Beat(count: 1)).eventID
    judi.closeAndWait()
    let server = TestServer()
    let (next, told) = tracker(server)
    next.track(Beat(count: 2))
    XCTAssertTrue(server.until { $0.events.count == 2 })
    next.reset()
    next.track(Beat(count: 3))
    next.closeAndWait()
    let events = server.events
    XCTAssertEqual(events.map(\.sequence), [1, 2, 3])
    XCTAssertEqual(events[0].id, first)
    XCTAssertNil(events[0].monotonicMs, "another process made it")
    XCTAssertEqual(events[1].context, events[0].context)
    XCTAssertNotEqual(events[2].context.anonymousID, events[1].context.anonymousID)
    XCTAssertNotEqual(events[2].context.sessionID, events[1].context.sessionID)
    XCTAssertEqual(events.map(\.context.userID), ["u1", "u1", ""])
    XCTAssertEqual(told.kinds, [])
  }

  func testTwoTrackersOfOneFolderLoseNothing() {
    let server = TestServer()
    let (one, _) = tracker(server)
    let (other, _) = tracker(server)
    for count in 0..<50 as Range<UInt64> {
      one.track(Beat(count: count))
      other.track(Beat(count: 100 + count))
    }
    one.closeAndWait()
    other.closeAndWait()
    XCTAssertEqual(Set(server.events.map(Beat.count)), Set((0..<50).map { $0 } + (100..<150).map { $0 }))
  }

  func testMiddlewareChangesOrDrops() {
    let server = TestServer()
    let (judi, _) = tracker(server) {
      $0.middleware = [
        { _, context in
          var context = context
          context.app = "changed"
          return context
        },
        { _, context in context.app == "changed" && context.pagePath == "/secret" ? nil : context },
      ]
    }
    judi.track(Beat(count: 1))
    judi.setPage(URL(string: "https://a.se/secret")!)
    XCTAssertEqual(judi.track(Beat(count: 2)), .filtered)
    judi.setPage(URL(string: "https://a.se/open")!)
    judi.track(Beat(count: 3))
    judi.closeAndWait()
    XCTAssertEqual(server.events.map(\.sequence), [1, 2])
    XCTAssertEqual(server.events.map(\.context.app), ["changed", "changed"])
  }

  func testOldEventsExpire() {
    let server = TestServer()
    let clock = JudiLocked(Int64(1_700_000_000))
    let told = Told()
    var options = JudiOptions()
    (options.consent, options.directory, options.flushInterval) = (.granted, folder, 60)
    options.onReport = { report in told.reports.with { $0.append(report) } }
    let judi = Judi(
      endpoint: server.endpoint, key: "dev", options: options, transport: JudiHTTP(),
      clock: JudiClock(now: { Timestamp(seconds: clock.with { $0 }) }, monotonic: JudiClock.system.monotonic))
    judi.track(Beat(count: 1))
    clock.with { $0 += 6 * 24 * 3600 + 1 }
    judi.track(Beat(count: 2))
    judi.closeAndWait()
    XCTAssertEqual(server.events.map(Beat.count), [2])
    XCTAssertEqual(told.kinds, [.expired])
  }

  func testFlushSaysWhetherAllWasSent() async {
    let server = TestServer { number, _ in number == 0 ? .status(500) : .verdicts() }
    let (judi, _) = tracker(server) { ($0.flushInterval, $0.retryBase) = (60, 0.2) }
    judi.track(Beat(count: 1))
    let first = await judi.flushed()
    XCTAssertFalse(first)
    XCTAssertTrue(server.until { $0.received.count == 2 })
    let second = await judi.flushed()
    XCTAssertTrue(second)
    await judi.closed()
  }

  func testTheRecorderRemembersWhatItWasTold() {
    let recorder = JudiRecorder()
    recorder.track(Beat(count: 1))
    XCTAssertTrue(recorder.sent(Beat(count: 1)))
    XCTAssertFalse(recorder.sent(Beat(count: 2)))
    XCTAssertEqual(recorder.track(Beat(count: 1, at: Timestamp(seconds: .max))), .invalid(.outOfRange))
    XCTAssertEqual(recorder.events(Beat.self).map(\.count), [1])
  }

  func testManyThreadsLoseNothing() {
    let server = TestServer()
    let (judi, told) = tracker(server)
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for count in 0..<250 as Range<UInt64> {
        judi.track(Beat(count: UInt64(thread) * 1000 + count))
        if count % 100 == 0 {
          judi.flush()
          judi.setUser("u\(thread)")
        }
      }
    }
    judi.closeAndWait()
    let events = server.events
    XCTAssertEqual(Set(events.map(Beat.count)).count, 2000)
    XCTAssertEqual(events.compactMap(\.sequence), (1...2000).map { UInt64($0) })
    XCTAssertEqual(told.results.with { $0.count }, 2000)
    XCTAssertEqual(told.kinds, [])
  }
}
