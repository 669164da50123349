// A small HTTP server on loopback that answers as a test says.

import Foundation

@testable import JudiRuntime

/// What a test saw of a request.
struct Received {
  var head: String
  var body: [UInt8]
  var events: [ReceivedEvent]
  var fields: [UInt32: JudiReader.Value]
  var context: JudiContext
}

/// An event as it travelled, with the batch's context under its own.
struct ReceivedEvent: Equatable {
  var id = ""
  var name = ""
  var sequence: UInt64?
  var monotonicMs: UInt64?
  var context = JudiContext()
  var payload: [UInt8] = []
  var occurredAt = Timestamp(seconds: 0)
}

/// What a test answers.
enum Reply {
  case status(Int, headers: [String: String] = [:], body: String = "")
  /// 200, with a verdict for each event; `ok` where there is none.
  case verdicts([String: String] = [:])
  /// The connection is cut before an answer.
  case cut
  /// Half an answer, and the connection is cut.
  case half
  /// No answer.
  case silence
}

final class TestServer: @unchecked Sendable {
  private let socket: Int32
  private let lock = NSLock()
  private var requests: [Received] = []
  private var open = true
  let port: UInt16
  private let script: @Sendable (Int, Received) -> Reply

  init(_ script: @escaping @Sendable (Int, Received) -> Reply = { _, _ in .verdicts() }) {
    self.script = script
    #if os(Linux)
      socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      socket = Foundation.socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        precondition(bind(socket, address, length) == 0)
        precondition(listen(socket, 64) == 0)
        precondition(getsockname(socket, address, &length) == 0)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    Thread.detachNewThread { self.accept() }
  }

  deinit {
    stop()
  }

  var endpoint: URL {
    URL(string: "http://127.0.0.1:\(port)")!
  }

  var received: [Received] {
    lock.lock()
    defer { lock.unlock() }
    return requests
  }

  var events: [ReceivedEvent] {
    received.flatMap(\.events)
  }

  func stop() {
    lock.lock()
    defer { lock.unlock() }
    if open {
      open = false
      shutdown(socket, Int32(SHUT_RDWR))
      close(socket)
    }
  }

  /// Waits until something is so, for a minute at most: machines of tests are busy.
  func until(_ isSo: (TestServer) -> Bool) -> Bool {
    for _ in 0..<6000 {
      if isSo(self) {
        return true
      }
      usleep(10_000)
    }
    return isSo(self)
  }

  private func accept() {
    while true {
      let connection = Foundation.accept(socket, nil, nil)
      if connection < 0 {
        return
      }
      Thread.detachNewThread {
        while self.serve(connection) {}
        close(connection)
      }
    }
  }

  /// Answers one request; `false` when the connection is to end.
  private func serve(_ connection: Int32) -> Bool {
    guard let (head, body) = Self.read(connection) else { return false }
    let request = Self.parsed(head, body)
    lock.lock()
    let number = requests.count
    requests.append(request)
    lock.unlock()
    switch script(number, request) {
    case .status(let status, let headers, let body):
      Self.write(connection, status, headers, body)
      return true
    case .verdicts(let verdicts):
      let results = request.events.map { event in
        "{\"event_id\":\"\(event.id)\",\"status\":\"\(verdicts[event.id] ?? "ok")\",\"reason\":\"why\"}"
      }
      Self.write(connection, 200, [:], "{\"results\":[\(results.joined(separator: ","))]}")
      return true
    case .half:
      let text = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"results\":["
      _ = text.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
      return false
    case .cut:
      return false
    case .silence:
      usleep(3_000_000)
      return false
    }
  }

  private static func write(_ connection: Int32, _ status: Int, _ headers: [String: String], _ body: String) {
    let extra = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
    let text = "HTTP/1.1 \(status) X\r\n\(extra)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    _ = text.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
  }

  private static func read(_ connection: Int32) -> (String, [UInt8])? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var end: Int?
    var length = 0
    while true {
      if end == nil, let at = index(of: Array("\r\n\r\n".utf8), in: bytes) {
        end = at + 4
        let head = String(decoding: bytes[..<at], as: UTF8.self).lowercased()
        let field = head.components(separatedBy: "content-length: ").dropFirst().first
        length = field.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
        if head.contains("expect: 100-continue") {
          _ = "HTTP/1.1 100 Continue\r\n\r\n".withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        }
      }
      if let end, bytes.count >= end + length {
        return (String(decoding: bytes[..<end], as: UTF8.self), Array(bytes[end..<(end + length)]))
      }
      let count = recv(connection, &buffer, buffer.count, 0)
      if count <= 0 {
        return nil
      }
      bytes.append(contentsOf: buffer[..<count])
    }
  }

  private static func index(of needle: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= needle.count else { return nil }
    return (0...(bytes.count - needle.count)).first { bytes[$0..<($0 + needle.count)].elementsEqual(needle) }
  }

  private static func parsed(_ head: String, _ body: [UInt8]) -> Received {
    var received = Received(head: head, body: body, events: [], fields: [:], context: JudiContext())
    var reader = JudiReader(body[...])
    while let (number, value) = reader.next() {
      switch number {
      case 2: received.context = JudiReader.context(value.bytes)
      case 3: received.events.append(event(value.bytes))
      default: received.fields[number] = value
      }
    }
    for at in received.events.indices {
      for field in received.context.values.indices where received.events[at].context.values[field].isEmpty {
        received.events[at].context.values[field] = received.context.values[field]
      }
    }
    return received
  }

  private static func event(_ bytes: ArraySlice<UInt8>) -> ReceivedEvent {
    var (reader, event) = (JudiReader(bytes), ReceivedEvent())
    while let (number, value) = reader.next() {
      switch number {
      case 1: event.id = value.text
      case 2: event.name = value.text
      case 3:
        var inner = JudiReader(value.bytes)
        while let (number, value) = inner.next() {
          if number == 1 {
            event.occurredAt.seconds = Int64(bitPattern: value.number)
          } else {
            event.occurredAt.nanos = Int32(truncatingIfNeeded: value.number)
          }
        }
      case 4: event.sequence = value.number
      case 5: event.monotonicMs = value.number
      case 7: event.context = JudiReader.context(value.bytes)
      case 8: event.payload = Array(value.bytes)
      default: break
      }
    }
    return event
  }
}
