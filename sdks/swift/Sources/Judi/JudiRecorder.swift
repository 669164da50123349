// The tracker's double, for an app's own tests.

import Foundation

/// Takes events and remembers them; nothing is sent.
///
///     let judi = JudiRecorder()
///     openArticle("elk", judi)
///     XCTAssertTrue(judi.sent(ArticleView(articleID: "elk")))
///     XCTAssertEqual(judi.events(ArticleView.self).map(\.section), ["inrikes"])
public final class JudiRecorder: JudiTracker {
  private let state = JudiLocked<(ids: JudiIDs, events: [any JudiEvent])>((JudiIDs(), []))

  /// Nothing yet.
  public init() {}

  @discardableResult
  public func track<Event: JudiEvent>(_ event: Event) -> JudiTracked {
    do {
      _ = try event.encoded()
    } catch {
      return .invalid(error as? JudiEncodingError ?? .invalidValue)
    }
    return state.with { state in
      state.events.append(event)
      return .queued(eventID: state.ids.next(at: .now))
    }
  }

  /// All events, in the order of the calls.
  public var events: [any JudiEvent] {
    state.with { $0.events }
  }

  /// The events of one type, in the order of the calls.
  public func events<Event: JudiEvent>(_ type: Event.Type) -> [Event] {
    events.compactMap { $0 as? Event }
  }

  /// Whether an event with just these values was told.
  public func sent<Event: JudiEvent>(_ event: Event) -> Bool {
    events(Event.self).contains(event)
  }

  /// Forgets what was told.
  public func clear() {
    state.with { $0.events = [] }
  }
}
