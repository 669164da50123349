// Who sends: the install's ids, and the visit.

import Foundation

/// A visit.
struct JudiSession: Sendable, Equatable {
  var id: String
  var startedMs: Int64
  /// When its last event happened.
  var lastMs: Int64
  /// Where it came from.
  var utm: String

  /// The visit that an event belongs to: this one, or a new one.
  static func of(
    _ nowMs: Int64, utm: String, after last: JudiSession?, options: JudiOptions, newID: () -> String
  ) -> JudiSession {
    guard var session = last else {
      return JudiSession(id: newID(), startedMs: nowMs, lastMs: nowMs, utm: utm)
    }
    let isIdle = Double(nowMs - session.lastMs) > options.sessionIdle * 1000
    let isLong = Double(nowMs - session.startedMs) > options.sessionMax * 1000
    let isElsewhere = !utm.isEmpty && utm != session.utm
    if isIdle || isLong || isElsewhere {
      return JudiSession(id: newID(), startedMs: nowMs, lastMs: nowMs, utm: utm)
    }
    session.lastMs = nowMs
    return session
  }
}

/// The install's ids, in a file that all its processes share.
struct JudiIdentity: Codable, Sendable, Equatable {
  var anonymousID: String?
  var userID: String?

  static func load(_ folder: URL) -> JudiIdentity {
    guard let bytes = try? Data(contentsOf: file(folder)) else { return JudiIdentity() }
    return (try? JSONDecoder().decode(JudiIdentity.self, from: bytes)) ?? JudiIdentity()
  }

  func save(_ folder: URL) throws {
    try JSONEncoder().encode(self).write(to: Self.file(folder), options: .atomic)
  }

  static func file(_ folder: URL) -> URL {
    folder.appendingPathComponent("identity.json")
  }
}

/// The user's own no, which outlives the process.
enum JudiOptOut {
  static func isSet(_ folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: file(folder).path)
  }

  static func set(_ folder: URL) {
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    _ = FileManager.default.createFile(atPath: file(folder).path, contents: Data())
  }

  static func remove(_ folder: URL) {
    try? FileManager.default.removeItem(at: file(folder))
  }

  private static func file(_ folder: URL) -> URL {
    folder.appendingPathComponent("opted-out")
  }
}
