// swift-tools-version: 6.2
import PackageDescription

/// Whether `make fuzz` builds: every target reports to libFuzzer which branches an input takes.
///
/// No other executable can be linked then.
let isFuzzed = Context.environment["POLYPOD_FUZZ"] != nil

/// Every target holds to the same rules: Swift 6 mode, visible imports, and no warning left standing.
let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ] + (isFuzzed ? [.unsafeFlags(["-sanitize=fuzzer", "-O", "-enable-testing"])] : [])

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let inMemoryLogging = Target.Dependency.product(name: "InMemoryLogging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let certificateReloading = Target.Dependency.product(name: "NIOCertificateReloading", package: "swift-nio-extras")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let tomlKit = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")

let package = Package(
    name: "polypod",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "polypod", targets: ["polypod"]),
        .executable(name: "polypod-webhook", targets: ["polypod-webhook"]),
        .library(name: "PodAdmission", targets: ["PodAdmission"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        // Without its traits Hummingbird needs no full Foundation, which halves the server's size.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Only a command plugin, for `make docs`; no product links it.
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "Basics", swiftSettings: strict),
        .systemLibrary(name: "CMalloc"),
        .target(name: "PodAdmission", dependencies: ["JSON"], swiftSettings: strict),
        .target(
            name: "ImageRegistry",
            dependencies: [
                "Basics", "JSON", "PodAdmission", asyncHTTPClient, crypto, logging, metrics, nioCore, nioHTTP1,
                nioPosix, nioSSL,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KubernetesAPI",
            dependencies: [
                "Basics", "JSON", asyncHTTPClient, logging, nioCore, nioHTTP1, nioSSL, serviceLifecycle, subprocess,
                systemPackage,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "ServingCertificates",
            dependencies: [
                "Basics", "JSON", "KubernetesAPI", crypto, logging, metrics, serviceLifecycle, swiftASN1, x509,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Observability",
            dependencies: ["Basics", "JSON", coreMetrics, logging],
            swiftSettings: strict
        ),
        .target(
            name: "WebhookServer",
            dependencies: [
                "Basics", "JSON", "PodAdmission", certificateReloading, httpTypes, hummingbird, hummingbirdCore,
                hummingbirdTLS, logging, metrics, nioCore, nioHTTPTypes, nioPosix, nioSSL, nioTLS, serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "ClusterControllers",
            dependencies: [
                "Basics", "JSON", "PodAdmission", "ImageRegistry", "KubernetesAPI", logging, metrics,
                serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Manifests",
            dependencies: ["Basics", "JSON", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict
        ),
        .target(
            name: "NodeRuntime",
            dependencies: ["Basics", tomlKit],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "polypod-webhook",
            dependencies: [
                "Basics", "CMalloc", "ClusterControllers", "ImageRegistry", "JSON", "KubernetesAPI", "Observability",
                "PodAdmission",
                "ServingCertificates", "WebhookServer", argumentParser, logging, metrics, serviceLifecycle, unixSignals,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "polypod",
            dependencies: [
                "Basics", "ImageRegistry", "JSON", "KubernetesAPI", "Manifests", "NodeRuntime", "Observability",
                "PodAdmission", "ServingCertificates", "WebhookServer", argumentParser, asyncHTTPClient, crypto,
                hummingbird, hummingbirdCore, httpTypes, logging, metrics, nioCore, nioHTTP1, nioSSL, serviceLifecycle,
                unixSignals,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "constant-server",
            dependencies: [hummingbird, hummingbirdCore, hummingbirdTLS, logging, nioCore, nioSSL],
            path: "Benchmarks/ConstantServer",
            swiftSettings: strict
        ),
        // What several test targets use.
        .target(
            name: "TestSupport",
            dependencies: [
                "Basics", "JSON", "KubernetesAPI", "WebhookServer", crypto, httpTypes, hummingbird, hummingbirdCore,
                hummingbirdTLS, logging, nioCore, nioSSL, serviceLifecycle, swiftASN1, x509,
            ],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(name: "StructureTests", swiftSettings: strict),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(name: "BasicsTests", dependencies: ["Basics"], swiftSettings: strict),
        .testTarget(
            name: "PodAdmissionTests",
            dependencies: ["JSON", "PodAdmission"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ImageRegistryTests",
            dependencies: [
                "Basics", "JSON", "ImageRegistry", "PodAdmission", "TestSupport", asyncHTTPClient, crypto, hummingbird,
                hummingbirdCore,
                hummingbirdTLS, httpTypes, logging, nioCore, nioHTTP1, nioPosix, nioSSL, serviceLifecycle, swiftASN1,
                x509,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WebhookServerTests",
            dependencies: [
                "Basics", "JSON", "WebhookServer", "ImageRegistry", "Observability", "PodAdmission", "TestSupport",
                asyncHTTPClient, crypto, httpTypes, hummingbird, logging, nioCore, nioEmbedded, nioHTTP1, nioPosix,
                nioSSL,
                nioTLS, serviceLifecycle, swiftASN1, x509,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KubernetesAPITests",
            dependencies: [
                "Basics", "JSON", "KubernetesAPI", "PodAdmission", "TestSupport", httpTypes, hummingbird,
                hummingbirdCore,
                hummingbirdTLS,
                logging, nioCore, nioSSL, serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ClusterControllersTests",
            dependencies: [
                "Basics", "JSON", "ClusterControllers", "PodAdmission", "ImageRegistry", "KubernetesAPI",
                "WebhookServer",
                "TestSupport",
                httpTypes, hummingbird, hummingbirdCore, hummingbirdTLS, logging, metrics, nioCore, nioSSL,
                serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ServingCertificatesTests",
            dependencies: [
                "Basics", "JSON", "ServingCertificates", "KubernetesAPI", "PodAdmission", "TestSupport", crypto,
                httpTypes,
                hummingbird,
                hummingbirdCore, hummingbirdTLS, inMemoryLogging, logging, metricsTestKit, nioCore, nioSSL,
                serviceLifecycle, swiftASN1, x509,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ObservabilityTests",
            dependencies: ["Basics", "Observability", coreMetrics, metrics, logging],
            swiftSettings: strict
        ),
        .testTarget(
            name: "NodeRuntimeTests",
            dependencies: ["Basics", "NodeRuntime"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ManifestsTests",
            dependencies: ["Basics", "JSON", "Manifests", "PodAdmission", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "PolypodTests",
            dependencies: [
                "Basics", "JSON", "polypod", "ImageRegistry", "Manifests", "NodeRuntime", "PodAdmission",
                argumentParser,
                swiftASN1, x509,
            ],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)

let fuzzedTargets: [Target.Dependency] = [
    "ImageRegistry", "JSON", "Manifests", "NodeRuntime", "PodAdmission", "WebhookServer", nioCore,
]
package.targets +=
    isFuzzed
    ? [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/CLibFuzzer"),
        .executableTarget(
            name: "polypod-fuzz",
            dependencies: fuzzedTargets + ["CLibFuzzer"],
            path: "Tests/FuzzTests",
            exclude: ["Corpus", "CorpusTests.swift", "Dictionaries", "run"],
            swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]
        ),
    ]
    : [
        .testTarget(
            name: "FuzzTests",
            dependencies: fuzzedTargets,
            exclude: ["Corpus", "Dictionaries", "Driver.swift", "run"],
            swiftSettings: strict
        )
    ]
