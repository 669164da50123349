// swift-tools-version:5.9
// The runtime alone, for its own tests. Apps get it within the package that is made from a schema.

import PackageDescription

let package = Package(
  name: "judi-runtime",
  platforms: [.macOS(.v10_15), .iOS(.v13), .tvOS(.v13), .watchOS(.v6), .visionOS(.v1)],
  products: [.library(name: "JudiRuntime", targets: ["JudiRuntime"])],
  targets: [
    .target(
      name: "JudiRuntime", path: "Sources/Judi",
      swiftSettings: [.enableExperimentalFeature("StrictConcurrency")]),
    .executableTarget(name: "JudiTestChild", dependencies: ["JudiRuntime"], path: "Tests/JudiTestChild"),
    .testTarget(name: "JudiTests", dependencies: ["JudiRuntime", "JudiTestChild"], path: "Tests/JudiTests"),
  ]
)
