// What an answer means: facts in, a decision out. No clock, no network.

import Foundation

/// What came of a request.
enum JudiAnswer: Sendable, Equatable {
  /// No answer, and why.
  case failed(String)
  case answered(status: Int, retryAfter: String?, body: Data)
}

/// What the server says of one event.
struct JudiVerdict: Decodable, Sendable, Equatable {
  var eventID: String?
  var status: String
  var reason: String?
  var field: String?
  var detail: String?

  private enum CodingKeys: String, CodingKey {
    case eventID = "event_id"
    case status, reason, field, detail
  }

  var isRetry: Bool {
    status == "retry"
  }
}

/// What to do with a batch.
enum JudiDecision: Sendable, Equatable {
  /// Each event's own verdict; `wait` is how long before what is to be sent again, where the server said so.
  case settled([JudiVerdict], wait: TimeInterval?)
  /// The same batch again, later; after so long where the server said so.
  case wait(TimeInterval?, why: String)
  /// The batch is too large.
  case halve
  /// The batch is refused for good.
  case drop(status: Int, words: String)
}

extension JudiDecision {
  private struct Body: Decodable {
    var results: [JudiVerdict]
  }

  static func of(_ answer: JudiAnswer, ids: [String], now: Timestamp) -> JudiDecision {
    guard case .answered(let status, let retryAfter, let body) = answer else {
      if case .failed(let why) = answer {
        return .wait(nil, why: why)
      }
      return .wait(nil, why: "")
    }
    let asked = retryAfter.flatMap { seconds($0, now: now) }
    switch status {
    case 200:
      let results = (try? JSONDecoder().decode(Body.self, from: body))?.results
      guard let results, results.count == ids.count,
        zip(results, ids).allSatisfy({ verdict, id in verdict.eventID.map { $0 == id } ?? true })
      else {
        return .wait(nil, why: "the answer could not be read")
      }
      return .settled(results, wait: asked)
    case 413:
      return .halve
    case 429, 503:
      return .wait(asked, why: "status \(status)")
    case 408, ..<400, 500...:
      return .wait(nil, why: "status \(status)")
    default:
      return .drop(status: status, words: String(decoding: body.prefix(2000), as: UTF8.self))
    }
  }

  /// The seconds of `Retry-After`: a number, or a date of RFC 9110.
  static func seconds(_ text: String, now: Timestamp) -> TimeInterval? {
    let text = text.trimmingCharacters(in: .whitespaces)
    if let seconds = UInt64(text) {
      return Double(seconds)
    }
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    for pattern in ["EEE, dd MMM yyyy HH:mm:ss zzz", "EEEE, dd-MMM-yy HH:mm:ss zzz", "EEE MMM d HH:mm:ss yyyy"] {
      format.dateFormat = pattern
      if let date = format.date(from: text) {
        return max(0, date.timeIntervalSince(now.date))
      }
    }
    return nil
  }
}

/// How long to wait.
struct JudiBackoff: Sendable {
  var base: TimeInterval
  var cap: TimeInterval
  var askedCap: TimeInterval

  /// `chance` is from 0 to 1; `failures` counts the tries in a row that failed, this one too.
  func wait(asked: TimeInterval?, failures: Int, chance: Double) -> TimeInterval {
    if let asked {
      return min(asked, askedCap) * (1 + 0.1 * chance)
    }
    return min(cap, base * pow(2, Double(min(failures, 60)))) * chance
  }
}

/// Whether a batch is due.
enum JudiSchedule: Equatable {
  case idle
  case at(Double)
  case send

  /// What is known of the queue; times are of the monotonic clock.
  struct Facts {
    var now: Double
    /// No sending before it.
    var notBefore: Double
    var waiting: Int
    /// When the first that waits came.
    var firstAt: Double
    /// Whether the first is among what was asked to be sent, or belongs to a batch that was begun.
    var isAsked: Bool
    var flushAt: Int
    var flushInterval: TimeInterval
  }

  static func of(_ facts: Facts) -> JudiSchedule {
    if facts.waiting == 0 {
      return .idle
    }
    let due = facts.firstAt + facts.flushInterval
    let isDue = facts.isAsked || facts.waiting >= facts.flushAt || facts.now >= due
    if isDue {
      return facts.now >= facts.notBefore ? .send : .at(facts.notBefore)
    }
    return .at(max(due, facts.notBefore))
  }
}
