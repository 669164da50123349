// What happens after the call: numbers, the disk, the network. All of it on one queue, one thing after another.

import Foundation

/// The part of a tracker that waits for disk and network.
final class JudiWorker: @unchecked Sendable {
  // Everything below is touched on `queue` only; `inbox` and `teller` guard themselves.
  private let queue = DispatchQueue(label: "judi", qos: .utility)
  private let options: JudiOptions
  private let inbox: JudiInbox
  private let teller: JudiTeller
  private let transport: any JudiTransport
  private let clock: JudiClock
  private let folder: URL
  private let address: URL
  private let key: String

  private var isOpen = false
  private var journal: JudiJournal?
  private var identity = JudiIdentity()
  private var state = JudiJournalState()

  private var waiting: [Waiting] = []
  private var asked: UInt64 = 0
  private var flushes: [(through: UInt64, done: @Sendable (Bool) -> Void)] = []
  private var notBefore = -Double.infinity
  private var failures = 0
  private var batchMax: Int
  private var roundTrip: Double?
  private var alarm: DispatchWorkItem?

  private var sending: Sending?
  private var closing: (@Sendable () -> Void)?
  private var closeBy = Double.infinity
  private var isClosed = false

  private struct Waiting {
    var event: JudiStored
    /// When it came, by the monotonic clock.
    var since: Double
  }

  private struct Sending {
    var ids: [String]
    var startedAt: Double
    var cancel: @Sendable () -> Void
    var token: UInt64
  }

  private var token: UInt64 = 0

  init(
    endpoint: URL, key: String, folder: URL, options: JudiOptions, inbox: JudiInbox, teller: JudiTeller,
    transport: any JudiTransport, clock: JudiClock
  ) {
    (self.key, self.folder, self.options, self.inbox) = (key, folder, options, inbox)
    (self.teller, self.transport, self.clock) = (teller, transport, clock)
    address = endpoint.appendingPathComponent("v1/events")
    batchMax = max(1, options.maxBatchEvents)
  }

  /// There is something in the inbox.
  func wake() {
    queue.async { self.work() }
  }

  /// Removes everything that is kept.
  func forget() {
    queue.async { self.erase() }
  }

  /// Sends what waits, for so long as is allowed, and ends.
  func close(_ done: @escaping @Sendable () -> Void) {
    queue.async {
      if self.isClosed {
        self.teller.tell { done() }
        return
      }
      let before = self.closing
      self.closing = {
        before?()
        done()
      }
      if before != nil {
        return
      }
      self.closeBy = self.clock.monotonic() + self.options.closeTimeout
      self.queue.asyncAfter(deadline: .now() + self.options.closeTimeout) { self.end() }
      self.work()
    }
  }

  private func end() {
    guard let done = closing, !isClosed else { return }
    isClosed = true
    alarm?.cancel()
    sending?.cancel()
    sending = nil
    settleFlushes(false)
    transport.close()
    journal?.release()
    journal = nil
    teller.tell { done() }
  }
}

// MARK: - Into the queue

extension JudiWorker {
  private var keepsNothing: Bool {
    options.identifiers == .none
  }

  private func work() {
    guard !isClosed else { return }
    if inbox.consent == .granted {
      begin()
      take(inbox.take())
    }
    pump()
  }

