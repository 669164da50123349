// What the app is told, in order, on a queue of its own: a callback may call the tracker, and may take its time.

import Foundation

/// Calls the app's functions.
final class JudiTeller: Sendable {
  private let queue = DispatchQueue(label: "judi.callbacks", qos: .utility)
  private let options: JudiOptions

  init(_ options: JudiOptions) {
    self.options = options
  }

  func tell(_ body: @escaping @Sendable () -> Void) {
    queue.async(execute: body)
  }

  /// Returns when everything was told that there was to tell.
  func wait() {
    queue.sync {}
  }

  func persisted(_ id: String) {
    if let onPersisted = options.onPersisted {
      tell { onPersisted(id) }
    }
  }

  /// The server's word on an event.
  func settled(_ event: JudiStored, _ verdict: JudiVerdict) {
    result(JudiResult(eventID: event.id, event: event.name, status: verdict.status), verdict.detail)
    guard let kind = JudiReport.Kind(rawValue: verdict.status) else { return }
    report(
      JudiReport(
        kind: kind, eventID: event.id, event: event.name, reason: verdict.reason ?? "", field: verdict.field ?? "",
        detail: verdict.detail ?? "", status: 200))
  }

  /// An event that will not be sent.
  func dropped(_ event: JudiStored, _ report: JudiReport) {
    dropped(id: event.id, name: event.name, report)
  }

  /// What was held without consent.
  func dropped(_ commands: [JudiCommand]) {
    for command in commands {
      switch command {
      case .event(let draft): dropped(id: draft.id, name: draft.name, JudiReport(kind: .noConsent))
      case .flush(let done): tell { done(false) }
      case .setUser, .reset: break
      }
    }
  }

  func dropped(id: String, name: String, _ report: JudiReport) {
    var report = report
    (report.eventID, report.event) = (id, name)
    if !id.isEmpty {
      result(JudiResult(eventID: id, event: name, status: report.kind.rawValue), report.detail)
    }
    self.report(report)
  }

  func report(_ report: JudiReport) {
    debug([report.kind.rawValue, report.event, report.eventID, report.reason, report.field, report.detail])
    if let onReport = options.onReport {
      tell { onReport(report) }
    }
  }

  private func result(_ result: JudiResult, _ detail: String?) {
    debug([result.event, result.eventID, result.status, detail ?? ""])
    if let onResult = options.onResult {
      tell { onResult(result) }
    }
  }

  func debug(_ words: @autoclosure () -> [String]) {
    if options.debug {
      let line = words().filter { !$0.isEmpty }.joined(separator: " ")
      FileHandle.standardError.write(Data("judi: \(line)\n".utf8))
    }
  }
}
