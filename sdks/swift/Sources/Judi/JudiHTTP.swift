// One request at a time, over URLSession. Redirects are not followed, nothing is cached, no cookie is kept.

import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// What carries a batch. Tests bring their own.
protocol JudiTransport: Sendable {
  /// Sends, and says once what came of it. The function that it returns ends the request.
  func send(
    _ body: Data, to url: URL, key: String, timeout: TimeInterval, done: @escaping @Sendable (JudiAnswer) -> Void
  ) -> @Sendable () -> Void

  /// No more requests.
  func close()
}

/// Over the network.
final class JudiHTTP: NSObject, JudiTransport {
  private struct Exchange: Sendable {
    var body = Data()
    var done: @Sendable (JudiAnswer) -> Void
  }

  /// More of an answer is not read.
  private static let answerBytesMax = 4_000_000

  private let exchanges = JudiLocked<[Int: Exchange]>([:])
  private let session = JudiLocked<URLSession?>(nil)

  private func opened() -> URLSession {
    session.with { session in
      if let session {
        return session
      }
      let configuration = URLSessionConfiguration.ephemeral
      configuration.httpCookieAcceptPolicy = .never
      configuration.httpShouldSetCookies = false
      configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
      configuration.urlCache = nil
      configuration.httpMaximumConnectionsPerHost = 1
      let made = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
      session = made
      return made
    }
  }

  func send(
    _ body: Data, to url: URL, key: String, timeout: TimeInterval, done: @escaping @Sendable (JudiAnswer) -> Void
  ) -> @Sendable () -> Void {
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.timeoutInterval = timeout
    request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
    request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization")
    request.httpBody = body
    let task = opened().dataTask(with: request)
    exchanges.with { $0[task.taskIdentifier] = Exchange(done: done) }
    task.resume()
    return { task.cancel() }
  }

  func close() {
    session.with { session in
      session?.invalidateAndCancel()
      session = nil
    }
  }
}

extension JudiHTTP: URLSessionDataDelegate {
  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    exchanges.with { exchanges in
      if let held = exchanges[dataTask.taskIdentifier]?.body.count, held < Self.answerBytesMax {
        exchanges[dataTask.taskIdentifier]?.body.append(data)
      }
    }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    guard let exchange = exchanges.with({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
    if let error {
      exchange.done(.failed(error.localizedDescription))
    } else if let response = task.response as? HTTPURLResponse {
      let retryAfter = response.value(forHTTPHeaderField: "Retry-After")
      exchange.done(.answered(status: response.statusCode, retryAfter: retryAfter, body: exchange.body))
    } else {
      exchange.done(.failed("no answer"))
    }
  }
}
