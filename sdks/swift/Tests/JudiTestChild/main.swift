// A process that a test kills: it tells events until its standard input ends, and says which of them are persisted.
//
//     JudiTestChild ENDPOINT FOLDER COUNT [close|quiet]

import Foundation

@testable import JudiRuntime

struct Beat: JudiEvent {
  static let eventName = "beat"
  static let schemaVersion: UInt32 = 1
  var count: UInt64

  func encode(into encoder: inout JudiEncoder) throws {
    encoder.uint64(8, count)
  }
}

let arguments = CommandLine.arguments
guard arguments.count > 3, let endpoint = URL(string: arguments[1]), let count = UInt64(arguments[3]) else {
  exit(2)
}
let mode = arguments.count > 4 ? arguments[4] : ""
var options = JudiOptions()
options.consent = .granted
options.directory = URL(fileURLWithPath: arguments[2])
options.flushInterval = 0.02
options.flushAt = 7
options.retryBase = 0.01
options.retryCap = 0.05
options.onPersisted = { id in
  FileHandle.standardOutput.write(Data("\(id)\n".utf8))
}
let judi = Judi(endpoint: endpoint, key: "dev", options: options)
judi.closeOnSignals()
for number in 0..<count {
  judi.track(Beat(count: number))
  usleep(500)
}
if mode == "close" {
  judi.closeAndWait()
} else {
  while readLine() != nil {}
}
