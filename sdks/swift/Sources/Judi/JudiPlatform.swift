// What the platform tells by itself.

import Foundation

#if canImport(UIKit) && !os(watchOS)
  import UIKit
#endif

enum JudiPlatform {
  /// The version of this runtime.
  static let version = "1.0.0"

  /// What every event's context begins with.
  static func context(_ options: JudiOptions) -> JudiContext {
    let collect = options.collect
    var context = JudiContext()
    context.sdk = "judi-swift"
    context.sdkVersion = version
    if collect.app {
      context.app = options.app ?? Bundle.main.bundleIdentifier ?? ""
    }
    if collect.appVersion {
      let ownVersion = Bundle.main.object(forInfoDictionaryKey: "CFBundleShortVersionString") as? String
      context.appVersion = options.appVersion ?? ownVersion ?? ""
    }
    if collect.platform {
      context.platform = platform
    }
    if collect.os {
      let version = ProcessInfo.processInfo.operatingSystemVersion
      context.os = "\(osName) \(version.majorVersion).\(version.minorVersion).\(version.patchVersion)"
    }
    if collect.device {
      context.device = model
    }
    if collect.locale {
      context.locale = Locale.current.identifier.replacingOccurrences(of: "_", with: "-")
    }
    return context
  }

  /// A folder that outlives the app's processes, one per key.
  static func folder(_ key: String) -> URL {
    let support = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask).first
    let parent = support ?? URL(fileURLWithPath: NSTemporaryDirectory())
    let own = Bundle.main.bundleIdentifier ?? ProcessInfo.processInfo.processName
    let isPlain = { (character: Character) in character.isASCII && (character.isLetter || character.isNumber) }
    let name = "\(own)-\(key)".map { isPlain($0) ? $0 : "-" }
    return parent.appendingPathComponent("judi").appendingPathComponent(String(name))
  }

  private static var platform: String {
    #if os(iOS)
      return "ios"
    #elseif os(tvOS)
      return "tvos"
    #elseif os(watchOS)
      return "watchos"
    #elseif os(visionOS)
      return "visionos"
    #elseif os(macOS)
      return "macos"
    #elseif os(Android)
      return "android"
    #elseif os(Windows)
      return "windows"
    #else
      return "linux"
    #endif
  }

  private static var osName: String {
    #if os(iOS)
      return "iOS"
    #elseif os(tvOS)
      return "tvOS"
    #elseif os(watchOS)
      return "watchOS"
    #elseif os(visionOS)
      return "visionOS"
    #elseif os(macOS)
      return "macOS"
    #elseif os(Android)
      return "Android"
    #elseif os(Windows)
      return "Windows"
    #else
      return "Linux"
    #endif
  }

  /// The machine's kind: `iPhone15,2`, `x86_64`.
  private static var model: String {
    var system = utsname()
    guard uname(&system) == 0 else { return "" }
    return withUnsafeBytes(of: &system.machine) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
