// swift-tools-version: 6.2
import PackageDescription

/// Warnings stop the build in CI (`make test` sets the variable); elsewhere a newer compiler's new
/// warning must not keep anyone from building.
let strict = Context.environment["ASSETIT_STRICT"] != nil

let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let package = Package(
  name: "assetit-tokend",
  products: [
    .executable(name: "assetit-tokend", targets: ["assetit-tokend"]),
    .executable(name: "assetit-token", targets: ["assetit-token"]),
    .executable(name: "assetit-sim", targets: ["assetit-sim"]),
    .library(name: "AssetITTokenClient", targets: ["AssetITTokenClient"]),
  ],
  // Exact, since no lock file is committed: a build of today is a build of next year. CONTRIBUTING.md says how to raise
  // them.
  dependencies: [
    .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
  ],
  targets: [
    .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux"),

    .target(name: "TokenCore", swiftSettings: settings),
    .target(name: "DaemonCore", dependencies: ["TokenCore"], swiftSettings: settings),
    .target(
      name: "TokenConfig",
      dependencies: ["TokenCore", "LinuxSystem", "TOMLKit"],
      swiftSettings: settings),
    .target(
      name: "AssetITAPI", dependencies: ["TokenCore", "LinuxSystem", "CCurl"], swiftSettings: settings),
    .target(name: "LinuxSystem", dependencies: ["TokenCore", "CLinux"], swiftSettings: settings),
    .target(name: "Systemd", dependencies: ["LinuxSystem", "CSystemd"], swiftSettings: settings),
    .target(
      name: "TokenService",
      dependencies: [
        "TokenCore", "DaemonCore", "TokenConfig", "AssetITAPI", "LinuxSystem", "Systemd", "CCrypto",
      ],
      swiftSettings: settings),
    .target(
      name: "ControlAPI",
      dependencies: [
        "TokenCore", "TokenConfig", "TokenService", "LinuxSystem",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .target(
      name: "AssetITTokenClient", dependencies: ["TokenCore", "LinuxSystem", "CCurl"], swiftSettings: settings
    ),
    .target(
      name: "CommandLineProgram",
      dependencies: [
        "TokenCore", "LinuxSystem", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .target(
      name: "TokenSetup",
      dependencies: [
        "TokenCore", "TokenConfig", "AssetITAPI", "AssetITTokenClient", "CommandLineProgram", "LinuxSystem",
        "CLinux",
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "assetit-token",
      dependencies: [
        "CommandLineProgram", "TokenSetup", "AssetITTokenClient", "TokenCore", "TokenConfig", "AssetITAPI",
        "LinuxSystem", "CLinux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "assetit-tokend",
      dependencies: [
        "CommandLineProgram", "TokenSetup", "DaemonCore", "TokenCore", "TokenConfig", "AssetITAPI",
        "TokenService", "ControlAPI",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "assetit-sim",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: settings),

    // Measurements, which are no product: `make fleet`.
    .executableTarget(
      name: "assetit-fleet",
      dependencies: ["TokenCore", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Benchmarks/Fleet", swiftSettings: settings),

    .target(
      name: "TestSupport", dependencies: ["LinuxSystem"], path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "TokenCoreTests", dependencies: ["TestSupport", "TokenCore"], swiftSettings: settings),
    // Whole lives of the daemon under a virtual clock: `make simulate`, and a few in `make test`.
    .target(
      name: "DaemonSimulation", dependencies: ["DaemonCore", "TokenCore"], path: "Tests/DaemonSimulation",
      swiftSettings: settings),
    .executableTarget(
      name: "simulate", dependencies: ["DaemonSimulation", "TokenCore"], path: "Tests/simulate",
      exclude: ["mutations"], swiftSettings: settings),
    .testTarget(
      name: "DaemonCoreTests", dependencies: ["DaemonCore", "DaemonSimulation", "TokenCore"],
      swiftSettings: settings),
    .testTarget(
      name: "TokenConfigTests",
      dependencies: ["TestSupport", "TokenConfig", "TokenCore", "CLinux", "assetit-tokend"],
      swiftSettings: settings),
    .testTarget(
      name: "AssetITAPITests", dependencies: ["AssetITAPI", "TokenCore", "LinuxSystem"],
      swiftSettings: settings),
    .testTarget(
      name: "LinuxSystemTests", dependencies: ["TestSupport", "LinuxSystem", "TokenCore", "CLinux"],
      swiftSettings: settings),
    .testTarget(name: "SystemdTests", dependencies: ["Systemd"], swiftSettings: settings),
    .testTarget(
      name: "TokenServiceTests",
      dependencies: [
        "TestSupport", "TokenService", "DaemonCore", "TokenConfig", "TokenCore", "LinuxSystem", "Systemd",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ControlAPITests",
      dependencies: [
        "TestSupport", "ControlAPI", "TokenService", "DaemonCore", "TokenConfig", "TokenCore", "LinuxSystem",
        "assetit-sim", "assetit-tokend",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .testTarget(name: "FleetTests", dependencies: ["assetit-fleet", "TokenCore"], swiftSettings: settings),
    .testTarget(name: "SimulatorTests", dependencies: ["assetit-sim"], swiftSettings: settings),
    .testTarget(
      name: "ClientTests",
      dependencies: [
        "TestSupport", "LinuxSystem", "assetit-token", "AssetITTokenClient", "AssetITAPI", "TokenConfig",
        "TokenCore",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "TokenSetupTests",
      dependencies: ["TestSupport", "TokenSetup", "TokenConfig", "TokenCore", "LinuxSystem"],
      swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["TestSupport", "assetit-tokend", "assetit-token", "assetit-sim", "AssetITTokenClient"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

// Fuzzing (build-aux/fuzz) needs everything built in another way, so an ordinary build knows nothing of it.
if Context.environment["ASSETIT_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CFuzzer", "TokenCore", "DaemonCore", "LinuxSystem", "TokenConfig", "AssetITAPI", "Systemd",
        "TokenService",
        "ControlAPI", "AssetITTokenClient",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Tests/Fuzz/Sources", swiftSettings: settings),
  ]
}
