// The driver of the vectors: a typed call in, its bytes out, one JSON object a line.

import Foundation
import JudiEvents

struct Vector: Decodable {
  var id: String
  var event: String
  var call: JSONValue
}

func hex(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

func answer(_ line: String) -> [String: String] {
  guard let vector = try? JSONDecoder().decode(Vector.self, from: Data(line.utf8)) else {
    return ["id": "", "error": "unreadable"]
  }
  do {
    let event = try driverEvent(vector.event, DriverValue(vector.call))
    return ["id": vector.id, "bytes": hex(try event.encoded())]
  } catch let error as DriverError {
    return ["id": vector.id, "error": error.word]
  } catch {
    return ["id": vector.id, "error": (error as? JudiEncodingError)?.rawValue ?? "\(error)"]
  }
}

let encoder = JSONEncoder()
encoder.outputFormatting = [.sortedKeys]
while let line = readLine() {
  var out = try encoder.encode(answer(line))
  out.append(UInt8(ascii: "\n"))
  FileHandle.standardOutput.write(out)
}
