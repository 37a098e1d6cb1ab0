import ArgumentParser
import ClusterProfiles
import Diagnostics
import Tables

struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Cluster profiles: what they say, with the source of each figure.",
        discussion: """
            Example:
              serre profile show jean-zay-a100
            """,
        subcommands: [List.self, Show.self, Check.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name the shipped profiles.", discussion: "Example:\n  serre profile list")
        @Flag(help: "Print JSON lines.")
        var json = false

        func run() throws {
            var table = TextTable(header: ["profile", "nodes", "accelerators", "accelerator"], numeric: [1, 2])
            var entries: [Entry] = []
            for name in ClusterProfile.list() {
                let profile = try ClusterProfile.load(name)
                entries.append(
                    Entry(
                        name: name, nodes: profile.nodes.count, accelerators: profile.accelerators,
                        accelerator: profile.accelerator.name, description: profile.description))
                table.rows.append(
                    [name, "\(profile.nodes.count)", "\(profile.accelerators)", profile.accelerator.name])
            }
            if json { return try entries.forEach { try Console.printJSON($0) } }
            table.lines.forEach(Console.print)
        }

        private struct Entry: Encodable {
            var name: String
            var nodes, accelerators: Int
            var accelerator, description: String
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every figure of a profile with its source.",
            discussion: "Example:\n  serre profile show jean-zay-a100")
        @Argument(help: "A profile file or the name of a shipped profile.", completion: .clusterProfile)
        var profile: String
        @OptionGroup var settings: ProfileSettings
        @Flag(help: "Print JSON lines.")
        var json = false

        func run() throws {
            let rows = try settings.load(profile).rows
            if json {
                return try rows.forEach {
                    try Console.printJSON(Entry(key: $0.key, value: $0.value, source: $0.source))
                }
            }
            var table = TextTable(header: ["key", "value"])
            for row in rows { table.rows.append([row.key, row.value]) }
            for (line, row) in zip(table.lines, [nil] + rows.map { $0.source }) {
                Console.print(line)
                if let row { wrapped(row, width: 92).forEach { Console.print("        " + $0) } }
            }
        }

        private struct Entry: Encodable {
            var key, value: String
            var source: String?
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that a profile is complete and plausible.",
            discussion: "Example:\n  serre profile check jean-zay-a100")
        @Argument(help: "A profile file or the name of a shipped profile.", completion: .clusterProfile)
        var profile: String
        @OptionGroup var settings: ProfileSettings
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let loaded = try settings.load(profile)
            let warnings = loaded.check()
            if json {
                return try Console.printJSON(
                    Verdict(profile: loaded.name, warnings: warnings.map { $0.description }))
            }
            for warning in warnings { Console.warn(warning.description) }
            Console.print(
                "\(loaded.name): complete, every figure has a source"
                    + (warnings.isEmpty ? "" : "; \(warnings.count) to look at"))
        }

        private struct Verdict: Encodable {
            var profile: String
            var warnings: [String]
        }
    }
}

/// Words of `text` in lines of at most `width` characters.
func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
        if let last = lines.last, last.count + 1 + word.count <= width {
            lines[lines.count - 1] += " " + word
        } else {
            lines.append(String(word))
        }
    }
    return lines
}
