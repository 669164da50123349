// The driver of the behaviour kit: a tracker that is told what to do, and tells what became of it, one JSON object a line.

import Foundation
import JudiEvents

struct Command: Decodable {
  var what: String
  var endpoint: String?
  var key: String?
  var dir: String?
  var options: [String: JSONValue]?
  var event: String?
  var call: JSONValue?
  var state: String?
  var id: String?
  var url: String?
  var referrer: String?

  enum CodingKeys: String, CodingKey {
    case what = "do"
    case endpoint, key, dir, options, event, call, state, id, url, referrer
  }
}

/// Lines of several threads, each whole.
final class Output: @unchecked Sendable {
  private let lock = NSLock()
  private let encoder = JSONEncoder()

  init() {
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  func say(_ line: JSONValue) {
    lock.lock()
    defer { lock.unlock() }
    guard var bytes = try? encoder.encode(line) else { return }
    bytes.append(UInt8(ascii: "\n"))
    FileHandle.standardOutput.write(bytes)
  }
}

let output = Output()

func options(_ given: [String: JSONValue], _ folder: String?) -> JudiOptions {
  var options = JudiOptions()
  options.consent = .granted
  options.directory = folder.map { URL(fileURLWithPath: $0) }
  let count = { (name: String, path: WritableKeyPath<JudiOptions, Int>) in
    if case .number(let number)? = given[name] {
      options[keyPath: path] = Int(number)
    }
  }
  count("flushAt", \.flushAt)
  count("maxBatchEvents", \.maxBatchEvents)
  count("maxBatchBytes", \.maxBatchBytes)
  count("maxQueueEvents", \.maxQueueEvents)
  count("maxQueueBytes", \.maxQueueBytes)
  let time = { (name: String, path: WritableKeyPath<JudiOptions, TimeInterval>) in
    if case .number(let number)? = given[name] {
      options[keyPath: path] = number / 1000
    }
  }
  time("flushInterval", \.flushInterval)
  time("timeout", \.timeout)
  time("retryBase", \.retryBase)
  time("retryCap", \.retryCap)
  time("retryAfterCap", \.retryAfterCap)
  time("closeTimeout", \.closeTimeout)
  time("sessionIdle", \.sessionIdle)
  time("sessionMax", \.sessionMax)
  time("maxAge", \.maxAge)
  if case .string(let word)? = given["consent"], let consent = JudiConsent(rawValue: word) {
    options.consent = consent
  }
  if case .string(let word)? = given["identifiers"], let identifiers = JudiIdentifiers(rawValue: word) {
    options.identifiers = identifiers
  }
  if case .bool(let debug)? = given["debug"] {
    options.debug = debug
  }
  options.onPersisted = { output.say(["persisted": .string($0)]) }
  options.onResult = {
    output.say(["result": ["event_id": .string($0.eventID), "event": .string($0.event), "status": .string($0.status)]])
  }
  options.onReport = {
    output.say([
      "report": [
        "kind": .string($0.kind.rawValue), "event_id": .string($0.eventID), "event": .string($0.event),
        "reason": .string($0.reason), "field": .string($0.field), "detail": .string($0.detail),
        "status": .number(Double($0.status)),
      ]
    ])
  }
  return options
}

func track(_ judi: Judi, _ name: String, _ call: JSONValue) {
  do {
    let event = try driverEvent(name, DriverValue(call))
    switch judi.track(event) {
    case .queued(let id): output.say(["tracked": .string(id)])
    case .held: output.say(["tracked": ""])
    case .dropped(let kind): output.say(["error": .string(kind.rawValue)])
    case .filtered: output.say(["error": "filtered"])
    case .invalid(let error): output.say(["error": .string(error.rawValue)])
    }
  } catch {
    output.say(["error": .string((error as? DriverError)?.word ?? "\(error)")])
  }
}

func run(_ command: Command, _ judi: Judi) {
  switch command.what {
  case "track": track(judi, command.event ?? "", command.call ?? .object([:]))
  case "flush": judi.flush()
  case "consent": judi.setConsent(command.state.flatMap(JudiConsent.init(rawValue:)) ?? .pending)
  case "setUser": judi.setUser(command.id)
  case "setPage": command.url.flatMap(URL.init(string:)).map { judi.setPage($0, referrer: command.referrer ?? "") }
  case "reset": judi.reset()
  case "optOut": judi.optOut()
  case "optIn": judi.optIn()
  case "close":
    judi.closeAndWait()
    output.say(["closed": true])
  default: output.say(["error": "unknown_command"])
  }
}

var judi: Judi?
while let line = readLine() {
  guard let command = try? JSONDecoder().decode(Command.self, from: Data(line.utf8)) else {
    output.say(["error": "unreadable"])
    continue
  }
  if command.what == "init", let endpoint = command.endpoint.flatMap(URL.init(string:)) {
    judi = Judi(endpoint: endpoint, key: command.key ?? "", options: options(command.options ?? [:], command.dir))
    judi?.closeOnSignals()
  } else if let judi {
    run(command, judi)
  } else {
    output.say(["error": "no_tracker"])
  }
}
