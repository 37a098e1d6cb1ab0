import Diagnostics
import Foundation

/// The errors of each family as a file keeps them, so that a change that makes one larger is noticed.
public struct ErrorTable: Codable, Equatable, Sendable {
    /// By the family's name.
    public var families: [String: Entry]

    /// Errors in per cent, rounded to hundredths.
    public struct Entry: Codable, Equatable, Sendable {
        public var rows: Int
        public var mapePercent: Double?
        public var heldOutMapePercent: Double?
        public var memoryMapePercent: Double?

        enum CodingKeys: String, CodingKey {
            case rows
            case mapePercent = "mape_percent"
            case heldOutMapePercent = "held_out_mape_percent"
            case memoryMapePercent = "memory_mape_percent"
        }

        /// The errors with what each is called.
        var errors: [(name: String, percent: Double?)] {
            [
                ("error", mapePercent), ("error of the rows held out", heldOutMapePercent),
                ("error of the memory", memoryMapePercent),
            ]
        }
    }

    /// An error may differ by so much from the one that was kept: rounding, not a change.
    public static let tolerancePoints = 0.1

    public init(_ validation: Validation) {
        func percent(_ share: Double?) -> Double? { share.map { (10_000 * $0).rounded() / 100 } }
        families = [:]
        for family in validation.families where family.all.rows > 0 {
            families[family.family] = Entry(
                rows: family.all.rows, mapePercent: percent(family.all.meanAbsoluteError),
                heldOutMapePercent: percent(family.heldOut.meanAbsoluteError),
                memoryMapePercent: percent(family.all.meanAbsoluteMemoryError))
        }
    }

    /// Reads a table; throws `table.unreadable`.
    public init(reading path: String) throws(Diagnostic) {
        guard let data = FileManager.default.contents(atPath: path),
            let table = try? JSONDecoder().decode(ErrorTable.self, from: data)
        else {
            throw Diagnostic(
                "table.unreadable", "this is no table of errors", at: .init(file: path),
                expected: "a file that serre validate --update wrote")
        }
        self = table
    }

    /// Writes the table; throws `table.unwritable`.
    public func write(_ path: String) throws(Diagnostic) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        do {
            try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Diagnostic(
                "table.unwritable", "the table of errors cannot be written", at: .init(file: path), kind: .failure)
        }
    }

    /// What differs from a table that was kept, as sentences; empty if nothing does.
    public func differences(from kept: ErrorTable) -> [String] {
        let names = Set(families.keys).union(kept.families.keys).sorted()
        return names.flatMap { name -> [String] in
            switch (families[name], kept.families[name]) {
            case (let now?, let before?): return Self.differences(name, now, before)
            case (nil, _): return ["\(name): the family is gone"]
            case (_, nil): return ["\(name): the family is new"]
            }
        }
    }

    private static func differences(_ name: String, _ now: Entry, _ before: Entry) -> [String] {
        guard now.rows == before.rows else { return ["\(name): \(now.rows) rows, not \(before.rows)"] }
        return zip(now.errors, before.errors).compactMap { now, before in
            guard now.percent != before.percent else { return nil }
            guard let percent = now.percent, let kept = before.percent else {
                return "\(name): the \(now.name) is \(now.percent == nil ? "gone" : "new")"
            }
            // Both are multiples of a hundredth: half of one keeps what is exactly at the tolerance within it.
            guard abs(percent - kept) > tolerancePoints + 0.005 else { return nil }
            let change = percent > kept ? "grew" : "shrank"
            return "\(name): the \(now.name) \(change) from \(kept) to \(percent) %"
        }
    }
}