  /// Opens the queue of an earlier process.
  private func begin() {
    if isOpen || keepsNothing {
      return
    }
    isOpen = true
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      identity = JudiIdentity.load(folder)
      let journal = try JudiJournal.claim(in: folder)
      let (events, state) = try journal.load()
      self.state = state
      self.journal = journal
      enqueue(events, since: -.infinity)
      inbox.add(events)
      adopt(journal.orphans(), into: journal)
    } catch {
      teller.report(JudiReport(kind: .error, reason: "disk", detail: "\(error)"))
    }
  }

  /// Takes over what processes that are gone have left in queues of their own.
  private func adopt(_ orphans: [JudiJournal], into journal: JudiJournal) {
    var known = Set(waiting.map(\.event.id))
    for orphan in orphans {
      guard let events = try? orphan.load().0 else { continue }
      var adopted: [JudiStored] = []
      for var event in events where known.insert(event.id).inserted {
        state.number += 1
        event.number = state.number
        adopted.append(event)
      }
      do {
        try journal.append(adopted, state)
        orphan.remove()
        enqueue(adopted, since: -.infinity)
        inbox.add(adopted)
      } catch {
        teller.report(JudiReport(kind: .error, reason: "disk", detail: "\(error)"))
      }
    }
  }

  private func take(_ commands: [JudiCommand]) {
    var events: [JudiStored] = []
    var flushes: [@Sendable (Bool) -> Void] = []
    for command in commands {
      switch command {
      case .event(let draft):
        events.append(numbered(draft))
      case .setUser(let id):
        identity.userID = id
        saveIdentity()
      case .reset:
        identity = JudiIdentity()
        state.session = nil
        saveIdentity()
      case .flush(let done):
        flushes.append(done)
      }
    }
    if !events.isEmpty {
      keep(events)
      enqueue(events, since: clock.monotonic())
    }
    if !flushes.isEmpty {
      asked = waiting.last?.event.number ?? 0
      self.flushes.append(contentsOf: flushes.map { (asked, $0) })
    }
  }

  private func numbered(_ draft: JudiDraft) -> JudiStored {
    state.number += 1
    var context = draft.context
    context.consent = JudiConsent.granted.rawValue
    if !keepsNothing {
      state.sequence += 1
      state.session = JudiSession.of(
        draft.occurredAt.milliseconds, utm: context.utm, after: state.session, options: options, newID: inbox.newID)
      if identity.anonymousID == nil {
        identity.anonymousID = inbox.newID()
        saveIdentity()
      }
      context.anonymousID = context.anonymousID.isEmpty ? identity.anonymousID ?? "" : context.anonymousID
      context.userID = context.userID.isEmpty ? identity.userID ?? "" : context.userID
      context.sessionID = context.sessionID.isEmpty ? state.session?.id ?? "" : context.sessionID
    }
    return JudiStored(
      number: state.number, id: draft.id, name: draft.name, occurredAt: draft.occurredAt,
      sequence: keepsNothing ? nil : state.sequence, monotonicMs: UInt64(max(0, draft.monotonic * 1000)),
      schemaVersion: draft.schemaVersion, context: context, payload: draft.payload)
  }

  private func keep(_ events: [JudiStored]) {
    guard let journal else { return }
    do {
      try journal.append(events, state)
      for event in events {
        teller.persisted(event.id)
      }
    } catch {
      // They are sent all the same, from memory.
      teller.report(JudiReport(kind: .error, reason: "disk", detail: "\(error)"))
    }
  }

  private func saveIdentity() {
    if keepsNothing {
      return
    }
    do {
      try identity.save(folder)
    } catch {
      teller.report(JudiReport(kind: .error, reason: "disk", detail: "\(error)"))
    }
  }

  private func enqueue(_ events: [JudiStored], since: Double) {
    waiting.append(contentsOf: events.map { Waiting(event: $0, since: since) })
  }

  private func erase() {
    sending?.cancel()
    sending = nil
    for gone in waiting {
      teller.dropped(gone.event, JudiReport(kind: .noConsent))
    }
    inbox.remove(events: waiting.count, bytes: waiting.reduce(0) { $0 + $1.event.payload.count })
    waiting = []
    identity = JudiIdentity()
    state = JudiJournalState()
    (failures, notBefore) = (0, -.infinity)
    journal?.release()
    journal = nil
    isOpen = false
    if FileManager.default.fileExists(atPath: folder.path), let own = try? JudiJournal.claim(in: folder) {
      for queue in [own] + own.orphans() {
        queue.remove()
      }
    }
    try? FileManager.default.removeItem(at: JudiIdentity.file(folder))
    settleFlushes(false)
    pump()
  }
}

// MARK: - Out of the queue

extension JudiWorker {
  private func pump() {
    guard !isClosed, sending == nil else { return }
    alarm?.cancel()
    let now = clock.monotonic()
    let isAllowed = inbox.consent == .granted
    let first = waiting.first
    let facts = JudiSchedule.Facts(
      now: now, notBefore: notBefore, waiting: isAllowed ? waiting.count : 0, firstAt: first?.since ?? 0,
      isAsked: closing != nil || (first.map { $0.event.number <= asked } ?? false), flushAt: options.flushAt,
      flushInterval: options.flushInterval)
    switch JudiSchedule.of(facts) {
    case .idle:
      settleFlushes(true)
      if closing != nil {
        end()
      }
    case .send:
      send(now)
    case .at(let due):
      if closing != nil && due > closeBy {
        end()
        return
      }
      if notBefore > now {
        settleFlushes(false)
      }
      let alarm = DispatchWorkItem { [weak self] in self?.pump() }
      self.alarm = alarm
      queue.asyncAfter(deadline: .now() + max(0, due - now), execute: alarm)
    }
  }

  private func settleFlushes(_ isSent: Bool) {
    let first = waiting.first?.event.number ?? .max
    let settled = flushes.filter { !isSent || $0.through < first }
    flushes.removeAll { !isSent || $0.through < first }
    for flush in settled {
      let isDone = flush.through < first && isSent
      teller.tell { flush.done(isDone) }
    }
  }

