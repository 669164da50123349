// Processes that are killed without a word: what was persisted arrives, once.

import XCTest

@testable import JudiRuntime

final class KillTests: XCTestCase {
  private var folder = URL(fileURLWithPath: "/")

  override func setUpWithError() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("judi-\(UUID().uuidString)")
  }

  override func tearDownWithError() throws {
    try? FileManager.default.removeItem(at: folder)
  }

  private static var child: URL {
    #if os(Linux)
      let tests = Bundle.main.bundleURL
    #else
      let tests = Bundle(for: KillTests.self).bundleURL.deletingLastPathComponent()
    #endif
    return tests.appendingPathComponent("JudiTestChild")
  }

  /// What one process said, up to its end.
  private func run(_ server: TestServer, _ count: Int, _ mode: String, end: (Process) -> Void) throws -> [String] {
    let (process, pipe, input) = (Process(), Pipe(), Pipe())
    process.executableURL = Self.child
    process.arguments = [server.endpoint.absoluteString, folder.path, "\(count)", mode]
    process.standardOutput = pipe
    process.standardInput = input
    try process.run()
    end(process)
    process.waitUntilExit()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    // The last line may be cut off.
    return text.components(separatedBy: "\n").filter { $0.count == 36 }
  }

  func testWhatWasPersistedArrivesOnceWhateverIsKilled() throws {
    // A third of the requests fails; in some of those the events have been taken.
    let server = TestServer { number, _ in
      switch number % 6 {
      case 1: .status(500)
      case 4: .half
      default: .verdicts()
      }
    }
    var persisted: [String] = []
    for round in 0..<12 {
      persisted += try run(server, 400, "") { process in
        // In the middle of its work, wherever that is.
        let before = server.events.count
        _ = server.until { $0.events.count > before + 10 + round * 5 }
        usleep(UInt32((round * 7919) % 20_000))
        kill(process.processIdentifier, SIGKILL)
      }
    }
    persisted += try run(server, 10, "close") { _ in }
    XCTAssertGreaterThan(persisted.count, 100)
    XCTAssertEqual(Set(persisted).count, persisted.count)
    var arrived: [String: ReceivedEvent] = [:]
    for event in server.events {
      if let before = arrived[event.id] {
        XCTAssertEqual(before.sequence, event.sequence)
        XCTAssertEqual(before.payload, event.payload)
      }
      arrived[event.id] = event
    }
    XCTAssertEqual(persisted.filter { arrived[$0] == nil }, [])
    let numbers = arrived.values.compactMap(\.sequence).sorted()
    XCTAssertEqual(numbers, (1...UInt64(numbers.count)).map { $0 }, "numbers count up by one, over all processes")
    XCTAssertEqual(Set(arrived.values.map(\.context.anonymousID)).count, 1)
    XCTAssertEqual(Set(arrived.values.map(\.context.sessionID)).count, 1)
  }

  func testSIGTERMSendsWhatWaits() throws {
    let server = TestServer()
    let persisted = try run(server, 50, "") { process in
      _ = server.until { $0.events.count >= 5 }
      process.terminate()
    }
    XCTAssertFalse(persisted.isEmpty)
    XCTAssertEqual(Set(persisted).subtracting(server.events.map(\.id)), [])
  }
}
