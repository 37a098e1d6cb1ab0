import ArgumentParser
import Diagnostics
import Foundation
import Integrity
import Ledger
import Storage

struct StoreVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Hash every object of a store, or a part of one, and name what is damaged and who needs it.",
        discussion: """
            Examples:
              serre store verify /data/store
              serre store verify /data/store --object sha256:… --bytes 0..4096

            With --bytes only the chunks that hold these bytes are read. Exit status 1 when anything is damaged.
            """)

    @Argument(help: "The store's folder.", completion: .directory)
    var store: String
    @Option(
        name: .customLong("repository"),
        help: "Folder inside a git repository whose records say who needs an object; may be given several times.",
        completion: .directory)
    var repositories: [String] = []
    @Option(help: "Only the object with this SHA-256.")
    var object: String?
    @Option(help: "Only this part of --object, such as 0..4096.")
    var bytes: String?
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if bytes != nil, object == nil { throw ValidationError("--bytes needs --object.") }
    }

    func run() throws {
        let folder = try StoreAddress(store).local(for: "a check")
        let needs = try repositories.isEmpty ? nil : StoreNeeds(repositories)
        var result = StoreVerification()
        if let digest = try self.digest() {
            try check(digest, folder, &result)
        } else {
            try checkAll(folder, &result)
        }
        for place in result.damaged.indices {
            result.damaged[place].neededBy = result.digests[place].flatMap { needs?.names[$0] } ?? []
        }
        if json {
            try Console.printJSON(result)
        } else {
            result.lines.forEach(Console.print)
        }
        if !result.intact { throw ExitCode(1) }
    }

    private func digest() throws(Diagnostic) -> Digest? {
        guard let object else { return nil }
        guard let digest = Digest(object) else {
            throw Diagnostic(
                "store.object", "--object is no SHA-256", expected: "64 hexadecimal digits", found: object)
        }
        return digest
    }

    private func range() throws(Diagnostic) -> Range<Int>? {
        guard let bytes else { return nil }
        let parts = bytes.components(separatedBy: "..")
        guard parts.count == 2, let start = Int(parts[0]), let end = Int(parts[1]), start >= 0, start < end else {
            throw Diagnostic("store.range", "--bytes is not a range", expected: "such as 0..4096", found: bytes)
        }
        return start..<end
    }

    private func check(_ digest: Digest, _ store: ObjectStore, _ result: inout StoreVerification) throws(Diagnostic) {
        guard let range = try range() else {
            let length = store.bytes(of: digest) ?? 0
            result.add(length, try store.damage(of: digest))
            return
        }
        let damaged = try store.damage(of: digest, bytes: range)
        let damage = damaged.first.map {
            ObjectDamage(
                name: ObjectStore.objectName(digest), digest: digest, found: $0.found.description,
                chunks: damaged.map { $0.range })
        }
        result.add(range.count, damage)
    }

    private func checkAll(_ store: ObjectStore, _ result: inout StoreVerification) throws(Diagnostic) {
        let objects = try store.contents().objects
        var progress = TransferProgress(
            files: 0, filesWhole: objects.count, bytes: 0, bytesWhole: objects.reduce(0) { $0 + $1.bytes })
        let line = TransferLine("checking")
        defer { Console.endProgress() }
        var checked = StoreVerification()
        try store.verify { bytes, damage in
            checked.add(bytes, damage)
            progress.files += 1
            progress.bytes += bytes
            line.show(progress)
        }
        result = checked
    }
}

/// The one object of `store verify --json`.
struct StoreVerification: Encodable {
    var intact = true
    var objects = 0
    var bytes = 0
    var damaged: [Damage] = []
    /// The digests of the damaged objects, in the same order.
    private(set) var digests: [Digest?] = []

    struct Damage: Encodable {
        var object, found: String
        /// Damaged chunks, as `first..end` in bytes.
        var chunks: [String]
        var neededBy: [String] = []

        enum CodingKeys: String, CodingKey {
            case object, found, chunks
            case neededBy = "needed_by"
        }
    }

    mutating func add(_ bytes: Int, _ damage: ObjectDamage?) {
        objects += 1
        self.bytes += bytes
        guard let damage else { return }
        intact = false
        digests.append(damage.digest)
        damaged.append(
            Damage(
                object: damage.name, found: damage.found,
                chunks: damage.chunks.map { "\($0.lowerBound)..\($0.upperBound)" }))
    }

    enum CodingKeys: String, CodingKey { case intact, objects, bytes, damaged }

    var lines: [String] {
        var lines = ["checked  \(objects) object\(objects == 1 ? "" : "s"), \(bytesText(bytes))"]
        lines.append("intact   \(intact ? "yes" : "no: \(damaged.count) damaged")")
        for damage in damaged {
            var text = "  \(damage.object): found \(damage.found)"
            if !damage.chunks.isEmpty { text += "; damaged bytes \(damage.chunks.joined(separator: ", "))" }
            if !damage.neededBy.isEmpty { text += "; needed by \(damage.neededBy.joined(separator: ", "))" }
            lines.append(text + "; push it again from where it is whole, after removing it here")
        }
        return lines
    }
}