  private func send(_ now: Double) {
    let moment = clock.now()
    if JudiOptOut.isSet(folder) && !keepsNothing {
      // Another process of the app was told so.
      teller.dropped(inbox.allow(isOptedOut: true).1)
      erase()
      return
    }
    expire(moment)
    var (count, bytes) = (0, 0)
    for next in waiting.prefix(batchMax) {
      let size = next.event.payload.count
      if count > 0 && bytes + size > options.maxBatchBytes {
        break
      }
      (count, bytes) = (count + 1, bytes + size)
    }
    guard count > 0 else {
      pump()
      return
    }
    let events = waiting.prefix(count).map(\.event)
    // Whatever waits now goes out with this batch and those behind it.
    asked = max(asked, waiting.last?.event.number ?? 0)
    let encoded = try? JudiEncoder.batch(
      events, sentAt: moment, sentMonotonicMs: UInt64(max(0, now * 1000)),
      roundTripMs: roundTrip.map { UInt64($0 * 1000) })
    guard let body = encoded else {
      // A clock beyond the year 9999.
      drop(events, JudiReport(kind: .error, reason: JudiEncodingError.outOfRange.rawValue))
      pump()
      return
    }
    token += 1
    let token = token
    let cancel = transport.send(Data(body), to: address, key: key, timeout: options.timeout) { answer in
      self.queue.async { self.answered(answer, token) }
    }
    sending = Sending(ids: events.map(\.id), startedAt: now, cancel: cancel, token: token)
    queue.asyncAfter(deadline: .now() + options.timeout) {
      if self.sending?.token == token {
        cancel()
        self.answered(.failed("no answer in time"), token)
      }
    }
  }

  private func expire(_ now: Timestamp) {
    let oldest = now.milliseconds - Int64(options.maxAge * 1000)
    let isOld = { (event: Waiting) in event.event.occurredAt.milliseconds < oldest }
    let old = waiting.filter(isOld)
    if old.isEmpty {
      return
    }
    waiting.removeAll(where: isOld)
    for gone in old {
      teller.dropped(gone.event, JudiReport(kind: .expired))
    }
    leave(old.map(\.event))
  }

  private func answered(_ answer: JudiAnswer, _ token: UInt64) {
    guard !isClosed, let sent = sending, sent.token == token else { return }
    sending = nil
    let now = clock.monotonic()
    let batch = waiting.prefix(sent.ids.count).map(\.event)
    switch JudiDecision.of(answer, ids: sent.ids, now: clock.now()) {
    case .settled(let verdicts, let wait):
      roundTrip = min(roundTrip ?? .infinity, now - sent.startedAt)
      settle(batch, verdicts, wait)
    case .wait(let asked, let why):
      teller.debug(["the server is not there:", why, "events that wait:", "\(waiting.count)"])
      hold(asked)
    case .halve where batch.count > 1:
      failures = 0
      batchMax = max(1, batch.count / 2)
    case .halve:
      drop(batch, JudiReport(kind: .tooLarge, status: 413))
    case .drop(let status, let words):
      drop(batch, JudiReport(kind: .refused, detail: words, status: status))
    }
    pump()
  }

  private func settle(_ batch: [JudiStored], _ verdicts: [JudiVerdict], _ wait: TimeInterval?) {
    var left: [JudiStored] = []
    for (event, verdict) in zip(batch, verdicts) where !verdict.isRetry {
      left.append(event)
      teller.settled(event, verdict)
    }
    let numbers = Set(left.map(\.number))
    waiting.removeAll { numbers.contains($0.event.number) }
    leave(left)
    if left.count < batch.count {
      hold(wait)
      return
    }
    failures = 0
    batchMax = min(max(1, options.maxBatchEvents), batchMax * 2)
  }

  private func drop(_ batch: [JudiStored], _ report: JudiReport) {
    failures = 0
    waiting.removeFirst(batch.count)
    for event in batch {
      teller.dropped(event, report)
    }
    leave(batch)
  }

  /// Makes room in memory and on the disk.
  private func leave(_ events: [JudiStored]) {
    inbox.remove(events: events.count, bytes: events.reduce(0) { $0 + $1.payload.count })
    guard let journal, !events.isEmpty else { return }
    do {
      try journal.remove(events.map(\.number), rest: waiting.map(\.event)[...], state)
    } catch {
      teller.report(JudiReport(kind: .error, reason: "disk", detail: "\(error)"))
    }
  }

  private func hold(_ asked: TimeInterval?) {
    failures += 1
    let backoff = JudiBackoff(base: options.retryBase, cap: options.retryCap, askedCap: options.retryAfterCap)
    notBefore = clock.monotonic() + backoff.wait(asked: asked, failures: failures, chance: .random(in: 0...1))
  }
}
