// What needs no clock, no disk and no network.

import XCTest

@testable import JudiRuntime

final class PureTests: XCTestCase {
  func testLengthsAreAsShortAsCanBe() throws {
    for length in [0, 1, 127, 128, 16_383, 16_384, 3_000_000] {
      var encoder = JudiEncoder()
      let mark = encoder.openList(10)
      for _ in 0..<length {
        encoder.append(bool: true)
      }
      encoder.closeList(mark)
      var expected = JudiEncoder()
      expected.bytes(10, [UInt8](repeating: 1, count: length))
      XCTAssertEqual(encoder.bytes, expected.bytes)
    }
  }

  func testTextIsOrderedByItsBytes() {
    // U+FB01 is before U+1F600 in UTF-8 and behind it in UTF-16; a combining mark is not its composed letter.
    let map = ["\u{1F600}": 1, "\u{FB01}": 2, "z": 3, "e\u{301}": 4, "": 5]
    XCTAssertEqual(JudiEncoder.sorted(map).map(\.value), [5, 4, 3, 2, 1])
    XCTAssertEqual(JudiEncoder.sorted([true: 1, false: 0]).map(\.value), [0, 1])
  }

  func testTimesKeepTheNanosecond() {
    XCTAssertEqual(Timestamp(Date(timeIntervalSince1970: -0.25)), Timestamp(seconds: -1, nanos: 750_000_000))
    XCTAssertEqual(TimeSpan.milliseconds(-1500), TimeSpan(seconds: -1, nanos: -500_000_000))
    var encoder = JudiEncoder()
    XCTAssertThrowsError(try encoder.timestamp(10, Timestamp(seconds: 0, nanos: -1)))
    XCTAssertThrowsError(try encoder.duration(10, TimeSpan(seconds: 1, nanos: -1)))
    XCTAssertThrowsError(try encoder.json(10, .number(.nan)))
  }

  func testIDsAscendWhateverTheClockDoes() {
    var ids = JudiIDs()
    var all: [String] = []
    for step in 0..<20_000 {
      let moment = Timestamp(seconds: 1_700_000_000 + Int64(step == 10_000 ? -500 : step / 5000), nanos: 5)
      all.append(ids.next(at: moment))
    }
    XCTAssertEqual(all, all.sorted())
    XCTAssertEqual(Set(all).count, all.count)
    let form = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
    XCTAssertTrue(all.allSatisfy { $0.range(of: form, options: .regularExpression) != nil })
  }

  func testAnswersAreJudgedByTheTable() {
    let now = Timestamp(seconds: 784_111_777)
    let judged = { (status: Int, retryAfter: String?, body: String) in
      JudiDecision.of(
        .answered(status: status, retryAfter: retryAfter, body: Data(body.utf8)), ids: ["a"], now: now)
    }
    let good = "{\"results\":[{\"event_id\":\"a\",\"status\":\"ok\"}]}"
    XCTAssertEqual(
      judged(200, nil, good), .settled([JudiVerdict(eventID: "a", status: "ok")], wait: nil))
    for bad in ["", "{", "{\"results\":[]}", good.replacingOccurrences(of: "\"a\"", with: "\"b\"")] {
      XCTAssertEqual(judged(200, nil, bad), .wait(nil, why: "the answer could not be read"))
    }
    XCTAssertEqual(judged(413, nil, ""), .halve)
    XCTAssertEqual(judged(429, "7", ""), .wait(7, why: "status 429"))
    // RFC 9110's example, 10 s on.
    XCTAssertEqual(judged(503, "Sun, 06 Nov 1994 08:49:47 GMT", ""), .wait(10, why: "status 503"))
    XCTAssertEqual(judged(503, "soon", ""), .wait(nil, why: "status 503"))
    XCTAssertEqual(judged(500, "7", ""), .wait(nil, why: "status 500"))
    for status in [301, 302, 307, 308, 408, 500, 502, 504] {
      XCTAssertEqual(judged(status, nil, ""), .wait(nil, why: "status \(status)"))
    }
    for status in [400, 401, 403, 404, 405, 415, 418, 431] {
      XCTAssertEqual(judged(status, nil, "why"), .drop(status: status, words: "why"))
    }
    XCTAssertEqual(JudiDecision.of(.failed("cut"), ids: ["a"], now: now), .wait(nil, why: "cut"))
  }

  func testWaitsGrowToTheirCap() {
    let backoff = JudiBackoff(base: 1, cap: 300, askedCap: 3600)
    let waits = [1, 2, 3, 8, 9, 1000].map { backoff.wait(asked: nil, failures: $0, chance: 1) }
    XCTAssertEqual(waits, [2, 4, 8, 256, 300, 300])
    XCTAssertEqual(backoff.wait(asked: nil, failures: 5, chance: 0), 0)
    XCTAssertEqual(backoff.wait(asked: 10, failures: 5, chance: 0), 10)
    XCTAssertEqual(backoff.wait(asked: 99_999, failures: 5, chance: 1), 3960, accuracy: 1e-6)
  }

  func testSessionsEnd() {
    let options = JudiOptions()
    var made = 0
    let of = { (now: Int64, utm: String, last: JudiSession?) in
      JudiSession.of(now, utm: utm, after: last, options: options) {
        made += 1
        return "s\(made)"
      }
    }
    var session = of(0, "", nil)
    session = of(30 * 60_000, "", session)
    XCTAssertEqual(session.id, "s1")
    session = of(60 * 60_000 + 1, "", session)
    XCTAssertEqual(session.id, "s2")
    session = of(session.lastMs - 5_000_000, "", session)
    XCTAssertEqual(session.id, "s2", "a clock that is set back ends nothing")
    session = of(session.lastMs, "mail", session)
    XCTAssertEqual(session.id, "s3")
    session = of(session.lastMs + 1, "", session)
    XCTAssertEqual(session.id, "s3")
    for _ in 0..<60 {
      session = of(session.lastMs + 25 * 60_000, "", session)
    }
    XCTAssertEqual(session.id, "s4", "24 hours")
  }

  func testBatchesAreDueByCountTimeAndOnDemand() {
    var facts = JudiSchedule.Facts(
      now: 10, notBefore: 0, waiting: 1, firstAt: 9, isAsked: false, flushAt: 20, flushInterval: 3)
    XCTAssertEqual(JudiSchedule.of(facts), .at(12))
    facts.waiting = 20
    XCTAssertEqual(JudiSchedule.of(facts), .send)
    facts.notBefore = 11
    XCTAssertEqual(JudiSchedule.of(facts), .at(11))
    (facts.waiting, facts.isAsked, facts.notBefore) = (1, true, 0)
    XCTAssertEqual(JudiSchedule.of(facts), .send)
    facts.waiting = 0
    XCTAssertEqual(JudiSchedule.of(facts), .idle)
  }

  func testContextsAreSaidOnce() {
    var (one, other) = (JudiContext(), JudiContext())
    (one.app, other.app) = ("news", "news")
    (one.userID, other.sessionID) = ("u", "s")
    let common = JudiContext.common([one, other])
    XCTAssertEqual([common.app, common.userID, common.sessionID], ["news", "", ""])
    XCTAssertEqual([one.beyond(common).app, one.beyond(common).userID], ["", "u"])
    one.setPage(
      URL(string: "https://a.se/x?utm_source=mail&utm_term=%C3%A5")!, referrer: "r", collect: JudiCollect())
    XCTAssertEqual([one.pagePath, one.utmSource, one.utmTerm, one.utmMedium], ["/x", "mail", "å", ""])
  }
}
