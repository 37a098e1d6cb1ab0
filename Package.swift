// swift-tools-version: 6.1
import PackageDescription

/// Every Swift target: language mode 6, warnings are errors.
let strict: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"])]
/// Tests and the command line run no loop worth optimising, and optimising them takes most of the build.
let plain: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"])]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
        swiftSettings: plain)
}

let package = Package(
    name: "serre",
    products: [.executable(name: "serre", targets: ["serre"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", exact: "0.10.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        // C shims: header and glue only, no logic.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenMPI", pkgConfig: "mpi", providers: [.apt(["libopenmpi-dev"])]),
        .target(name: "CMPI", dependencies: ["COpenMPI"]),
        .target(name: "CGit2Shim", dependencies: ["CGit2"]),
        .target(
            name: "CKernels",
            cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno"])],
            linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("m"), .linkedLibrary("pthread")]),
        .target(name: "CSketch", cSettings: [.unsafeFlags(["-O3"])]),
        .target(name: "CTrap"),
        .target(name: "CRename"),
        .target(name: "CAllocation"),
        .target(name: "CTokenizer", cSettings: [.unsafeFlags(["-O3"])]),
        // Data embedded in the program: the language model and the stop words.
        .target(name: "CLanguageData", exclude: ["language-model.bin", "stop-words.txt"]),
        // Shared ground.
        module("Diagnostics"),
        module("Randomness"),
        module("Tables"),
        module("JSONWriting"),
        module("Pictures", ["Diagnostics"]),
        module("Integrity", ["Diagnostics", "CCrypto", "CRename"]),
        module("TypedYAML", ["Diagnostics", .product(name: "Yams", package: "Yams")]),
        // What a run is, what a cluster is.
        module("Recipes", ["Diagnostics", "TypedYAML"]),
        module("ClusterProfiles", ["Diagnostics", "TypedYAML"]),
        module("Scenarios", ["Diagnostics", "TypedYAML", "Randomness"]),
        // Programs know no executor and no clock.
        module("Programs", ["Diagnostics", "Recipes"]),
        module("Fabrics", ["Diagnostics", "CMPI"]),
        module("Interchange", ["Diagnostics", "Integrity"]),
        module("Numerics", ["Diagnostics", "Recipes", "Programs", "Fabrics", "CKernels"]),
        module("Simulation", ["Diagnostics", "Recipes", "Programs", "ClusterProfiles"]),
        // From raw text to tokens.
        module("Tokenizers", ["Diagnostics", "Integrity", "JSONWriting", "CTokenizer"]),
        module("Ingestion", ["Diagnostics", "Integrity", "CArchive", "CGit2", "CGit2Shim"]),
        module("Cleaning", ["Diagnostics", "Integrity", "CLanguageData"]),
        module("Deduplication", ["Diagnostics", "Integrity", "CSketch"]),
        module(
            "Corpora",
            [
                "Diagnostics", "Integrity", "JSONWriting", "Randomness", "TypedYAML", "Interchange", "Tokenizers",
                "Ingestion",
                "Cleaning", "Deduplication", "Pictures",
            ]),
        // Large files outside git.
        module("Storage", ["Diagnostics", "Integrity"]),
        module(
            "Ledger", ["Diagnostics", "Integrity", "TypedYAML", "Storage", "CCrypto", "CGit2", "CGit2Shim", "CZlib"]),
        // A run as jobs of a batch system.
        module("Launching", ["Diagnostics", "Integrity", "Recipes", "ClusterProfiles", "Storage"]),
        module("Exports", ["Diagnostics", "Integrity", "Ledger"]),
        module("Pages", ["Diagnostics", "Ledger", "Pictures"]),
        module("Notebooks", ["Diagnostics", "Integrity", "Storage"]),
        module("Cards", ["Diagnostics", "TypedYAML", "Ledger", "Recipes"]),
        module(
            "Evaluation",
            [
                "Diagnostics", "Integrity", "Randomness", "TypedYAML", "Recipes", "Programs", "Numerics", "Fabrics",
                "Interchange", "Tokenizers", "Corpora", .product(name: "SwiftCSV", package: "SwiftCSV"),
            ]),
        module(
            "Watching",
            [
                "Diagnostics", "Ledger", "Pages", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        module(
            "Training",
            [
                "Diagnostics", "Integrity", "JSONWriting", "Recipes", "Programs", "Numerics", "Fabrics", "Interchange",
                "Corpora",
                "Evaluation",
            ]),
        module(
            "Estimation",
            [
                "Diagnostics", "Tables", "TypedYAML", "Randomness", "Recipes", "ClusterProfiles", "Programs",
                "Simulation", "Pictures",
                .product(name: "SwiftCSV", package: "SwiftCSV"),
            ]),
        module(
            "Replay",
            [
                "Diagnostics", "Integrity", "Recipes", "Programs", "Numerics", "Fabrics", "Corpora", "Training",
                "Ledger",
            ]),
        // Runs under glass: faults, restarts, and what must be true after them.
        module(
            "Rehearsal",
            [
                "Diagnostics", "Integrity", "Randomness", "Recipes", "ClusterProfiles", "Scenarios", "Programs",
                "Numerics", "Fabrics", "Simulation", "Corpora", "Evaluation", "Training", "Ledger",
            ]),
        module(
            "Observation",
            ["Diagnostics", "Integrity", "JSONWriting", "Recipes", "Programs", "Simulation", "Pictures"]),
        .executableTarget(
            name: "serre",
            dependencies: [
                "Diagnostics", "Integrity", "TypedYAML", "Recipes", "ClusterProfiles", "Programs", "Numerics",
                "Fabrics", "Simulation", "Tokenizers", "Ingestion", "Cleaning", "Deduplication", "Corpora", "Ledger",
                "Storage", "Exports", "Training", "Replay", "Scenarios", "Rehearsal", "Estimation", "Evaluation",
                "Interchange", "Observation", "Launching", "Tables", "Pages", "Pictures", "Cards", "Watching",
                "Notebooks", "CTrap", "CAllocation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: plain),
        tests("Diagnostics"), tests("Randomness"), tests("Tables"), tests("JSONWriting"),
        tests("Pictures", ["Diagnostics"]),
        tests("Integrity", ["Diagnostics"]),
        tests("TypedYAML", ["Diagnostics"]),
        tests("Recipes", ["Diagnostics"]), tests("ClusterProfiles", ["Diagnostics"]),
        tests("Programs", ["Diagnostics", "Recipes"]), tests("Fabrics", ["Diagnostics"]),
        tests("Interchange", ["Diagnostics", "Integrity"]),
        tests("Numerics", ["Diagnostics", "Programs", "Recipes", "Fabrics", "CKernels"]),
        tests("Simulation", ["Diagnostics", "ClusterProfiles", "Programs", "Recipes"]),
        tests("Estimation", ["Diagnostics", "Randomness", "ClusterProfiles", "Programs", "Recipes", "Simulation"]),
        tests("Observation", ["Diagnostics", "ClusterProfiles", "Programs", "Recipes", "Simulation"]),
        tests("Tokenizers", ["Diagnostics", "Integrity"]), tests("Ingestion", ["Diagnostics", "Integrity"]),
        tests("Cleaning", ["Diagnostics"]),
        tests("Deduplication", ["Diagnostics"]),
        tests(
            "Corpora",
            [
                "Diagnostics", "Integrity", "JSONWriting", "Interchange", "Tokenizers", "Ingestion", "Cleaning",
                "Deduplication",
            ]),
        tests("Storage", ["Diagnostics", "Integrity"]), tests("Notebooks", ["Diagnostics"]),
        // Writes a record as a process of its own, to be killed.
        .executableTarget(
            name: "LedgerWriter", dependencies: ["Ledger", "Diagnostics"], path: "Tests/LedgerWriter",
            swiftSettings: strict),
        tests("Ledger", ["Diagnostics", "Integrity", "Storage", "CGit2", "CGit2Shim", "LedgerWriter"]),
        tests("Launching", ["Diagnostics", "ClusterProfiles", "Recipes"]),
        tests("Exports", ["Diagnostics", "Integrity", "Ledger"]), tests("Pages", ["Ledger"]),
        tests("Cards", ["Diagnostics", "Ledger", "TypedYAML"]),
        tests(
            "Evaluation",
            ["Diagnostics", "Integrity", "Corpora", "Programs", "Numerics", "Recipes", "Fabrics", "Tokenizers"]),
        tests("Watching", ["Ledger", "Pages"]),
        tests(
            "Training",
            [
                "Diagnostics", "Integrity", "Recipes", "Programs", "Numerics", "Fabrics", "Interchange", "Corpora",
                "Evaluation",
            ]),
        tests(
            "Replay",
            [
                "Diagnostics", "Integrity", "Recipes", "Programs", "Numerics", "Fabrics", "Corpora", "Training",
                "Ledger",
            ]),
        tests("Scenarios", ["Diagnostics"]),
        tests(
            "Rehearsal",
            [
                "Diagnostics", "Integrity", "Recipes", "ClusterProfiles", "Scenarios", "Numerics", "Fabrics", "Corpora",
                "Training", "TypedYAML",
            ]),
        // Runs the built executable as a user would, and so depends on no module.
        .testTarget(name: "EndToEndTests", dependencies: ["serre"], swiftSettings: plain),
    ],
    swiftLanguageModes: [.v6]
)
