// The tracker that an app holds: one for its whole life.

import Foundation

/// Tells events to Judi.
///
///     let judi = Judi(endpoint: URL(string: "https://collect.example.com")!, key: "KEY")
///     judi.setConsent(.granted)
///     judi.articleView(articleID: "/articles/elk", section: "inrikes")
///
/// Calls check, encode and queue an event on the caller's thread, and never wait. Disk and network come after.
public final class Judi: JudiTracker {
  private let options: JudiOptions
  private let inbox: JudiInbox
  private let teller: JudiTeller
  private let worker: JudiWorker
  private let clock: JudiClock
  private let folder: URL

  /// A tracker that sends to an Event API, such as `http://127.0.0.1:8080`, with a write key.
  public convenience init(endpoint: URL, key: String, options: JudiOptions = JudiOptions()) {
    self.init(endpoint: endpoint, key: key, options: options, transport: JudiHTTP(), clock: .system)
    watchLifecycle()
  }

  init(endpoint: URL, key: String, options: JudiOptions, transport: any JudiTransport, clock: JudiClock) {
    let folder = options.directory ?? JudiPlatform.folder(key)
    let isOptedOut = JudiOptOut.isSet(folder)
    self.options = options
    self.clock = clock
    self.folder = folder
    inbox = JudiInbox(
      options: options, isOptedOut: isOptedOut, platform: JudiPlatform.context(options), clock: clock)
    teller = JudiTeller(options)
    worker = JudiWorker(
      endpoint: endpoint, key: key, folder: folder, options: options, inbox: inbox, teller: teller,
      transport: transport, clock: clock)
    switch inbox.consent {
    case .denied: worker.forget()
    case .granted: worker.wake()
    case .pending: break
    }
  }

  @discardableResult
  public func track<Event: JudiEvent>(_ event: Event) -> JudiTracked {
    let payload: [UInt8]
    do {
      payload = try event.encoded()
    } catch {
      let error = error as? JudiEncodingError ?? .invalidValue
      teller.dropped(id: "", name: Event.eventName, JudiReport(kind: .error, reason: error.rawValue))
      return .invalid(error)
    }
    var context = inbox.context
    for middleware in options.middleware {
      guard let changed = middleware(Event.eventName, context) else { return .filtered }
      context = changed
    }
    let draft = JudiDraft(
      name: Event.eventName, schemaVersion: Event.schemaVersion, payload: payload, occurredAt: clock.now(),
      monotonic: clock.monotonic(), context: context)
    let tracked = inbox.admit(draft)
    switch tracked {
    case .dropped(let kind):
      teller.dropped(id: "", name: Event.eventName, JudiReport(kind: kind, reason: kind == .error ? "closed" : ""))
    case .queued:
      worker.wake()
    case .held, .filtered, .invalid:
      break
    }
    return tracked
  }
}

// MARK: - Who, and whether

extension Judi {
  /// What the user said. Without it events are held in memory, and nothing leaves.
  public func setConsent(_ consent: JudiConsent) {
    apply(inbox.allow(consent: consent))
  }

  /// The user wants no events sent. It is remembered, and stronger than any consent.
  public func optOut() {
    JudiOptOut.set(folder)
    apply(inbox.allow(isOptedOut: true))
  }

  /// Takes `optOut()` back.
  public func optIn() {
    JudiOptOut.remove(folder)
    apply(inbox.allow(isOptedOut: false))
  }

  private func apply(_ outcome: (JudiConsent, [JudiCommand])) {
    teller.dropped(outcome.1)
    switch outcome.0 {
    case .denied:
      worker.forget()
    case .granted:
      // What was held is sent at once.
      inbox.ask(.flush { _ in })
      worker.wake()
    case .pending:
      break
    }
  }

  /// Whose events these are from here on; `nil`: nobody's.
  public func setUser(_ id: String?) {
    inbox.ask(.setUser(id))
    worker.wake()
  }

  /// Another person: new ids, and a new session.
  public func reset() {
    inbox.ask(.reset)
    worker.wake()
  }

  /// The page or screen that events are about from here on. `utm_*` in its address begins a new session.
  public func setPage(_ url: URL, referrer: String = "") {
    let collect = options.collect
    inbox.change { $0.setPage(url, referrer: referrer, collect: collect) }
  }
}

// MARK: - Sending, and the end

extension Judi {
  /// Sends what waits.
  public func flush() {
    flush { _ in }
  }

  /// Sends what waits; `true` when all of it left the queue, `false` when it has to wait.
  public func flushed() async -> Bool {
    await withCheckedContinuation { continuation in
      flush { continuation.resume(returning: $0) }
    }
  }

  func flush(_ done: @escaping @Sendable (Bool) -> Void) {
    guard inbox.consent == .granted else {
      teller.tell { done(false) }
      return
    }
    inbox.ask(.flush(done))
    worker.wake()
  }

  /// Sends what waits, for at most `closeTimeout`, and ends. The rest stays in the queue for the next process.
  public func close() {
    close {}
  }

  /// As `close()`; returns when it has ended.
  public func closed() async {
    await withCheckedContinuation { continuation in
      close { continuation.resume() }
    }
  }

  /// As `close()`; keeps the thread until it has ended. Not to be called from a callback of this tracker.
  public func closeAndWait() {
    let ended = DispatchSemaphore(value: 0)
    close { ended.signal() }
    ended.wait()
  }

  func close(_ done: @escaping @Sendable () -> Void) {
    teller.dropped(inbox.close())
    worker.close(done)
  }
}
