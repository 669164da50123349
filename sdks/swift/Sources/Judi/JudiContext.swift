// Who, where and with what: what stands beside every event.

import Foundation

/// The context of an event. Text that is empty is not sent.
public struct JudiContext: Hashable, Sendable {
  /// The fields in the order of `judi.v1.Context`, whose numbers begin at 1.
  var values = [String](repeating: "", count: 20)

  /// Nothing.
  public init() {}

  private subscript(_ number: Int) -> String {
    get { values[number - 1] }
    set { values[number - 1] = newValue }
  }

  public var anonymousID: String {
    get { self[1] }
    set { self[1] = newValue }
  }
  public var userID: String {
    get { self[2] }
    set { self[2] = newValue }
  }
  public var sessionID: String {
    get { self[3] }
    set { self[3] = newValue }
  }
  public var app: String {
    get { self[4] }
    set { self[4] = newValue }
  }
  public var appVersion: String {
    get { self[5] }
    set { self[5] = newValue }
  }
  public var platform: String {
    get { self[6] }
    set { self[6] = newValue }
  }
  public var os: String {
    get { self[7] }
    set { self[7] = newValue }
  }
  public var device: String {
    get { self[8] }
    set { self[8] = newValue }
  }
  public var locale: String {
    get { self[9] }
    set { self[9] = newValue }
  }
  public var pageURL: String {
    get { self[10] }
    set { self[10] = newValue }
  }
  public var pagePath: String {
    get { self[11] }
    set { self[11] = newValue }
  }
  public var referrer: String {
    get { self[12] }
    set { self[12] = newValue }
  }
  public var utmSource: String {
    get { self[13] }
    set { self[13] = newValue }
  }
  public var utmMedium: String {
    get { self[14] }
    set { self[14] = newValue }
  }
  public var utmCampaign: String {
    get { self[15] }
    set { self[15] = newValue }
  }
  public var utmTerm: String {
    get { self[16] }
    set { self[16] = newValue }
  }
  public var utmContent: String {
    get { self[17] }
    set { self[17] = newValue }
  }
  public var consent: String {
    get { self[18] }
    set { self[18] = newValue }
  }
  public var sdk: String {
    get { self[19] }
    set { self[19] = newValue }
  }
  public var sdkVersion: String {
    get { self[20] }
    set { self[20] = newValue }
  }

  /// What is compared to know whether a visit came from somewhere else.
  var utm: String {
    let all = values[12..<17]
    return all.allSatisfy(\.isEmpty) ? "" : all.joined(separator: "\u{1F}")
  }

  /// The page that the app shows, and what its address says of where the visitor came from.
  mutating func setPage(_ url: URL, referrer from: String, collect: JudiCollect) {
    if collect.pageURL {
      pageURL = url.absoluteString
    }
    if collect.pagePath {
      pagePath = url.path
    }
    if collect.referrer {
      referrer = from
    }
    guard collect.utm else { return }
    let items = URLComponents(url: url, resolvingAgainstBaseURL: true)?.queryItems ?? []
    for (at, name) in ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"].enumerated() {
      self[13 + at] = items.first { $0.name == name }?.value ?? ""
    }
  }

  /// What all of them have in common.
  static func common(_ contexts: [JudiContext]) -> JudiContext {
    guard var common = contexts.first else { return JudiContext() }
    for context in contexts.dropFirst() {
      for at in common.values.indices where common.values[at] != context.values[at] {
        common.values[at] = ""
      }
    }
    return common
  }

  /// What is said here and not in `common`.
  func beyond(_ common: JudiContext) -> JudiContext {
    var rest = self
    for at in rest.values.indices where rest.values[at] == common.values[at] {
      rest.values[at] = ""
    }
    return rest
  }

  var isEmpty: Bool {
    values.allSatisfy(\.isEmpty)
  }
}
