// What a tracker can be told, and what it tells.

import Foundation

/// Whether the user allows that events are sent.
public enum JudiConsent: String, Sendable {
  /// Not asked yet: events are held in memory, and nothing leaves.
  case pending
  /// Yes.
  case granted
  /// No: what was held or stored is removed.
  case denied
}

/// Whether events say whose they are.
public enum JudiIdentifiers: String, Sendable {
  /// With `anonymous_id`, `user_id`, session and number.
  case full
  /// Without any of them, and with nothing kept on the device.
  case none
}

/// A function that sees each event's context before it gets its number; `nil` drops the event.
public typealias JudiMiddleware = @Sendable (_ event: String, _ context: JudiContext) -> JudiContext?

/// How a tracker behaves. Times are in seconds.
public struct JudiOptions: Sendable {
  /// So many events are sent at once.
  public var flushAt = 20
  /// So long after the first that waits.
  public var flushInterval: TimeInterval = 3
  /// The most events of a request.
  public var maxBatchEvents = 100
  /// The most bytes of payloads of a request.
  public var maxBatchBytes = 400_000
  /// The most events that wait.
  public var maxQueueEvents = 10_000
  /// The most bytes of payloads that wait.
  public var maxQueueBytes = 5_000_000
  /// How long an answer may take.
  public var timeout: TimeInterval = 20
  /// The first wait after a failure is twice this at most.
  public var retryBase: TimeInterval = 1
  /// No wait after a failure is longer.
  public var retryCap: TimeInterval = 300
  /// No wait that a server asks for is longer.
  public var retryAfterCap: TimeInterval = 3600
  /// How long `close()` goes on sending.
  public var closeTimeout: TimeInterval = 5
  /// A session ends after so long without an event.
  public var sessionIdle: TimeInterval = 30 * 60
  /// A session is never longer.
  public var sessionMax: TimeInterval = 24 * 3600
  /// Events that are older are dropped: the server recognises a resend for seven days.
  public var maxAge: TimeInterval = 6 * 24 * 3600
  /// What the user has said so far.
  public var consent = JudiConsent.pending
  /// Whether events say whose they are.
  public var identifiers = JudiIdentifiers.full
  /// What the platform tells by itself.
  public var collect = JudiCollect()
  /// The app's name; `nil`: its bundle identifier.
  public var app: String?
  /// The app's version; `nil`: its bundle's.
  public var appVersion: String?
  /// The folder of the queue; `nil`: one of its own in the app's support folder.
  public var directory: URL?
  /// Prints each event and what became of it.
  public var debug = false
  /// Functions that see each event before it is queued, in this order.
  public var middleware: [JudiMiddleware] = []
  /// An event survives the death of the process from here on.
  public var onPersisted: (@Sendable (_ eventID: String) -> Void)?
  /// What became of an event.
  public var onResult: (@Sendable (JudiResult) -> Void)?
  /// Something was dropped, or does not fit the schema.
  public var onReport: (@Sendable (JudiReport) -> Void)?

  /// The defaults.
  public init() {}
}

/// What the platform tells by itself, each item to be switched off.
public struct JudiCollect: Sendable {
  public var app = true
  public var appVersion = true
  public var platform = true
  public var os = true
  public var device = true
  public var locale = true
  public var pageURL = true
  public var pagePath = true
  public var referrer = true
  public var utm = true

  /// Everything.
  public init() {}

  /// Nothing.
  public static var nothing: JudiCollect {
    var collect = JudiCollect()
    (collect.app, collect.appVersion, collect.platform, collect.os) = (false, false, false, false)
    (collect.device, collect.locale, collect.pageURL, collect.pagePath) = (false, false, false, false)
    (collect.referrer, collect.utm) = (false, false)
    return collect
  }
}

/// What a call came to.
public enum JudiTracked: Hashable, Sendable {
  /// It is in the queue, under this id.
  case queued(eventID: String)
  /// It waits for consent, and has no id yet.
  case held
  /// It was refused: the queue is full, there is no consent, or the tracker is closed.
  case dropped(JudiReport.Kind)
  /// A middleware dropped it.
  case filtered
  /// It could not be encoded.
  case invalid(JudiEncodingError)

  /// The event's id, where it has one.
  public var eventID: String? {
    if case .queued(let eventID) = self {
      return eventID
    }
    return nil
  }
}

/// What became of an event.
public struct JudiResult: Hashable, Sendable {
  /// The event's id.
  public var eventID: String
  /// The event's name.
  public var event: String
  /// The server's word (`ok`, `duplicate`, `quarantined`, `rejected`), or the kind of a report.
  public var status: String
}

/// What was dropped, or does not fit, and why.
public struct JudiReport: Hashable, Sendable {
  /// What happened.
  public enum Kind: String, Sendable {
    case quarantined
    case rejected
    case tooLarge = "too_large"
    case refused
    case queueFull = "queue_full"
    case expired
    case noConsent = "no_consent"
    case error
  }

  /// What happened.
  public var kind: Kind
  /// The event's id; empty: it had none yet.
  public var eventID = ""
  /// The event's name.
  public var event = ""
  /// The server's reason, or the word of an error.
  public var reason = ""
  /// The field that it is about.
  public var field = ""
  /// More, in words.
  public var detail = ""
  /// The status of the answer; 0: there was none.
  public var status = 0
}

/// What an app tells events to: the tracker, or its test double.
public protocol JudiTracker: Sendable {
  /// Checks, encodes and queues an event; it never waits for disk or network.
  @discardableResult
  func track<Event: JudiEvent>(_ event: Event) -> JudiTracked
}
