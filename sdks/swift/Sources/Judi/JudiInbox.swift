// Where calls meet the worker: what was asked and not yet done, and what the user allows. The only state that calling
// threads and the worker share.

import Foundation

/// An event before it has its number and whose it is.
struct JudiDraft: Sendable {
  var id = ""
  var name: String
  var schemaVersion: UInt32
  var payload: [UInt8]
  var occurredAt: Timestamp
  var monotonic: Double
  var context: JudiContext
}

/// What the worker is asked, in the order of the calls.
enum JudiCommand: Sendable {
  case event(JudiDraft)
  case setUser(String?)
  case reset
  case flush(@Sendable (Bool) -> Void)
}

/// What calls leave for the worker.
final class JudiInbox: Sendable {
  private struct State {
    var consent: JudiConsent
    var isOptedOut: Bool
    var isClosed = false
    var commands: [JudiCommand] = []
    var events = 0
    var bytes = 0
    var ids = JudiIDs()
    var page = JudiContext()

    var effective: JudiConsent {
      isOptedOut ? .denied : consent
    }
  }

  private let state: JudiLocked<State>
  private let eventsMax: Int
  private let bytesMax: Int
  private let clock: JudiClock

  init(options: JudiOptions, isOptedOut: Bool, platform: JudiContext, clock: JudiClock) {
    state = JudiLocked(State(consent: options.consent, isOptedOut: isOptedOut, page: platform))
    eventsMax = options.maxQueueEvents
    bytesMax = options.maxQueueBytes
    self.clock = clock
  }

  /// What is allowed now.
  var consent: JudiConsent {
    state.with { $0.effective }
  }

  /// What the next event's context begins with.
  var context: JudiContext {
    state.with { $0.page }
  }

  func change(_ body: @Sendable (inout JudiContext) -> Void) {
    state.with { body(&$0.page) }
  }

  /// Takes an event, or says why not.
  func admit(_ draft: JudiDraft) -> JudiTracked {
    var draft = draft
    return state.with { state in
      if state.isClosed {
        return .dropped(.error)
      }
      if state.effective == .denied {
        return .dropped(.noConsent)
      }
      if state.events >= eventsMax || state.bytes + draft.payload.count > bytesMax {
        return .dropped(.queueFull)
      }
      state.events += 1
      state.bytes += draft.payload.count
      if state.effective == .granted {
        draft.id = state.ids.next(at: draft.occurredAt)
      }
      state.commands.append(.event(draft))
      return draft.id.isEmpty ? .held : .queued(eventID: draft.id)
    }
  }

  /// Asks for anything else.
  func ask(_ command: JudiCommand) {
    state.with { $0.commands.append(command) }
  }

  /// What the worker may do now. While the user was not asked, that is nothing.
  func take() -> [JudiCommand] {
    state.with { state in
      guard state.effective == .granted else { return [] }
      var commands: [JudiCommand] = []
      swap(&commands, &state.commands)
      return commands
    }
  }

  /// A new id, that ascends with those of events.
  func newID() -> String {
    state.with { $0.ids.next(at: clock.now()) }
  }

  /// Counts events that wait from an earlier process.
  func add(_ events: [JudiStored]) {
    state.with { state in
      state.events += events.count
      state.bytes += events.reduce(0) { $0 + $1.payload.count }
    }
  }

  /// Makes room.
  func remove(events: Int, bytes: Int) {
    state.with { state in
      state.events -= events
      state.bytes -= bytes
    }
  }

  /// What the user says; returns what is allowed now, and what was held and is dropped.
  func allow(consent: JudiConsent? = nil, isOptedOut: Bool? = nil) -> (JudiConsent, [JudiCommand]) {
    state.with { state in
      state.consent = consent ?? state.consent
      state.isOptedOut = isOptedOut ?? state.isOptedOut
      switch state.effective {
      case .pending:
        return (.pending, [])
      case .denied:
        return (.denied, Self.empty(&state))
      case .granted:
        // What was held gets its id before any call that comes now.
        for at in state.commands.indices {
          if case .event(var draft) = state.commands[at], draft.id.isEmpty {
            draft.id = state.ids.next(at: clock.now())
            state.commands[at] = .event(draft)
          }
        }
        return (.granted, [])
      }
    }
  }

  /// Takes nothing more. Returns what is held without consent, which is lost with the process.
  func close() -> [JudiCommand] {
    state.with { state in
      state.isClosed = true
      return state.effective == .granted ? [] : Self.empty(&state)
    }
  }

  private static func empty(_ state: inout State) -> [JudiCommand] {
    var dropped: [JudiCommand] = []
    swap(&dropped, &state.commands)
    for case .event(let draft) in dropped {
      state.events -= 1
      state.bytes -= draft.payload.count
    }
    return dropped
  }
}
