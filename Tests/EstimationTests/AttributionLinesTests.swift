import ClusterProfiles
import Foundation
import Recipes
import Simulation
import Testing

@testable import Estimation

@Suite("What a step is due to, for people") struct AttributionLinesTests {
    static let estimate = Result { () throws in
        try Estimate(Recipe.load("bloom-176b"), on: ClusterProfile.load("jean-zay-a100"), attributing: true)
    }

    /// The numbers before each percent sign.
    private static func percentages(_ text: String) -> [Double] {
        text.matches(of: /([0-9.]+) %/).compactMap { Double($0.1) }
    }

    @Test("The summary's shares are those of the whole, the largest first") func summary() throws {
        let estimate = try Self.estimate.get()
        let attribution = try #require(estimate.attribution)
        let lines = attribution.summary(width: 60, after: "Time:")
        #expect(lines.first?.hasPrefix("Time: ") == true)
        #expect(lines.allSatisfy { $0.count <= 60 })
        let shares = Self.percentages(lines.joined(separator: " "))
        let missing = abs(shares.reduce(0, +) - 100)
        let roundings: Double = 0.05 * Double(shares.count) + 1e-9
        #expect(missing < roundings)
        let named = Array(shares.dropLast())
        #expect(named == named.sorted(by: >))
        #expect(lines.joined(separator: " ").contains("% bubble"))
    }

    @Test("The table's columns add up, and fit a page") func table() throws {
        let estimate = try Self.estimate.get()
        let attribution = try #require(estimate.attribution)
        #expect(attribution.lines.allSatisfy { $0.count <= 100 })
        #expect(abs(attribution.mean.total - estimate.secondsPerStep) < 1e-9 * estimate.secondsPerStep)
        let columns = attribution.lines.dropFirst().dropLast().map(Self.percentages)
        for column in 0..<3 {
            let total: Double = columns.map { $0[column] }.reduce(0, +)
            #expect(abs(total - 100) < 0.5)
        }
        #expect(attribution.lines.last.map(Self.percentages) == [100, 100, 100])
    }

    @Test("The estimate says it when asked, and gives every category as JSON") func estimated() throws {
        let estimate = try Self.estimate.get()
        #expect(estimate.lines.contains { $0.hasPrefix("time ") && $0.contains("matrix products") })
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(estimate)) as? [String: Any]
        let attribution = try #require(json?["attribution"] as? [String: [String: Double]])
        #expect(Set(attribution.keys) == ["mean", "busiest_stage", "critical_path"])
        for (name, parts) in attribution {
            #expect(Set(parts.keys) == Set(TimeCategory.allCases.map(\.rawValue)), "\(name)")
            #expect(abs(parts.values.reduce(0, +) - estimate.secondsPerStep) < 1e-9 * estimate.secondsPerStep)
        }
        let plain = try Estimate(Recipe.load("nano"), on: ClusterProfile.load("laptop"))
        #expect(plain.attribution == nil && !plain.lines.contains { $0.contains("matrix products") })
    }
}
