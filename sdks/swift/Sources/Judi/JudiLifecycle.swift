// The moments at which an app may be ended without a word.

import Foundation

#if canImport(UIKit) && !os(watchOS)
  import UIKit
#elseif canImport(AppKit)
  import AppKit
#endif

extension Judi {
  /// Sends what waits when the app goes to the background, or ends.
  func watchLifecycle() {
    #if canImport(UIKit) && !os(watchOS)
      let names = [UIApplication.didEnterBackgroundNotification, UIApplication.willTerminateNotification]
    #elseif canImport(AppKit)
      let names = [NSApplication.didResignActiveNotification, NSApplication.willTerminateNotification]
    #else
      let names: [Notification.Name] = []
    #endif
    for name in names {
      _ = NotificationCenter.default.addObserver(forName: name, object: nil, queue: nil) { [weak self] _ in
        self?.flushInBackground()
      }
    }
  }

  private func flushInBackground() {
    #if canImport(UIKit) && !os(watchOS)
      // The system leaves an app some seconds if it says that it is at work. App extensions may not ask.
      let process = ProcessInfo.processInfo
      process.performExpiringActivity(withReason: "judi.flush") { [weak self] isExpired in
        guard let self, !isExpired else { return }
        let ended = DispatchSemaphore(value: 0)
        self.flush { _ in ended.signal() }
        _ = ended.wait(timeout: .now() + 10)
      }
    #else
      flush()
    #endif
  }

  /// Closes the tracker on SIGTERM and SIGINT, and lets the process end as it would have. For programs without an app's
  /// lifecycle: servers, command lines. The signals are taken from whoever had them.
  public func closeOnSignals(_ signals: [Int32] = [SIGTERM, SIGINT]) {
    for number in signals {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInitiated))
      source.setEventHandler { [self] in
        source.cancel()
        closeAndWait()
        signal(number, SIG_DFL)
        kill(getpid(), number)
      }
      source.resume()
    }
  }
}
